//! What a frame is drawn by.

use crate::time::FrameRate;

/// Which frame is to be drawn, and when it is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameInfo {
    index: u64,
    count: u64,
    rate: FrameRate,
}

impl FrameInfo {
    pub(super) fn new(index: u64, count: u64, rate: FrameRate) -> Self {
        Self { index, count, rate }
    }

    /// The frame's index, counted from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The time from the beginning of the movie, in seconds.
    pub fn seconds(&self) -> f64 {
        // One rounding, so that no error adds up.
        (self.index * u64::from(self.rate.denominator())) as f64 / f64::from(self.rate.numerator())
    }

    /// How many frames the movie has.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How far into the movie the frame is: 0 for the first, 1 for the last.
    pub fn fraction(&self) -> f64 {
        self.index as f64 / self.count.saturating_sub(1).max(1) as f64
    }
}
