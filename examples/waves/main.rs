//! A plot as a function of the frame index: five sine curves with forty moving markers, grid lines and a border.
//!
//! `waves [--size WxH] [--frames N] [--fps RATE] [--preset P] [--crf X] [--workers N] OUTPUT`
//!
//! Several processes can share the work, and a killed process loses none of its finished segments. Each `waves --resume
//! FOLDER --share I/N` encodes every Nth segment, beginning with the Ith, into the folder, except those that are there.
//! `waves --resume FOLDER OUTPUT` encodes the segments that are missing and makes the movie. Several of these, with an
//! output each, share the work as well.

mod plot;

use std::io::Write;
use std::path::PathBuf;

use clap::Parser;
use kinetograph::{Animation, FrameRate, Preset, Quality, Settings};

/// Makes a movie of five sine curves with forty markers.
#[derive(Parser)]
struct Arguments {
    /// Width and height in pixels
    #[arg(long, default_value = "640x480", value_parser = size)]
    size: (u32, u32),
    /// Number of frames
    #[arg(long, default_value_t = 300)]
    frames: u64,
    /// Frames per second, such as 30, 30000/1001 or 29.97
    #[arg(long, default_value = "30")]
    fps: FrameRate,
    /// Preset of x264, ultrafast to placebo
    #[arg(long, default_value_t = Preset::Medium)]
    preset: Preset,
    /// Constant rate factor, 0 to 51
    #[arg(long, default_value_t = 23.0)]
    crf: f32,
    /// Threads that draw and encode [default: one per core]
    #[arg(long)]
    workers: Option<usize>,
    /// Folder that stores finished segments until the movie is finished
    #[arg(long, value_name = "FOLDER")]
    resume: Option<PathBuf>,
    /// Encode every Nth segment, beginning with the Ith, and make no movie
    #[arg(long, value_name = "I/N", value_parser = share, requires = "resume", conflicts_with = "output")]
    share: Option<(u64, u64)>,
    /// File of the movie
    #[arg(required_unless_present = "share")]
    output: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let (width, height) = arguments.size;
    let settings = Settings::new(width, height)
        .frame_rate(arguments.fps)
        .preset(arguments.preset)
        .quality(Quality::Crf(arguments.crf));
    settings.validate()?;
    let mut animation = Animation::new(settings, arguments.frames, |canvas, frame| {
        plot::draw(canvas, frame.index());
        Ok(())
    })
    .background(plot::backdrop(width, height))
    .on_progress(|progress| {
        let _ = write!(std::io::stderr(), "\r{progress}"); // nobody may be reading
    });
    if let Some(workers) = arguments.workers {
        animation = animation.workers(workers);
    }
    if let (Some(folder), Some((first, step))) = (&arguments.resume, arguments.share) {
        std::fs::create_dir_all(folder)?;
        for index in (first - 1..animation.segments()?).step_by(step as usize) {
            let path = folder.join(format!("{index:06}.segment"));
            if !path.exists() {
                animation.encode_segment(index)?.save(path)?;
                let _ = writeln!(std::io::stderr());
            }
        }
    }
    if let Some(output) = arguments.output {
        if let Some(folder) = arguments.resume {
            animation = animation.resume(folder);
        }
        let report = animation.save(output)?;
        let _ = writeln!(std::io::stderr(), "\n{report}");
    }
    Ok(())
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| "it must be like 640x480".into())
}

fn share(text: &str) -> Result<(u64, u64), String> {
    let share = text.split_once('/').and_then(|(first, step)| Some((first.parse().ok()?, step.parse().ok()?)));
    share.filter(|(first, step)| (1..=*step).contains(first)).ok_or_else(|| "it must be like 1/3, 2/3 or 3/3".into())
}
