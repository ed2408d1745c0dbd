//! Movies of at most so many bytes: how many of the bytes they use, what finding the rate factor costs, and how they look
//! beside those of x264's two passes.
//!
//! `cargo bench --bench size --features plotters [-- WORD...]`. Words choose scenes, sections (`search`, `passes`) and
//! lengths in frames, and `tries` prints what is tried. It needs the x264 program and ffmpeg. Frames are drawn once, scaled
//! down to 320×180, and kept in target/size. CPU times are compared as ratios of runs that take turns: the machine need not
//! be idle.

mod clip;
mod log;
mod passes;
#[allow(dead_code)] // of the difference of blocks
#[path = "../drawn/quality.rs"]
mod quality;
#[allow(dead_code)] // of the scenes of matplotlib
#[path = "../drawn/scenes/mod.rs"]
mod scenes;
mod search;
#[path = "../timing/mod.rs"]
mod timing;

use clip::Clip;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Ten drawn scenes, and two like a camera's.
const SCENES: [&str; 12] = [
    "lines",
    "scatter",
    "surface",
    "heat-blocks",
    "map",
    "text",
    "slides",
    "particles",
    "bars",
    "graph",
    "landscape",
    "night",
];

/// The scenes with a clip of 1500 frames.
const LONG: [&str; 4] = ["lines", "scatter", "slides", "landscape"];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| words.iter().any(|word| word == name);
    log::begin(has("tries"));
    let is_any_scene = !SCENES.iter().any(|name| has(name));
    let clips = |names: &[&str], frames| {
        let chosen = names.iter().filter(|name| is_any_scene || has(name));
        chosen.map(|name| Clip::open(name, frames)).collect::<Result<Vec<_>>>()
    };
    let lengths: [(&[&str], u64); 3] = [(&SCENES, 60), (&SCENES, 300), (&LONG, 1500)];
    let is_any_length = !lengths.iter().any(|(_, frames)| has(&frames.to_string()));
    if has("search") || !has("passes") {
        for (names, frames) in lengths.iter().filter(|(_, frames)| is_any_length || has(&frames.to_string())) {
            search::print(&clips(names, *frames)?)?;
        }
    }
    if has("passes") || !has("search") {
        passes::print(&clips(&SCENES, 300)?)?;
    }
    Ok(())
}
