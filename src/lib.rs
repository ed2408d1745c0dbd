//! Drawn frames in, an H.264 MP4 out, in one process.

pub mod color;
mod error;
mod frame;
mod packet;
mod planes;
mod settings;
mod time;

pub use error::{Error, Result};
pub use frame::{Frame, PixelFormat};
pub use settings::{
    Chroma, ColorSpace, Layout, Level, Matrix, OddSize, Preset, Primaries, Profile, Quality, Range, Rotation, Settings,
    Tag, Transfer, Tune, Vbv,
};
pub use time::FrameRate;
