//! Short movies of small grey pictures.

#![allow(dead_code)] // each test program uses some of it

use std::path::Path;

use kinetograph::{Frame, Movie, Preset, Report, Result, Settings};

pub const WIDTH: u32 = 48;
pub const HEIGHT: u32 = 32;

/// A picture that moves a little from frame to frame.
pub fn picture(frame: u32) -> Vec<u8> {
    let level = |x: u32, y: u32| (x * 5 + y * 3 + frame * 7) as u8 ^ if (x + frame) % 16 < 4 { 0x80 } else { 0 };
    (0..WIDTH * HEIGHT).map(|at| level(at % WIDTH, at / WIDTH)).collect()
}

/// 25 frames a second.
pub fn settings() -> Settings {
    // x264's macroblock tree for AVX-512 reads memory that it has not set: with it, equal movies differ now and then.
    Settings::new(WIDTH, HEIGHT).frame_rate(25).preset(Preset::Veryfast).threads(1).x264_option("mbtree", 0)
}

pub fn push<Output>(movie: &mut Movie<Output>, frame: u32) -> Result<()> {
    movie.push(Frame::gray8(&picture(frame), WIDTH, HEIGHT))
}

pub fn record(path: &Path, settings: &Settings, frames: u32) -> Report {
    let mut movie = Movie::create(path, settings).unwrap();
    (0..frames).for_each(|frame| push(&mut movie, frame).unwrap());
    movie.finish().unwrap()
}

pub fn in_memory(settings: &Settings, frames: u32) -> Vec<u8> {
    let mut movie = Movie::in_memory(settings).unwrap();
    (0..frames).for_each(|frame| push(&mut movie, frame).unwrap());
    movie.finish().unwrap().0
}

/// How many times, frames or movies: `usual`, or as many times that as the soak test says.
pub fn number(usual: u32) -> u32 {
    usual * std::env::var("KINETOGRAPH_SOAK").map_or(1, |times| times.parse().expect("a number"))
}
