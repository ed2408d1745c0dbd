//! What can go wrong, with the facts in the variants.

use std::path::PathBuf;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a movie, or a part of it, could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting has a value that cannot be used: found by [`Settings::validate`](crate::Settings::validate), or at
    /// the latest when the movie is begun, before a file exists.
    #[error("{name} is {value}; {allowed}")]
    #[non_exhaustive]
    Setting {
        /// The setting, by the name of its setter where it has one: for people, as is the text of the error.
        name: String,
        /// The value given.
        value: String,
        /// What is allowed, as a clause: "it must be 0 to 51".
        allowed: String,
    },

    /// A frame does not have the size of the movie. A [`Movie`](crate::Movie) is unharmed: the frame was not taken.
    #[error("frame {frame} is {}×{} pixels; the movie is {}×{}", got.0, got.1, expected.0, expected.1)]
    #[non_exhaustive]
    FrameSize {
        /// Index of the frame that was refused.
        frame: u64,
        /// Width and height of the frame, in pixels.
        got: (u32, u32),
        /// Width and height of the movie, in pixels.
        expected: (u32, u32),
    },

    /// A frame's buffer, its stride or what an input still has is too small for its size and pixel format.
    #[error("{what} is {got} bytes; a {width}×{height} {format} frame needs at least {needed}")]
    #[non_exhaustive]
    FrameData {
        /// "the stride", "the buffer" or "what is left of the input".
        what: &'static str,
        /// Bytes given.
        got: usize,
        /// Bytes needed.
        needed: usize,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Name of the pixel format.
        format: &'static str,
    },

    /// Planes do not fit the converter or the frame that is to be converted.
    #[error("the planes' {what} is {got}; it must be {needed}")]
    #[non_exhaustive]
    Planes {
        /// "size", "chroma" or "bit depth".
        what: &'static str,
        /// What the planes have.
        got: String,
        /// What the converter or the frame needs.
        needed: String,
    },

    /// A time given for a frame, or the length of a hold, cannot be used. The [`Movie`](crate::Movie) is unharmed.
    #[error("frame {frame} at {seconds} s: {reason}")]
    #[non_exhaustive]
    Time {
        /// Index of the frame that was refused.
        frame: u64,
        /// The time or duration given, in seconds.
        seconds: f64,
        /// Why, with the limit.
        reason: String,
    },

    /// A movie was finished without a single frame.
    #[error("the movie has no frames; an MP4 needs at least one")]
    NoFrames,

    /// An image's pixels are not of 8-bit RGBA, RGB or grey.
    #[cfg(feature = "image")]
    #[error("an image of {pixels} pixels is no frame: convert it first, as with to_rgba8")]
    #[non_exhaustive]
    Image {
        /// The image crate's name of the type of pixel.
        pixels: String,
    },

    /// A font file cannot be read.
    #[cfg(feature = "plotters")]
    #[error("the font file for {family} cannot be read: it is not a TrueType or OpenType font")]
    #[non_exhaustive]
    Font {
        /// The family it was to be registered for.
        family: String,
    },

    /// The closure that draws an [`Animation`](crate::Animation) has failed.
    #[error("drawing frame {frame}: {source}")]
    #[non_exhaustive]
    Draw {
        /// Index of the frame.
        frame: u64,
        /// What the closure returned.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The closure that was told of the progress has cancelled the movie.
    #[error("cancelled")]
    Cancelled,

    /// A piece of an [`Animation`](crate::Animation) cannot be used.
    #[error("{piece}: {reason}")]
    #[non_exhaustive]
    Segment {
        /// Which one: its number, or its file.
        piece: String,
        /// Why.
        reason: String,
    },

    /// libx264 refused its parameters or failed to encode.
    #[error("x264 {doing}: {message}")]
    #[non_exhaustive]
    X264 {
        /// What it was asked to do.
        doing: &'static str,
        /// x264's own words.
        message: String,
    },

    /// Reading or writing failed.
    #[error("{doing}: {source}")]
    #[non_exhaustive]
    Io {
        /// What was attempted, on which path.
        doing: String,
        /// The system's reason.
        source: std::io::Error,
    },

    /// Writing failed part-way, and the film up to there was kept as a playable file.
    #[error("{source}; what was written is kept in {}", kept.display())]
    #[non_exhaustive]
    Unfinished {
        /// The unfinished, playable file, which `recover` can finish.
        kept: PathBuf,
        /// What failed.
        source: Box<Error>,
    },

    /// The stream does not fit in an MP4 file, or a file is not a movie of this crate.
    #[error("mp4: {0}")]
    Mp4(String),

    /// The movie has ended before, by the error that was then returned.
    #[error("the movie has ended by an earlier error")]
    Ended,
}

impl Error {
    pub(crate) fn setting(name: impl Into<String>, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self::Setting { name: name.into(), value: value.to_string(), allowed: allowed.into() }
    }

    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}
