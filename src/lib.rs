//! Makes H.264 MP4 movies of frames that a program draws, without starting another program.
//!
//! Frames are pixmaps of [tiny-skia](tiny_skia) or any RGBA, BGRA, RGB or grey pixels. libx264 encodes them in the
//! process. In the default layout, the file already plays while it is recorded, and still plays after a crash.
//!
//! A [`Movie`] takes frames one after another:
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
//! An [`Animation`] makes each frame from its index, so it draws and encodes on every core:
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
//! [`Settings`] has the size, the frame rate, the quality, the colours and the layout of a movie. [`Frame`] describes
//! the pixels that a movie takes. The [`guide`] has a page for each common task.
//!
//! The crate prints nothing unless it is asked to. x264's messages go to the [`log`](https://docs.rs/log) crate under
//! the target `kinetograph::x264`.
//!
//! # Features
//!
//! All are off by default.
//!
//! - `plotters` draws charts and heat maps on a canvas. It adds the module `plot`.
//! - `image` converts images of the image crate to frames.
//! - `indicatif` adds `Animation::progress_bar` and `Movie::progress_bar`.
//!
//! # Build requirements
//!
//! The build needs a C compiler, libx264 0.160 or newer with its header, pkg-config and libclang.
//!
//! | system | command |
//! |---|---|
//! | Debian, Ubuntu | `apt-get install gcc libx264-dev libclang-dev pkg-config` |
//! | Fedora (RPM Fusion) | `dnf install gcc x264-devel clang-devel pkgconf` |
//! | Arch | `pacman -S gcc x264 clang pkgconf` |
//! | macOS | `brew install x264 llvm pkgconf` |
//!
//! # What it does not do
//!
//! - It has no audio and no subtitles. `ffmpeg -i movie.mp4 -i sound.wav -c:v copy -c:a aac out.mp4` adds sound without
//!   encoding the pictures again.
//! - It makes no GIF, WebM or AV1, because libx264 encodes H.264 only. [gifski](https://gif.ski) makes good GIFs of PNGs.
//!   For the others, ffmpeg converts a [lossless](Quality::Lossless) movie.
//! - It makes no transparent movies, because H.264 in MP4 has no alpha. Frames are drawn on a
//!   [background](Settings::background).
//! - It encodes on the CPU, in one pass. A [size](Quality::MaxBytes) in place of a quality takes several.
//! - It does not decode movies. [`MovieInfo`] reads what a file states about its movie, and [`recover`] finishes the
//!   crate's own unfinished files.
//! - It does not scale, crop or rotate pixels: every frame has the size of the movie.
//! - It does not convert between primaries or transfer functions: it signals those of the frames.
//!
//! # Licence
//!
//! GPL-2.0-or-later, because libx264 is: a program that links this crate is distributed under the GPL.

mod animation;
pub mod color;
mod encoder;
mod error;
mod frame;
pub mod guide;
mod html;
mod info;
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
mod version_sei;

pub use animation::{Animation, FrameInfo};
pub use error::{Error, FramePart, Mp4Error, OutputError, PlanesMismatch, Result, SegmentError, TimeError};
pub use frame::{Frame, PixelFormat};
pub use html::Html;
pub use join::{join, join_to_bytes, join_to_writer};
pub use movie::{Movie, TryPush};
pub use mp4::MovieInfo;
pub use progress::{Phase, Progress};
pub use recover::{LeftOut, Recovered, recover, recover_in_place};
pub use report::Report;
pub use segment::Segment;
pub use settings::{
    BitDepth, Chroma, ChromaLocation, ColorSpace, ContainerSettings, Layout, Level, Matrix, OddSize, Preset, Primaries,
    Profile, Quality, Range, Rotation, Settings, Tag, Transfer, Tune, Vbv,
};
pub use sink::Stream;
pub use time::FrameRate;

#[cfg(feature = "image")]
pub use image;
#[cfg(feature = "plotters")]
pub use plotters_tiny_skia as plot;
pub use tiny_skia;
