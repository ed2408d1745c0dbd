//! The picture quality of a movie, measured with ffmpeg and ffprobe.

use std::path::Path;
use std::process::Command;

use crate::case::{Job, RATE};

/// The difference between a movie and its frames, and the colour space that the movie names.
#[derive(Clone, Debug)]
pub struct Picture {
    /// PSNR of the luma plane in dB; infinite if equal.
    pub psnr: f64,
    /// SSIM of the luma plane; 1 if equal.
    pub ssim: f64,
    /// The matrix, as ffprobe names it, if the movie names one.
    pub matrix: Option<String>,
}

/// Compares a movie with its frames, picture by picture.
///
/// ffmpeg converts the frames with the matrix that the movie names, or with BT.601 if it names none, which is the
/// default of ffmpeg. So only the loss of the contestant's conversion and encoding counts.
///
/// # Errors
/// If the movie has not as many pictures as there are frames, or with the message of ffmpeg or ffprobe.
pub fn look(job: &Job) -> Result<Picture, String> {
    let fields = probe(&job.output)?;
    let field = |name: &str| {
        let line = fields.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.ok_or_else(|| format!("ffprobe does not print {name}"))
    };
    let pictures = field("nb_read_packets")?;
    if pictures != job.case.frames.to_string() {
        return Err(format!("{pictures} pictures in the movie, not {}", job.case.frames));
    }
    let matrix = Some(field("color_space")?).filter(|name| *name != "unknown").map(str::to_string);
    let text = compare(job, matrix.as_deref().unwrap_or("bt601"))?;
    // "PSNR y:47.1 u:… …" and "SSIM Y:0.99 (…) U:… …", in the last lines.
    let value = |label: &str| {
        let text = text.rsplit_once(label)?.1.split_whitespace().next()?;
        text.parse::<f64>().ok()
    };
    match (value("PSNR y:"), value("SSIM Y:")) {
        (Some(psnr), Some(ssim)) => Ok(Picture { psnr, ssim, matrix }),
        _ => Err(format!("ffmpeg does not print PSNR and SSIM: {text}")),
    }
}

fn probe(movie: &Path) -> Result<String, String> {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-count_packets", "-select_streams", "v:0", "-show_entries"]);
    ffprobe.args(["stream=color_space,nb_read_packets", "-of", "default=noprint_wrappers=1"]).arg(movie);
    output(&mut ffprobe).map(|(stdout, _)| stdout)
}

fn compare(job: &Job, matrix: &str) -> Result<String, String> {
    // Pictures are paired by number, not by time: the times of raw streams and of movies without edit lists differ.
    let filter = format!(
        "[0:v]settb=1/{RATE},setpts=N,split[m1][m2];\
         [1:v]scale=out_color_matrix={matrix}:out_range=tv:flags=area+accurate_rnd+full_chroma_inp,format=yuv420p,\
         settb=1/{RATE},setpts=N,split[f1][f2];[m1][f1]psnr[p];[p]nullsink;[m2][f2]ssim"
    );
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-hide_banner", "-i"]).arg(&job.output);
    ffmpeg.args(["-f", "rawvideo", "-pix_fmt", "rgba", "-framerate", &RATE.to_string()]);
    ffmpeg.args(["-s", &format!("{}x{}", job.case.size.0, job.case.size.1), "-i"]).arg(&job.rgba);
    ffmpeg.args(["-filter_complex", &filter, "-frames:v", &job.case.frames.to_string(), "-f", "null", "-"]);
    output(&mut ffmpeg).map(|(_, stderr)| stderr)
}

/// Returns standard output and standard error of a program that must succeed.
fn output(command: &mut Command) -> Result<(String, String), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok((text(&output.stdout), text(&output.stderr))),
        false => Err(format!("{program}: {}", text(&output.stderr))),
    }
}
