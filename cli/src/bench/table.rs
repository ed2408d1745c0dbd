//! The table of `kinetograph bench` and of `cargo bench --bench encode`.

use std::error::Error;
use std::io::Write;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use kinetograph::color::Isa;
use kinetograph::tiny_skia::Pixmap;
use kinetograph::{Animation, Frame, Movie, Preset, Settings};

/// How long a movie should take.
const GOAL: Duration = Duration::from_secs(3);

/// How long all movies may take.
const LIMIT: Duration = Duration::from_secs(50);

/// Frames of a movie: at least as many as x264 looks ahead at the slowest of the presets, at most a minute.
const FEWEST: u64 = 60;
const MOST: u64 = 1800;

/// The presets from ultrafast to slow.
const PRESETS: &[Preset] = Preset::ALL.split_at(7).0;

/// Makes movies that show the pictures again and again, and prints how fast that was: for each preset, through `Movie` and
/// through `Animation`.
pub fn print(pictures: &[Pixmap], out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let [first, ..] = pictures else { return Ok(()) };
    let (width, height) = (first.width(), first.height());
    let cores = available_parallelism().map_or(1, usize::from);
    writeln!(out, "{}, {cores} cores, {}", processor(), Isa::best())?;
    writeln!(out, "Drawn pictures of {width}×{height}, converted, encoded at CRF 23 and written to memory\n")?;
    writeln!(out, "              Movie                 Animation")?;
    writeln!(out, "preset        frames/s  Mpixel/s    frames/s  Mpixel/s")?;
    let begin = Instant::now();
    // Frames per second of the preset before, or a guess.
    let mut expected = 1e8 / (f64::from(width) * f64::from(height));
    for preset in PRESETS {
        let frames = ((expected * GOAL.as_secs_f64()) as u64).clamp(FEWEST, MOST);
        let longest = Duration::from_secs_f64(4.0 * frames as f64 / expected);
        if begin.elapsed() + longest > LIMIT {
            writeln!(out, "{preset:<12}  would take more than a minute")?;
            break;
        }
        let settings = Settings::new(width, height).frame_rate(30).preset(*preset);
        let rates = [pushed(&settings, pictures, frames)?, animated(&settings, pictures, frames)?];
        let [movie, animation] =
            rates.map(|rate| format!("{rate:8.1}  {:8.1}", rate * f64::from(width) * f64::from(height) / 1e6));
        writeln!(out, "{preset:<12}  {movie}    {animation}")?;
        out.flush()?;
        expected = rates[0].min(rates[1]);
    }
    Ok(())
}

/// Makes a movie of frames that come one after another. Returns the frames per second.
fn pushed(settings: &Settings, pictures: &[Pixmap], frames: u64) -> Result<f64, Box<dyn Error>> {
    let begin = Instant::now();
    let mut movie = Movie::in_memory(settings)?;
    for picture in pictures.iter().cycle().take(frames as usize) {
        movie.push(picture)?;
    }
    movie.finish()?;
    Ok(frames as f64 / begin.elapsed().as_secs_f64())
}

/// Makes a movie of frames in any order. Returns the frames per second.
fn animated(settings: &Settings, pictures: &[Pixmap], frames: u64) -> Result<f64, Box<dyn Error>> {
    let begin = Instant::now();
    let supply = |index: u64| Frame::from(&pictures[index as usize % pictures.len()]);
    Animation::from_frames(settings.clone(), frames, |frame| Ok(supply(frame.index()))).into_bytes()?;
    Ok(frames as f64 / begin.elapsed().as_secs_f64())
}

/// Returns the name of the processor, or of its architecture.
fn processor() -> String {
    let linux = || {
        let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
        Some(line.trim_start_matches([' ', '\t', ':']).to_string())
    };
    let mac = || {
        let sysctl = std::process::Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
        Some(String::from_utf8_lossy(&sysctl.stdout).trim().to_string()).filter(|name| !name.is_empty())
    };
    linux().or_else(mac).unwrap_or_else(|| std::env::consts::ARCH.into())
}
