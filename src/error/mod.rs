//! `Error`, its parts and `Result`: everything that can fail, with the facts in the variants.

mod frame;
mod mp4;
mod output;
mod segment;

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::frame::PixelFormat;

pub use frame::{FramePart, PlanesMismatch, TimeError};
pub use mp4::Mp4Error;
pub use output::OutputError;
pub use segment::SegmentError;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of everything in this crate that can fail.
///
/// `Display` prints the error without its cause, which is in [`source`](std::error::Error::source). `Debug` prints the
/// error and its causes on one line, because a program whose `main` returns this error prints it so. The variants carry
/// the facts.
///
/// ```
/// use kinetograph::{Error, Settings};
/// match Settings::new(0, 48).validate() {
///     Err(Error::Setting { name, value, .. }) => assert_eq!((name, &*value), ("width", "0")),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting has a value that cannot be used. [`Settings::validate`](crate::Settings::validate) returns this error,
    /// and so does every function that makes a movie, before it creates a file.
    #[error("{name} is {value}; {allowed}")]
    #[non_exhaustive]
    Setting {
        /// The name of the setter, the argument or the type that the value is for.
        name: &'static str,
        /// The value given.
        value: String,
        /// What is allowed, as a clause such as "it must be 0 to 51".
        allowed: Cow<'static, str>,
    },

    /// An option of x264 cannot be used. [`Settings::validate`](crate::Settings::validate) or the function that makes
    /// the movie returns this error, before a file exists.
    #[error("x264 option {name:?} is {}; {reason}", Shortened(value))]
    #[non_exhaustive]
    X264Option {
        /// The name given.
        name: String,
        /// The value given.
        value: String,
        /// Why it cannot be used, as a clause such as "x264 has no option of that name".
        reason: Cow<'static, str>,
    },

    /// A frame does not have the size of the movie. A [`Movie`](crate::Movie) continues without the frame.
    #[error("frame {frame} is {}×{} pixels; the movie is {}×{}", got.0, got.1, expected.0, expected.1)]
    #[non_exhaustive]
    FrameSize {
        /// Index of the frame.
        frame: u64,
        /// Width and height of the frame, in pixels.
        got: (u32, u32),
        /// Width and height of the movie, in pixels.
        expected: (u32, u32),
    },

    /// A frame's stride or buffer, or the remainder of an input, is too small for its size and pixel format, or a buffer
    /// without a [`stride`](crate::Frame::stride) is too large. A [`Movie`](crate::Movie) continues without the frame.
    #[error("the {part} is {got} bytes; a {width}×{height} {format} frame {} {needed}",
            if got > needed { "without a stride has exactly" } else { "needs at least" })]
    #[non_exhaustive]
    FrameData {
        /// What is too small or too large.
        part: FramePart,
        /// Bytes given.
        got: usize,
        /// Bytes needed.
        needed: usize,
        /// Width of the frame in pixels.
        width: u32,
        /// Height of the frame in pixels.
        height: u32,
        /// The pixel format.
        format: PixelFormat,
    },

    /// Planes do not fit the converter, the frame or the movie, or an input ends inside of them. A
    /// [`Movie`](crate::Movie) continues without them.
    #[error("the planes' {mismatch}")]
    #[non_exhaustive]
    Planes {
        /// What does not fit.
        mismatch: PlanesMismatch,
    },

    /// A time given for a frame cannot be used. The [`Movie`](crate::Movie) continues without the frame.
    #[error("frame {frame} at {seconds} s: {reason}")]
    #[non_exhaustive]
    Time {
        /// Index of the frame.
        frame: u64,
        /// The time given, in seconds.
        seconds: f64,
        /// Why it cannot be used.
        reason: TimeError,
    },

    /// The duration given to [`hold`](crate::Movie::hold) cannot be used. The [`Movie`](crate::Movie) continues without
    /// the hold.
    #[error("a hold of {seconds} s: {reason}")]
    #[non_exhaustive]
    Hold {
        /// The duration given, in seconds.
        seconds: f64,
        /// Why it cannot be used.
        reason: TimeError,
    },

    /// A movie was finished without a single frame.
    #[error("the movie has no frames; an MP4 needs at least one")]
    NoFrames,

    /// No movie of the frames has as few bytes as [`Quality::MaxBytes`](crate::Quality::MaxBytes) asks for.
    #[error(
        "the movie has {bytes} bytes at crf 51, the highest; at most {most} were asked for: fewer pixels, fewer frames, \
         or a slower preset make it smaller"
    )]
    #[non_exhaustive]
    TooLarge {
        /// The bytes of the smallest movie.
        bytes: u64,
        /// The bytes that were asked for.
        most: u64,
    },

    /// An image's pixels are not 8-bit RGBA, RGB or grey.
    #[cfg(feature = "image")]
    #[error("a frame cannot borrow {pixels:?} pixels; convert the image first, for example with to_rgba8")]
    #[non_exhaustive]
    Image {
        /// The type of the image's pixels.
        pixels: image::ColorType,
    },

    /// The closure that draws or supplies the frames of an [`Animation`](crate::Animation) returned an error.
    #[error("drawing frame {frame} failed")]
    #[non_exhaustive]
    Draw {
        /// Index of the frame.
        frame: u64,
        /// What the closure returned.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The iterator over the states of an [`Animation`](crate::Animation) gave an error.
    #[error("computing the state of frame {frame} failed")]
    #[non_exhaustive]
    State {
        /// Index of the frame.
        frame: u64,
        /// What the iterator gave.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The closure given to [`on_progress`](crate::Animation::on_progress) cancelled the movie.
    #[error("cancelled")]
    Cancelled,

    /// A segment of an [`Animation`](crate::Animation) cannot be used.
    #[error("{}: {problem}", segment_name(*index, path.as_deref()))]
    #[non_exhaustive]
    Segment {
        /// The index of the segment, if it is known.
        index: Option<u64>,
        /// The file that it was read from, if any.
        path: Option<PathBuf>,
        /// Why it cannot be used.
        problem: SegmentError,
    },

    /// libx264 refused its parameters or failed to encode.
    #[error("x264 {doing}: {message}")]
    #[non_exhaustive]
    X264 {
        /// What x264 was doing, such as "opening the encoder".
        doing: &'static str,
        /// x264's own message.
        message: String,
    },

    /// Reading or writing failed.
    #[error("{doing}")]
    #[non_exhaustive]
    Io {
        /// What was attempted, and the path.
        doing: String,
        /// The system's reason.
        source: std::io::Error,
    },

    /// Encoding or writing failed, and the frames before it were kept in a playable file.
    #[error("the movie is incomplete; its frames so far are in {}", kept.display())]
    #[non_exhaustive]
    Unfinished {
        /// The unfinished, playable file, which [`recover`](crate::recover) can finish.
        kept: PathBuf,
        /// What failed.
        source: Box<Error>,
    },

    /// A movie cannot be made at this path, or a file cannot be recovered, because another recording into it has not
    /// ended.
    #[error("{} is still being recorded{}", path.display(), by_process(*process))]
    #[non_exhaustive]
    StillRecording {
        /// The movie, or the file that was to be recovered.
        path: PathBuf,
        /// The process that is recording, if it is on this machine and the system tells. Linux does.
        process: Option<u32>,
    },

    /// A file must not be replaced by a movie. Functions that make a movie return this error before the first frame.
    #[error("{} {reason}", path.display())]
    #[non_exhaustive]
    Output {
        /// The path given for the movie.
        path: PathBuf,
        /// Why the file there must not be replaced.
        reason: OutputError,
    },

    /// The unfinished file and the new movie of [`recover`](crate::recover) are the same file.
    #[error("{} is also the new movie; recover_in_place changes a file itself", path.display())]
    #[non_exhaustive]
    SameFile {
        /// The unfinished file.
        path: PathBuf,
    },

    /// A stream does not fit into an MP4 file, or a file cannot be recovered.
    #[error("{}{reason}", path.as_deref().map(|path| format!("{}: ", path.display())).unwrap_or_default())]
    #[non_exhaustive]
    Mp4 {
        /// The file that cannot be recovered.
        path: Option<PathBuf>,
        /// What is wrong with it.
        reason: Mp4Error,
    },

    /// An earlier error already ended the movie. It was returned when it occurred.
    #[error("an earlier error already ended this movie")]
    Ended,
}

impl Error {
    pub(crate) fn setting(name: &'static str, value: impl ToString, allowed: impl Into<Cow<'static, str>>) -> Self {
        Self::Setting { name, value: value.to_string(), allowed: allowed.into() }
    }

    pub(crate) fn x264_option(name: &str, value: &str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::X264Option { name: name.into(), value: value.into(), reason: reason.into() }
    }

    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

impl From<Mp4Error> for Error {
    fn from(reason: Mp4Error) -> Self {
        Self::Mp4 { path: None, reason }
    }
}

/// Prints the error and its causes on one line. A program whose `main` returns an error prints it with `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

fn by_process(process: Option<u32>) -> String {
    process.map(|process| format!(" by process {process}")).unwrap_or_default()
}

fn segment_name(index: Option<u64>, path: Option<&Path>) -> String {
    match (index, path) {
        (Some(index), Some(path)) => format!("segment {index} in {}", path.display()),
        (Some(index), None) => format!("segment {index}"),
        (None, Some(path)) => path.display().to_string(),
        (None, None) => "a segment".into(),
    }
}

/// A text that is printed in quotes, and cut off if it is long.
struct Shortened<'a>(&'a str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The maximum number of characters.
        const MOST: usize = 60;
        match self.0.char_indices().nth(MOST) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_repeats_its_cause_and_debug_has_each_once() {
        let io = || Error::io("writing x.mp4")(std::io::Error::other("the disk is full"));
        let unfinished = || Error::Unfinished { kept: "x.mp4.part".into(), source: Box::new(io()) };
        let draw = |source: Error| Error::Draw { frame: 333, source: source.into() };
        for (error, causes) in [(io(), 1), (unfinished(), 2), (draw(io()), 2), (draw(unfinished()), 3)] {
            let mut texts = vec![error.to_string()];
            let mut cause = error.source();
            while let Some(source) = cause {
                texts.push(source.to_string());
                cause = source.source();
            }
            assert_eq!(texts.len(), 1 + causes, "{texts:?}");
            for pair in texts.windows(2) {
                assert!(!pair[0].contains(&pair[1]), "{texts:?}");
            }
            assert_eq!(format!("{error:?}"), texts.join(": "));
        }
    }

    #[test]
    fn long_values_are_cut_off_in_the_text_alone() {
        let error = Error::x264_option("zones", &"é".repeat(1000), "the value is too long");
        assert_eq!(
            error.to_string(),
            format!("x264 option \"zones\" is \"{}\"…; the value is too long", "é".repeat(60))
        );
        assert!(matches!(error, Error::X264Option { value, .. } if value.chars().count() == 1000));
    }
}
