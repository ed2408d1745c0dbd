//! Drawn frames in, an H.264 MP4 out, in one process.

mod error;
mod frame;
#[cfg(feature = "image")]
mod image;
mod packet;
mod planes;
#[cfg(feature = "plotters")]
pub mod plot;
mod settings;
mod time;

pub use error::{Error, Result};
pub use frame::{Frame, PixelFormat};
pub use settings::{
    Chroma, ColorSpace, Layout, Level, Matrix, OddSize, Preset, Primaries, Profile, Quality, Range, Rotation, Settings,
    Tag, Transfer, Tune, Vbv,
};
pub use time::FrameRate;

/// Pixels to planes.
pub mod color {
    pub use crate::planes::Planes;
}
