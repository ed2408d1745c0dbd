//! `Reporter`: measures the progress of a `Movie`, and calls the user's closure.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use crate::pipeline::Pipeline;
use crate::progress::estimate::{Costs, Estimator};
use crate::progress::{INTERVAL, OnProgress, Progress};
use crate::settings::Settings;
use crate::{Error, Result};

/// What a movie knows about its progress, besides the counts of its pipeline.
pub(super) struct Reporter {
    created: Instant,
    expected_frames: u64,
    /// When the last frame was pushed, if the movie is being finished.
    pushed_all: Option<Duration>,
    /// Changed by `Movie::progress`, which does not change the movie.
    estimator: Mutex<Estimator>,
    /// In a mutex, so that a movie is `Sync`.
    on_progress: Mutex<Option<Box<OnProgress<'static>>>>,
    reported: Instant,
}

impl Reporter {
    pub fn new(settings: &Settings, created: Instant) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        // x264 starts 1.5 threads a core.
        let threads = settings.threads.map_or(cores + cores.div_ceil(2), |threads| threads as usize);
        Self {
            created,
            expected_frames: settings.container.expected_frames.unwrap_or(0),
            pushed_all: None,
            estimator: Mutex::new(Estimator::new(settings, threads, cores)),
            on_progress: Mutex::new(None),
            reported: created,
        }
    }

    pub fn set_closure(&mut self, closure: Box<OnProgress<'static>>) {
        self.on_progress = Mutex::new(Some(closure));
    }

    /// Returns whether there is a closure to call.
    pub fn has_closure(&mut self) -> bool {
        self.on_progress.get_mut().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Returns the progress after `pushed` frames.
    pub fn progress<Output>(&self, pushed: u64, pipeline: &Pipeline<Output>) -> Progress {
        let done = pipeline.done();
        let encoded = done.frames.load(Relaxed);
        let mut progress = Progress::new(if pushed > self.expected_frames { 0 } else { self.expected_frames }, 0);
        if self.pushed_all.is_some() {
            progress.frames = pushed;
        }
        (progress.drawn, progress.encoded, progress.written) = (pushed, encoded, encoded);
        (progress.bytes, progress.elapsed) = (done.bytes.load(Relaxed), self.created.elapsed());
        let costs = Costs {
            drawing: self.pushed_all.unwrap_or(progress.elapsed).saturating_sub(pipeline.waited()),
            taking: done.taking.total(),
            encoding: done.encoding.total(),
        };
        self.estimator.lock().unwrap_or_else(PoisonError::into_inner).estimate(&mut progress, costs);
        if self.pushed_all.is_some() && encoded == pushed {
            progress.begin_finishing(progress.elapsed);
        }
        progress
    }

    /// Notes that all frames are pushed.
    pub fn end(&mut self) {
        self.pushed_all = Some(self.created.elapsed());
    }

    /// Calls the closure, if there is one and if it is time.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the closure cancels the movie.
    pub fn report<Output>(&mut self, pushed: u64, pipeline: &Pipeline<Output>) -> Result<()> {
        if !self.has_closure() || self.reported.elapsed() < INTERVAL {
            return Ok(());
        }
        self.reported = Instant::now();
        let progress = self.progress(pushed, pipeline);
        match self.call(&progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }

    /// Reports that the movie is finished.
    pub fn report_end(mut self, frames: u64, bytes: u64) {
        let mut progress = Progress::new(frames, 0);
        progress.finish(frames, self.created.elapsed());
        progress.bytes = bytes;
        // The movie is finished, so there is nothing left to cancel.
        let _ = self.call(&progress);
    }

    fn call(&mut self, progress: &Progress) -> ControlFlow<()> {
        let closure = self.on_progress.get_mut().unwrap_or_else(PoisonError::into_inner);
        closure.as_mut().map_or(ControlFlow::Continue(()), |closure| closure(progress))
    }
}
