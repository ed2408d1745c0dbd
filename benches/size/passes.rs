//! Movies of a rate factor that was found, beside two passes of x264 of the same size.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kinetograph::{Layout, Quality};

use crate::Result;
use crate::clip::Clip;
use crate::quality::Difference;

/// The size of the movies, as a multiple of that at the usual rate factor.
const BOUND: f64 = 0.5;

/// The number of second passes, each with a bit rate that corrects the size of the one before.
const CORRECTIONS: usize = 3;

/// How a movie looks, in dB.
struct Look {
    psnr: f64,
    ssim: f64,
    /// The least of the seconds.
    worst_psnr: f64,
    worst_ssim: f64,
}

pub fn print(clips: &[Clip]) -> Result<()> {
    let Some(first) = clips.first() else { return Ok(()) };
    println!("Beside two passes of x264, {} frames, {BOUND} × the bytes at CRF 23, in dB\n", first.frames);
    println!(
        "| scene | crf | two passes, bytes | PSNR | worst second | SSIM | worst second |\n|---|---|---|---|---|---|---|"
    );
    let mut all = Vec::new();
    for clip in clips {
        let usual = clip.animation(clip.settings(), Quality::Crf(23.0)).into_bytes()?.1.bytes;
        let most = (usual as f64 * BOUND) as u64;
        let report = clip.animation(clip.settings(), Quality::MaxBytes(most)).into_bytes()?.1;
        let factor = report.rate_factor.ok_or("no factor")?;
        // Streams are compared: the x264 program makes no MP4.
        let stream = PathBuf::from("target/size/found.264");
        let ours = clip.animation(clip.settings().layout(Layout::AnnexB), Quality::Crf(factor)).save(&stream)?.bytes;
        let (passes, theirs) = two_passes(clip, ours)?;
        let (found, two) = (look(clip, &stream)?, look(clip, &passes)?);
        let by = |of: fn(&Look) -> f64| of(&found) - of(&two);
        let row = [by(|look| look.psnr), by(|look| look.worst_psnr), by(|look| look.ssim), by(|look| look.worst_ssim)];
        println!(
            "| {} | {factor} | {:+.1} % | {:+.2} | {:+.2} | {:+.2} | {:+.2} |",
            clip.name,
            100.0 * (theirs as f64 / ours as f64 - 1.0),
            row[0],
            row[1],
            row[2],
            row[3]
        );
        all.push(row);
    }
    let mean = [0, 1, 2, 3].map(|at| all.iter().map(|row| row[at]).sum::<f64>() / all.len() as f64);
    println!("| **mean** | | | {:+.2} | {:+.2} | {:+.2} | {:+.2} |", mean[0], mean[1], mean[2], mean[3]);
    Ok(())
}

/// Makes the stream of about this many bytes with two passes of the x264 program.
fn two_passes(clip: &Clip, bytes: u64) -> Result<(PathBuf, u64)> {
    let stream = PathBuf::from("target/size/passes.264");
    let seconds = clip.frames as f64 / 30.0;
    let mut kilobits = bytes as f64 * 8.0 / 1000.0 / seconds;
    let pass = |number: &str, kilobits: f64| -> Result<u64> {
        let settings = clip.settings().quality(Quality::Bitrate(kilobits.round().max(1.0) as u32));
        let status = Command::new("x264")
            .args(settings.x264_arguments())
            .args(["--quiet", "--no-progress", "--threads", "1", "--pass", number, "--stats", "target/size/passes.log"])
            .arg("--output")
            .args([&stream, &clip.path])
            // It prints a line even so.
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("x264: {status}").into());
        }
        Ok(fs::metadata(&stream)?.len())
    };
    pass("1", kilobits)?;
    let mut made = 0;
    for _ in 0..CORRECTIONS {
        made = pass("2", kilobits)?;
        kilobits *= bytes as f64 / made as f64;
    }
    Ok((stream, made))
}

/// Decodes a stream, and compares it with the clip.
fn look(clip: &Clip, stream: &Path) -> Result<Look> {
    let mut decoder = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(stream)
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-vsync", "passthrough", "-"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut decoded = decoder.stdout.take().ok_or("no pipe")?;
    let mut seconds = Vec::new();
    for second in clip.planes.chunks(30 * clip.frame_bytes()) {
        let difference = Difference::new(clip.size).compare(second, decoded.by_ref())?;
        seconds.push((difference.psnr(), difference.ssim()));
    }
    decoder.wait()?;
    let count = seconds.len() as f64;
    // Errors are added, not decibels.
    let mean = |of: fn(&(f64, f64)) -> f64| {
        let errors = seconds.iter().map(|second| 10f64.powf(-of(second) / 10.0)).sum::<f64>() / count;
        -10.0 * errors.log10()
    };
    let worst = |of: fn(&(f64, f64)) -> f64| seconds.iter().map(of).fold(f64::INFINITY, f64::min);
    Ok(Look {
        psnr: mean(|second| second.0),
        ssim: mean(|second| second.1),
        worst_psnr: worst(|second| second.0),
        worst_ssim: worst(|second| second.1),
    })
}
