//! `Estimator`: which fraction of a movie's work is done, and the time that is left.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::{ALMOST, Progress};
use crate::settings::{Preset, Settings};

/// The seconds a megapixel in which one core of today takes a frame into x264.
const TAKING: f64 = 0.0015;

/// The largest factor by which the machine is taken to be slower or faster.
const MAX_PACE: f64 = 4.0;

/// The seconds over which the rate of progress is measured for the remaining time.
const WINDOW: f64 = 10.0;

/// The seconds between two measurements.
const STEP: f64 = 0.25;

/// The time that a movie has taken so far, summed over threads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Costs {
    /// Drawing and converting.
    pub drawing: Duration,
    /// Calls at which x264 only takes a frame, because it waits for more.
    pub taking: Duration,
    /// Calls at which x264 returns frames.
    pub encoding: Duration,
}

/// Adds up the time that threads spend on something.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    nanoseconds: AtomicU64,
}

impl Stopwatch {
    pub fn add(&self, since: Instant) {
        self.nanoseconds.fetch_add(since.elapsed().as_nanos() as u64, Relaxed);
    }

    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Relaxed))
    }
}

/// Estimates the fraction of the work that is done, which is a mean of the fractions drawn and encoded, weighted by what
/// drawing and encoding a frame take.
///
/// x264 encodes the first frame when it has some 50, and the last ones when there are no more to draw. So the first
/// frames are drawn before it is known what encoding takes. Until then, it is guessed from the settings.
pub(crate) struct Estimator {
    /// The guess, in seconds a frame.
    expected: f64,
    /// What x264 takes to take a frame, on the same machine. What it takes in truth says how fast the machine is now.
    expected_taking: f64,
    /// The number of frames that must be encoded before what they took counts as much as the guess.
    trusted: f64,
    /// The fraction that was reported last.
    fraction: f64,
    /// Earlier moments of the last few seconds, each with the fraction at that time.
    recent: VecDeque<(f64, f64)>,
}

impl Estimator {
    /// Creates an estimator for encoders of this number of threads, each of which has about this number of cores.
    pub fn new(settings: &Settings, threads: usize, cores: usize) -> Self {
        let megapixels = f64::from(settings.width) * f64::from(settings.height) / 1e6;
        Self {
            expected: seconds_per_megapixel(settings.preset) * megapixels / threads.min(cores).max(1) as f64,
            expected_taking: TAKING * megapixels,
            // With threads, x264 also works between calls, so that calls may take less time than encoding.
            trusted: if threads > 1 { 10.0 } else { 3.0 },
            fraction: 0.0,
            recent: VecDeque::from([(0.0, 0.0)]),
        }
    }

    /// Sets the fraction and the remaining time of a progress whose other numbers are set.
    pub fn estimate(&mut self, progress: &mut Progress, costs: Costs) {
        (progress.fraction, progress.remaining) = (None, None);
        if progress.frames == 0 {
            return;
        }
        let of_this_run = |frames: u64| frames.saturating_sub(progress.kept) as f64;
        let (frames, drawn, encoded) =
            (of_this_run(progress.frames), of_this_run(progress.drawn), of_this_run(progress.encoded));
        let elapsed = progress.elapsed.as_secs_f64();
        let taking = costs.taking.as_secs_f64() / drawn.max(1.0);
        let drawing = costs.drawing.as_secs_f64() / drawn.max(1.0) + taking;
        let pace = if taking > 0.0 { taking / self.expected_taking } else { 1.0 };
        let expected = self.expected * pace.clamp(1.0 / MAX_PACE, MAX_PACE);
        let encoding = (expected * self.trusted + costs.encoding.as_secs_f64()) / (self.trusted + encoded);
        let work = frames * (drawing + encoding);
        let done = if work > 0.0 { (drawn * drawing + encoded * encoding) / work } else { 0.0 };
        self.fraction = done.min(ALMOST).max(self.fraction);
        progress.fraction = Some(self.fraction);
        self.note(elapsed);
        // A guess alone does not tell how long the movie takes, unless drawing takes most of it.
        if encoded > 0.0 || drawing > 4.0 * encoding {
            progress.remaining = self.remaining(elapsed);
        }
    }

    fn note(&mut self, elapsed: f64) {
        if self.recent.back().is_none_or(|(last, _)| elapsed - last >= STEP) {
            self.recent.push_back((elapsed, self.fraction));
        }
        while self.recent.front().is_some_and(|(first, _)| elapsed - first > WINDOW) && self.recent.len() > 2 {
            self.recent.pop_front();
        }
    }

    fn remaining(&self, elapsed: f64) -> Option<Duration> {
        let (since, before) = *self.recent.front()?;
        let rate = (self.fraction - before) / (elapsed - since);
        Duration::try_from_secs_f64((1.0 - self.fraction) / rate).ok()
    }
}

/// Returns about how long one core of today takes to encode a megapixel, between that of a plot and that of noise.
fn seconds_per_megapixel(preset: Preset) -> f64 {
    match preset {
        Preset::Ultrafast => 0.004,
        Preset::Superfast => 0.01,
        Preset::Veryfast => 0.02,
        Preset::Faster => 0.035,
        Preset::Fast => 0.05,
        Preset::Medium => 0.06,
        Preset::Slow => 0.15,
        Preset::Slower => 0.3,
        Preset::Veryslow => 0.6,
        Preset::Placebo => 1.5,
    }
}
