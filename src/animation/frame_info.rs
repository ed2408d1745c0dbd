//! `FrameInfo`: the index and the time of a frame, for the closure that draws it.

use crate::time::FrameRate;

/// The index of a frame and its time in the movie. It is passed to the closure that draws the frame.
///
/// An [`Animation`](crate::Animation) passes it to its closure. A test of a drawing function can create one:
///
/// ```
/// use kinetograph::FrameInfo;
/// fn angle(frame: FrameInfo) -> f64 {
///     360.0 * frame.fraction()
/// }
/// assert_eq!(angle(FrameInfo::new(50, 101, 30)), 180.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameInfo {
    index: u64,
    count: u64,
    rate: FrameRate,
}

impl FrameInfo {
    /// Creates the information about frame `index`, counted from 0, of a movie of `count` frames at this rate.
    pub fn new(index: u64, count: u64, rate: impl Into<FrameRate>) -> Self {
        Self { index, count, rate: rate.into() }
    }

    /// Returns the frame's index, counted from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Returns the time from the beginning of the movie in seconds. It is not finite if the frame rate cannot be used.
    pub fn seconds(&self) -> f64 {
        // Rounded once, so that errors do not add up.
        (u128::from(self.index) * u128::from(self.rate.denominator())) as f64 / f64::from(self.rate.numerator())
    }

    /// Returns the number of frames in the movie.
    ///
    /// For an [animation of states](crate::Animation::from_states), this is
    /// [`expected_frames`](crate::Settings::expected_frames), or the upper bound of the iterator's size hint, or 0 if
    /// neither is given.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the frame's position in the movie: 0 for the first frame, 1 for the last. It is 0 for all frames if their
    /// number is not known.
    pub fn fraction(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.index as f64 / (self.count - 1).max(1) as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_once_and_never_overflow() {
        assert_eq!(FrameInfo::new(1001, 2000, (30000, 1001)).seconds(), 1001.0 * 1001.0 / 30000.0);
        assert_eq!(FrameInfo::new(u64::MAX, u64::MAX, (1, 1_000_000)).seconds(), u64::MAX as f64 * 1e6);
        assert!(FrameInfo::new(0, 1, f64::NAN).seconds().is_nan());
        assert_eq!(FrameInfo::new(7, 0, 25).fraction(), 0.0);
    }
}
