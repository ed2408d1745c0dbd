//! `Stages`: the progress of a movie that is made more than once, as that of the whole work.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::lock::lock;
use crate::progress::{OnProgress, Phase, Progress};

/// The fraction of the remaining work that a try is taken to be, because another one may follow.
const SHARE: f64 = 0.6;

/// The samples and tries of a movie, one after another.
#[derive(Clone)]
pub(super) struct Stages(Arc<Mutex<Stage>>);

struct Stage {
    begin: Instant,
    /// The number of the try, or 0 for the samples.
    attempt: u32,
    /// The fraction of the whole work when it began.
    before: f64,
    /// The fraction of the whole work that it is.
    share: f64,
    /// The fraction that was reported last.
    fraction: f64,
}

impl Stages {
    /// Begins with the samples.
    pub fn new(begin: Instant) -> Self {
        Self(Arc::new(Mutex::new(Stage { begin, attempt: 0, before: 0.0, share: 0.0, fraction: 0.0 })))
    }

    /// Begins a sample or a try. `work` is its size, as a multiple of the movie's.
    pub fn next(&self, is_try: bool, work: f64) {
        let stage = &mut *lock(&self.0);
        stage.attempt += u32::from(is_try);
        stage.before = stage.fraction;
        stage.share = (1.0 - stage.before) * SHARE * work.min(1.0);
    }

    /// Returns a closure that passes the progress of each stage on, as progress of the whole work.
    pub fn report_to<'a>(&self, mut on_progress: Box<OnProgress<'a>>) -> Box<OnProgress<'a>> {
        let stages = self.clone();
        Box::new(move |progress| match progress.phase {
            Phase::Encoding => on_progress(&lock(&stages.0).of_whole(progress)),
            _ => on_progress(progress),
        })
    }
}

impl Stage {
    fn of_whole(&mut self, progress: &Progress) -> Progress {
        let mut progress = progress.clone();
        self.fraction = self.fraction.max(self.before + self.share * progress.fraction.unwrap_or(0.0));
        progress.phase = Phase::Searching { attempt: self.attempt };
        progress.elapsed = self.begin.elapsed();
        progress.fraction = Some(self.fraction);
        // How many tries follow is not known.
        progress.remaining = None;
        progress
    }
}
