//! `Progress`: the numbers and the line that report the progress of an animation, and what a progress closure may
//! return.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::report::Bytes;

/// The progress of an [`Animation`](crate::Animation).
///
/// It prints as one line of constant width, so that after a carriage return each line covers the previous one: ` 120 of
/// 3000 frames,   4 %,    612 frames/s,    0:05 left,   91.4 kB`
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Frames in the movie. For an [animation of states](crate::Animation::from_states), this is the number that is
    /// expected until all states are computed. It is 0 if none is expected, or if there are more.
    pub frames: u64,
    /// Frames drawn.
    pub drawn: u64,
    /// Frames passed to x264.
    pub encoded: u64,
    /// Frames written. Segments are written in order, so this number lags behind and grows in steps.
    pub written: u64,
    /// Bytes of packets written, without the container.
    pub bytes: u64,
    /// The time since the start.
    pub elapsed: Duration,
    /// Frames of segments that an earlier run or another process completed. `drawn`, `encoded` and `written` include them.
    pub kept: u64,
    /// Whether the movie is finished and has its final name: true in the last report only.
    pub finished: bool,
}

impl Progress {
    /// Creates the progress at the start of a movie of `frames` frames, of which an earlier run has encoded `kept`.
    ///
    /// A program that distributes the segments of an animation itself fills in the other numbers.
    pub fn new(frames: u64, kept: u64) -> Self {
        let (drawn, encoded) = (kept, kept);
        Self { frames, drawn, encoded, written: 0, bytes: 0, elapsed: Duration::ZERO, kept, finished: false }
    }

    /// Returns the encoded fraction of the movie, 0 to 1. It is 0 if the number of frames is not known.
    pub fn fraction(&self) -> f64 {
        if self.frames == 0 { 0.0 } else { self.encoded as f64 / self.frames as f64 }
    }

    /// Returns the frames encoded per second, averaged since the start.
    pub fn frames_per_second(&self) -> f64 {
        (self.encoded - self.kept) as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Returns an estimate of the remaining time from the average rate, or `None` before the first frame and if the
    /// number of frames is not known.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.frames.checked_sub(self.encoded).filter(|_| self.frames > 0)?;
        let rate = self.frames_per_second();
        Duration::try_from_secs_f64(left as f64 / rate).ok()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = match self.remaining() {
            _ if self.finished => format!("{} taken", Clock(self.elapsed)),
            Some(left) => format!("{} left", Clock(left)),
            None => String::new(),
        };
        if self.frames == 0 {
            write!(f, "{:>8} frames, ", self.encoded)?;
        } else {
            let digits = self.frames.to_string().len();
            // Rounded down, so that 100 % means that no frame is missing.
            let percent = (100.0 * self.fraction()).floor();
            write!(f, "{:>digits$} of {} frames, {percent:>3.0} %, ", self.encoded, self.frames)?;
        }
        write!(
            f,
            "{:>6.*} frames/s, {time:>14}, {:>8}",
            usize::from(self.frames_per_second() < 10.0),
            self.frames_per_second(),
            Bytes(self.bytes).to_string(),
        )
    }
}

/// A duration, printed as hours, minutes and seconds.
struct Clock(Duration);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64().round() as u64;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 { write!(f, "{hours}:{minutes:02}:{seconds:02}") } else { write!(f, "{minutes}:{seconds:02}") }
    }
}

/// What a progress closure returns: `()`, or a [`ControlFlow`] whose `Break` cancels the movie.
///
/// The trait is sealed: the crate does not export it, so that no other type can implement it.
pub trait ProgressAnswer {
    /// Returns whether to continue.
    fn answer(self) -> ControlFlow<()>;
}

impl ProgressAnswer for () {
    fn answer(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl ProgressAnswer for ControlFlow<()> {
    fn answer(self) -> ControlFlow<()> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_progress_have_one_width() {
        let mut progress = Progress::new(3000, 0);
        let first = progress.to_string();
        assert!(first.starts_with("   0 of 3000 frames,   0 %,    0.0 frames/s,"), "{first}");
        (progress.encoded, progress.bytes, progress.elapsed) = (120, 91_400, Duration::from_millis(200));
        let second = progress.to_string();
        assert_eq!(second, " 120 of 3000 frames,   4 %,    600 frames/s,      0:05 left,  91.4 kB");
        (progress.encoded, progress.finished, progress.elapsed) = (3000, true, Duration::from_secs(7384));
        let last = progress.to_string();
        assert!(last.contains("3000 of 3000 frames, 100 %,    0.4 frames/s,  2:03:04 taken"), "{last}");
        assert_eq!([first.chars().count(), last.chars().count()], [second.chars().count(); 2]);
    }

    #[test]
    fn frames_of_an_earlier_run_do_not_count_as_speed() {
        let mut progress = Progress::new(1000, 500);
        (progress.encoded, progress.elapsed) = (600, Duration::from_secs(1));
        assert_eq!(progress.frames_per_second(), 100.0);
        assert_eq!(progress.remaining(), Some(Duration::from_secs(4)));
    }
}
