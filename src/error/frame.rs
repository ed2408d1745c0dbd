//! `FramePart`, `PlanesMismatch` and `TimeError`: what does not fit about a frame, planes or a time.

use std::fmt;

use crate::settings::{BitDepth, Chroma};

/// What does not fit in [`Error::FrameData`](crate::Error::FrameData).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FramePart {
    /// The bytes from one row to the next.
    Stride,
    /// The frame's buffer.
    Buffer,
    /// The remaining bytes of an input that a frame was read from.
    Input,
}

impl fmt::Display for FramePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stride => "stride",
            Self::Buffer => "buffer",
            Self::Input => "remainder of the input",
        })
    }
}

/// What does not fit in [`Error::Planes`](crate::Error::Planes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PlanesMismatch {
    /// The size of the luma plane is not that of the frame or the movie.
    #[error("size is {}×{}; it must be {}×{}", got.0, got.1, needed.0, needed.1)]
    #[non_exhaustive]
    Size {
        /// Width and height of the planes, in luma samples.
        got: (usize, usize),
        /// Width and height that are needed, in luma samples.
        needed: (usize, usize),
    },
    /// The chroma formats differ.
    #[error("chroma is {got}; it must be {needed}")]
    #[non_exhaustive]
    Chroma {
        /// The chroma format of the planes.
        got: Chroma,
        /// The chroma format of the converter or the movie.
        needed: Chroma,
    },
    /// The bit depths differ.
    #[error("bit depth is {got}; it must be {needed}")]
    #[non_exhaustive]
    BitDepth {
        /// The bit depth of the planes.
        got: BitDepth,
        /// The bit depth of the converter or the movie.
        needed: BitDepth,
    },
    /// A sample has more bits than the bit depth.
    #[error("largest sample is {got}; it must be at most {limit}")]
    #[non_exhaustive]
    Sample {
        /// The largest sample.
        got: u16,
        /// The largest sample that is possible.
        limit: u16,
    },
    /// An input that planes were read from ends inside of them.
    #[error("input ends after {got} of {needed} bytes")]
    #[non_exhaustive]
    Input {
        /// Bytes of the planes in the input.
        got: usize,
        /// Bytes of the planes.
        needed: usize,
    },
}

/// Why a time cannot be used in [`Error::Time`](crate::Error::Time) and [`Error::Hold`](crate::Error::Hold).
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// The time is negative, not a number, or more than 2^53 ticks of the movie's timescale.
    #[error("it must be a non-negative number of at most 2^53 ticks")]
    NotCountable,
    /// The time is not after that of the frame before.
    #[error("it must be later than the frame before, at {previous_seconds} s")]
    #[non_exhaustive]
    NotAfter {
        /// The time of the frame before, in seconds.
        previous_seconds: f64,
    },
    /// A frame would be presented for too long: players count its duration in 28 bits.
    #[error("a frame can be presented for at most {max_seconds} s")]
    #[non_exhaustive]
    TooLong {
        /// The longest duration, in seconds.
        max_seconds: f64,
    },
    /// There is no frame yet to hold.
    #[error("there is no frame yet to hold")]
    NoFrame,
}
