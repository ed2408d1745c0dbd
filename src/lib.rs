//! Drawn frames in, an H.264 MP4 out, in one process.

mod animation;
pub mod color;
mod encoder;
mod error;
mod frame;
mod movie;
mod mp4;
mod packet;
mod part;
mod pipeline;
mod planes;
mod progress;
mod recording;
mod report;
mod settings;
mod sink;
mod time;

pub use animation::{Animation, Moment, Piece};
pub use error::{Error, Result};
pub use frame::{Frame, PixelFormat};
pub use movie::Movie;
pub use progress::{Progress, Verdict};
pub use report::Report;
pub use settings::{
    Chroma, ColorSpace, Layout, Level, Matrix, OddSize, Preset, Primaries, Profile, Quality, Range, Rotation, Settings,
    Tag, Transfer, Tune, Vbv,
};
pub use time::FrameRate;
