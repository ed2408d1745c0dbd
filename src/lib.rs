//! Drawn frames in, an H.264 MP4 out, in one process.

mod error;
mod frame;
mod mp4;
mod packet;
mod planes;
mod recording;
mod recover;
mod settings;
mod sink;
mod time;

pub use error::{Error, Result};
pub use frame::{Frame, PixelFormat};
pub use recover::{Recovered, recover};
pub use settings::{
    Chroma, ColorSpace, Layout, Level, Matrix, OddSize, Preset, Primaries, Profile, Quality, Range, Rotation, Settings,
    Tag, Transfer, Tune, Vbv,
};
pub use time::FrameRate;

/// Pixels to planes.
pub mod color {
    pub use crate::planes::Planes;
}
