//! The movies that are encoded, and the files of their frames.

use std::path::PathBuf;

use kinetograph::Preset;

use crate::scene::Scene;

/// Frames per second of every movie.
pub const RATE: u32 = 30;

/// Constant rate factor of every movie: the default of x264, and the only one that the x264 crate supports.
pub const CRF: u32 = 23;

/// One sequence of frames with one preset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    pub scene: Scene,
    pub size: (u32, u32),
    pub frames: u32,
    pub preset: Preset,
}

impl Case {
    pub fn name(&self) -> String {
        let (width, height) = self.size;
        format!("{}, {width}×{height}, {} frames, {}", self.scene.name(), self.frames, self.preset)
    }

    pub fn seconds(&self) -> f64 {
        f64::from(self.frames) / f64::from(RATE)
    }
}

/// A case with everything that a contestant needs.
#[derive(Clone, Debug)]
pub struct Job {
    pub case: Case,
    /// The frames as RGBA, opaque, one after another.
    pub rgba: PathBuf,
    /// The same frames as I420.
    pub i420: PathBuf,
    /// The bit rate of the x264 program's stream in bit/s, for an encoder without a constant rate factor.
    pub bit_rate: u32,
    /// The path of the movie.
    pub output: PathBuf,
}
