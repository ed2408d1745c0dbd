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
//! Frames that are a function of their index are an [`Animation`], drawn and encoded on every core:
//!
//! ```no_run
//! use kinetograph::{Animation, Preset, Quality, Settings};
//! # fn draw(_: &mut tiny_skia::Pixmap, _: u64, _: f64) {}
//! # fn main() -> kinetograph::Result<()> {
//!
//! // A frame is a function of its index, so frames are drawn and encoded on every core.
//! let settings = Settings::new(500, 500).frame_rate(30).quality(Quality::Crf(20.0)).preset(Preset::Slow);
//! Animation::new(settings, 300, |canvas, frame| {
//!     draw(canvas, frame.index(), frame.seconds());
//!     Ok(())
//! })
//! .on_progress(|progress| eprint!("\r{progress}"))
//! .save("demo.mp4")?;
//! # Ok(())
//! # }
//! ```
//!
//! What the movie shall be is in [`Settings`]; what may be pushed, in [`Frame`]; each common wish has its page in the
//! [`guide`].
//!
//! x264's messages go to the [`log`] crate under the target `kinetograph::x264`. Nothing prints unless asked.

mod animation;
pub mod color;
mod encoder;
mod error;
mod frame;
pub mod guide;
mod html;
mod join;
mod movie;
mod mp4;
mod nal;
mod packet;
mod pipeline;
mod planes;
mod progress;
mod recording;
mod recover;
mod report;
mod segment;
mod settings;
mod sink;
mod stream;
mod time;

pub use animation::{Animation, FrameInfo};
pub use error::{Error, FramePart, Mp4Error, PlanesMismatch, Result, SegmentError, TimeError};
pub use frame::{Frame, PixelFormat};
pub use html::Html;
pub use join::{join, join_to_bytes};
pub use movie::Movie;
pub use progress::Progress;
pub use recover::{Recovered, recover};
pub use report::Report;
pub use segment::Segment;
pub use settings::{
    BitDepth, Chroma, ColorSpace, ContainerSettings, Layout, Level, Matrix, OddSize, Preset, Primaries, Profile,
    Quality, Range, Rotation, Settings, Tag, Transfer, Tune, Vbv,
};
pub use sink::Stream;
pub use time::FrameRate;

#[cfg(feature = "image")]
pub use image;
#[cfg(feature = "plotters")]
pub use plotters_tiny_skia as plot;
pub use tiny_skia;
