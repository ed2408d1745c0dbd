//! `LeftOut`: a part of a recording that a recovered movie does not have.

use std::fmt;
use std::ops::Range;

/// A damaged part of a recording that a [recovered](crate::recover) movie does not have.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Where it is in the unfinished file, in bytes.
    pub bytes: Range<u64>,
    /// When it would be shown, in seconds from the beginning of the recording.
    pub start_seconds: f64,
    /// Its duration in seconds, or `None` if no later fragment tells. The frame before it is shown for so much longer.
    pub seconds: Option<f64>,
    /// The number of frames in it, or `None` if it is not known.
    pub frames: Option<u64>,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, start_seconds, seconds, frames } = self;
        match frames {
            Some(1) => write!(f, "1 frame")?,
            Some(frames) => write!(f, "{frames} frames")?,
            None => write!(f, "a part")?,
        }
        write!(f, " at {start_seconds:.3} s")?;
        if let Some(seconds) = seconds {
            write!(f, " of {seconds:.3} s")?;
        }
        write!(f, " (bytes {} to {})", bytes.start, bytes.end)
    }
}
