//! A trial: a scene, encoded with one set of options at one rate factor by the x264 program on one thread.

use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use wait4::Wait4;

use crate::curve::{Curve, Point};
use crate::quality::Difference;
use crate::scenes::Scene;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Trials that were made, which a file keeps.
pub struct Trials {
    folder: PathBuf,
    file: File,
    made: HashMap<String, Point>,
}

impl Trials {
    pub fn open(folder: &Path) -> Result<Self> {
        let path = crate::file(folder, "trials.txt")?;
        let lines = fs::read_to_string(&path).unwrap_or_default();
        let made = lines.lines().filter_map(|line| {
            let (key, numbers) = line.split_once('\t')?;
            Some((key.to_string(), numbers.parse().ok()?))
        });
        let file = File::options().create(true).append(true).open(&path)?;
        Ok(Self { folder: folder.to_path_buf(), file, made: made.collect() })
    }

    /// Returns what a set of options makes of a scene over all rate factors.
    pub fn curve(&mut self, scene: &Scene, planes: &Path, frames: usize, set: &str, crfs: &[f64]) -> Result<Curve> {
        let mut points = Vec::new();
        for crf in crfs {
            let key = format!("{} {frames} crf {crf} {set}", scene.name);
            if !self.made.contains_key(&key) {
                let point = trial(scene, planes, set, *crf, &self.folder)?;
                writeln!(self.file, "{key}\t{point}")?;
                self.made.insert(key.clone(), point);
            }
            points.push(self.made[&key]);
        }
        Ok(Curve::new(points))
    }
}

fn trial(scene: &Scene, planes: &Path, set: &str, crf: f64, folder: &Path) -> Result<Point> {
    let (size, stream) = (format!("{}x{}", scene.size.0, scene.size.1), folder.join("trial.264"));
    let encoded = Command::new("x264")
        .args(["--quiet", "--no-progress", "--threads", "1", "--demuxer", "raw", "--input-csp", "i420"])
        .args(["--input-res", &size, "--fps", "30", "--crf", &crf.to_string()])
        .args(set.split_whitespace())
        .arg("-o")
        .args([&*stream, planes])
        .spawn()?
        .wait4()?;
    if !encoded.status.success() {
        return Err(format!("x264 with {set}: {}", encoded.status).into());
    }
    let cpu = (encoded.rusage.utime + encoded.rusage.stime).as_secs_f64();
    let mut decoder = Command::new("ffmpeg")
        .args(["-v", "error", "-threads", "1", "-i"])
        .arg(&stream)
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-vsync", "passthrough", "-"])
        .stdout(Stdio::piped())
        .spawn()?;
    let decoded = decoder.stdout.take().expect("a pipe");
    let mut difference = Difference::new(scene.size).compare(&fs::read(planes)?, decoded)?;
    decoder.wait()?;
    let bytes = fs::metadata(&stream)?.len() as f64;
    Ok(Point { cpu, bytes, psnr: difference.psnr(), ssim: difference.ssim(), worst: difference.worst() })
}
