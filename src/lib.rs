//! Drawn frames in, an H.264 MP4 out, in one process.
//!
//! Frames that come one after another are pushed into a [`Movie`]:
//!
//! ```no_run
//! use kinetograph::{Movie, Settings};
//! use tiny_skia::{Color, Pixmap};
//!
//! fn main() -> kinetograph::Result<()> {
//!     let mut movie = Movie::create("hello.mp4", &Settings::new(640, 360).frame_rate(30))?;
//!     let mut canvas = Pixmap::new(640, 360).expect("a valid size");
//!     for i in 0..90u8 {
//!         canvas.fill(Color::from_rgba8(2 * i, 80, 160, 255));
//!         movie.push(&canvas)?;
//!     }
//!     let report = movie.finish()?;
//!     println!("{report}"); // 90 frames, 3.000 s, 9.1 kB, … frames/s
//!     Ok(())
//! }
//! ```
//!
//! What the movie shall be is in [`Settings`]; what may be pushed, in [`Frame`].
//!
//! x264's messages go to the [`log`] crate under the target `kinetograph::x264`. Nothing prints unless asked.

pub mod color;
mod encoder;
mod error;
mod frame;
mod html;
mod movie;
mod mp4;
mod packet;
mod pipeline;
mod planes;
#[cfg(feature = "plotters")]
pub mod plot;
mod recording;
mod report;
mod settings;
mod sink;
mod time;

pub use error::{Error, Result};
pub use frame::{Frame, PixelFormat};
pub use html::Html;
pub use movie::Movie;
pub use report::Report;
pub use settings::{
    Chroma, ColorSpace, Layout, Level, Matrix, OddSize, Preset, Primaries, Profile, Quality, Range, Rotation, Settings,
    Tag, Transfer, Tune, Vbv,
};
pub use time::FrameRate;
