//! Five sine curves, forty markers that ride on them, grid lines and a frame: a plot as a function of the frame's index.
//!
//! `waves [--size WxH] [--frames N] [--fps RATE] [--preset P] [--crf X] [--workers N] OUTPUT`
//!
//! The work can be shared by several processes, and survives them: each `waves --resume FOLDER --share I/N` makes every
//! Nth part from the Ith on into the folder, and `waves --resume FOLDER OUTPUT` makes the parts that are missing, and the
//! movie.

mod plot;

use std::path::PathBuf;

use clap::Parser;
use kinetograph::{Animation, FrameRate, Preset, Quality, Settings};

/// Films five sine curves with forty markers.
#[derive(Parser)]
struct Arguments {
    /// Width and height in pixels
    #[arg(long, default_value = "640x480", value_parser = size)]
    size: (u32, u32),
    /// How many frames
    #[arg(long, default_value_t = 300)]
    frames: u64,
    /// Frames a second: 30, 30000/1001 or 29.97
    #[arg(long, default_value = "30")]
    fps: FrameRate,
    /// x264's preset, ultrafast to placebo
    #[arg(long, default_value_t = Preset::Medium)]
    preset: Preset,
    /// Constant rate factor, 0 to 51
    #[arg(long, default_value_t = 23.0)]
    crf: f32,
    /// Threads that draw and encode [default: one for each core]
    #[arg(long)]
    workers: Option<usize>,
    /// Where finished parts are kept until the movie is finished
    #[arg(long, value_name = "FOLDER")]
    resume: Option<PathBuf>,
    /// Make every Nth part from the Ith on into the folder, and no movie
    #[arg(long, value_name = "I/N", value_parser = share, requires = "resume", conflicts_with = "output")]
    share: Option<(u64, u64)>,
    /// The movie
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
    let mut movie = Animation::new(settings, arguments.frames, |canvas, frame| {
        plot::draw(canvas, frame.index());
        Ok(())
    })
    .background(plot::backdrop(width, height))
    .on_progress(|progress| eprint!("\r{progress}"));
    if let Some(workers) = arguments.workers {
        movie = movie.workers(workers);
    }
    if let (Some(folder), Some((first, step))) = (&arguments.resume, arguments.share) {
        std::fs::create_dir_all(folder)?;
        for part in (first - 1..movie.segments()?).step_by(step as usize) {
            movie.encode_segment(part)?.save(folder.join(format!("{part:06}.piece")))?;
            eprintln!();
        }
    }
    if let Some(output) = arguments.output {
        if let Some(folder) = arguments.resume {
            movie = movie.resume(folder);
        }
        let report = movie.save(output)?;
        eprintln!("\n{report}");
    }
    Ok(())
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| "write it as 640x480".into())
}

fn share(text: &str) -> Result<(u64, u64), String> {
    let share = text.split_once('/').and_then(|(first, step)| Some((first.parse().ok()?, step.parse().ok()?)));
    share.filter(|(first, step)| (1..=*step).contains(first)).ok_or_else(|| "write it as 1/3, 2/3 or 3/3".into())
}
