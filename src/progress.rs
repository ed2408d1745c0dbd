//! `Progress`: the numbers and the line that report the progress of a movie, and what a progress closure may return.

#[cfg(feature = "indicatif")]
pub(crate) mod bar;
pub(crate) mod estimate;

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::report::Bytes;

/// The minimum time between two progress reports.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// The fraction at which a movie stands until it is finished.
pub(crate) const ALMOST: f64 = 0.99;

/// The progress of an [`Animation`](crate::Animation) or a [`Movie`](crate::Movie).
///
/// It prints as one line of constant width, so that after a carriage return each line covers the previous one: ` 166
/// drawn,  120 encoded of 3000 frames,   4 %,      0:05 left,  91.4 kB`
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Frames in the movie. For an [animation of states](crate::Animation::from_states), this is the number that is
    /// expected until all states are computed. It is 0 if none is expected, or if there are more. For a
    /// [`Movie`](crate::Movie), it is the number that [`expected_frames`](crate::Settings::expected_frames) says.
    pub frames: u64,
    /// Frames drawn, or pushed.
    pub drawn: u64,
    /// Frames encoded. x264 holds back up to about a hundred frames, to choose their types and to share bits among them.
    pub encoded: u64,
    /// Frames written. Segments are written in order, so this number lags behind and grows in steps.
    pub written: u64,
    /// Bytes of packets written, without the container.
    pub bytes: u64,
    /// The time since the start.
    pub elapsed: Duration,
    /// Frames of segments that an earlier run or another process completed. `drawn`, `encoded` and `written` include them.
    pub kept: u64,
    /// The fraction of the work that is done, 0 to 1, or `None` if the number of frames is not known.
    ///
    /// It is an estimate from the time that drawing and encoding have taken so far. It never decreases, and it is below 1
    /// until the movie is finished. Frames that are `kept` are no work. How many tries a search for a rate factor takes is
    /// not known, so there the fraction may be too low.
    pub fraction: Option<f64>,
    /// An estimate of the remaining time, or `None` if there is nothing to base it on, as before the first frame is
    /// encoded by a slow preset.
    pub remaining: Option<Duration>,
}

/// What is being done to make a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Frames are drawn and encoded to find the rate factor of a movie of
    /// [`MaxBytes`](crate::Quality::MaxBytes).
    Searching {
        /// The number of the try, from 1 on, or 0 while samples of the movie are encoded. The last try is the movie.
        attempt: u32,
    },
    /// Frames are drawn and encoded.
    Encoding,
    /// All frames are encoded. The index is written. If it does not fit into the space that was reserved, the movie is
    /// copied once.
    Finishing,
    /// The movie is finished and has its final name. This is the phase of the last report only.
    Finished,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Searching { attempt: 0 } => "sampling",
            Self::Searching { attempt } => return f.pad(&format!("searching, try {attempt}")),
            Self::Encoding => "encoding",
            Self::Finishing => "finishing",
            Self::Finished => "finished",
        })
    }
}

impl Progress {
    /// Creates the progress at the start of a movie of `frames` frames, of which an earlier run has encoded `kept`.
    ///
    /// A program that distributes the segments of an animation itself fills in the other numbers.
    pub fn new(frames: u64, kept: u64) -> Self {
        Self {
            phase: Phase::Encoding,
            frames,
            drawn: kept,
            encoded: kept,
            written: 0,
            bytes: 0,
            elapsed: Duration::ZERO,
            kept,
            fraction: (frames > 0).then_some(0.0),
            remaining: None,
        }
    }

    /// Returns the frames encoded per second, averaged since the start.
    pub fn frames_per_second(&self) -> f64 {
        self.encoded.saturating_sub(self.kept) as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Returns the frames that are drawn or pushed, and not encoded yet: those in the queue, and those that x264 holds.
    pub fn waiting(&self) -> u64 {
        self.drawn.saturating_sub(self.encoded)
    }

    /// Marks the movie as one whose frames are all encoded.
    pub(crate) fn begin_finishing(&mut self, elapsed: Duration) {
        (self.phase, self.elapsed) = (Phase::Finishing, elapsed);
        (self.fraction, self.remaining) = (Some(ALMOST), None);
    }

    /// Marks the movie as finished, with this number of frames.
    pub(crate) fn finish(&mut self, frames: u64, elapsed: Duration) {
        (self.frames, self.drawn, self.encoded, self.written) = (frames, frames, frames, frames);
        (self.phase, self.elapsed) = (Phase::Finished, elapsed);
        (self.fraction, self.remaining) = (Some(1.0), Some(Duration::ZERO));
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = match (self.phase, self.remaining) {
            (Phase::Encoding, Some(left)) => format!("{} left", Clock(left)),
            (Phase::Encoding, None) if self.frames == 0 => format!("{} so far", Clock(self.elapsed)),
            (Phase::Encoding, None) => String::new(),
            (Phase::Finished, _) => format!("{} taken", Clock(self.elapsed)),
            // Short enough for the column.
            (Phase::Searching { attempt: attempt @ 1.. }, _) => format!("try {attempt}"),
            (phase, _) => phase.to_string(),
        };
        if self.frames == 0 {
            write!(f, "{:>8} drawn, {:>8} encoded, ", self.drawn, self.encoded)?;
        } else {
            let digits = self.frames.to_string().len();
            write!(f, "{:>digits$} drawn, {:>digits$} encoded of {} frames, ", self.drawn, self.encoded, self.frames)?;
            match self.fraction {
                // Rounded down, so that 100 % means that nothing is left.
                Some(fraction) => write!(f, "{:>3.0} %, ", (100.0 * fraction).floor())?,
                None => write!(f, "       ")?,
            }
        }
        write!(f, "{time:>14}, {:>8}", Bytes(self.bytes).to_string())
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

/// A closure that receives the progress and may cancel the movie.
pub(crate) type OnProgress<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + Send + 'a;

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
        assert!(first.starts_with("   0 drawn,    0 encoded of 3000 frames,   0 %,"), "{first}");
        (progress.drawn, progress.encoded, progress.bytes) = (166, 120, 91_400);
        (progress.fraction, progress.remaining) = (Some(0.048), Some(Duration::from_secs(5)));
        let second = progress.to_string();
        assert_eq!(second, " 166 drawn,  120 encoded of 3000 frames,   4 %,      0:05 left,  91.4 kB");
        (progress.phase, progress.fraction) = (Phase::Finishing, Some(0.99));
        let finishing = progress.to_string();
        assert!(finishing.contains("  99 %,      finishing,"), "{finishing}");
        progress.finish(3000, Duration::from_secs(7384));
        let last = progress.to_string();
        assert!(last.contains("3000 drawn, 3000 encoded of 3000 frames, 100 %,  2:03:04 taken"), "{last}");
        for line in [&first, &finishing, &last] {
            assert_eq!(line.chars().count(), second.chars().count(), "{line}");
        }
    }

    #[test]
    fn a_line_without_a_number_of_frames_says_how_long_it_takes() {
        let mut progress = Progress::new(0, 0);
        (progress.drawn, progress.encoded, progress.elapsed) = (166, 120, Duration::from_secs(5));
        assert_eq!(progress.to_string(), "     166 drawn,      120 encoded,    0:05 so far,      0 B");
    }

    #[test]
    fn frames_of_an_earlier_run_do_not_count_as_speed() {
        let mut progress = Progress::new(1000, 500);
        (progress.encoded, progress.elapsed) = (600, Duration::from_secs(1));
        assert_eq!(progress.frames_per_second(), 100.0);
    }
}
