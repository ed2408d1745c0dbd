//! `make_segments`: delivers the packets of an animation in order, on the caller's thread, and reports progress.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::PoisonError;
use std::thread;
use std::time::{Duration, Instant};

use super::Animation;
use super::lock::lock;
use super::sample::Sample;
use super::scheduler::Scheduler;
use super::workers::{MIN_BATCH, Workers};
use crate::planes::Planes;
use crate::progress::estimate::Estimator;
use crate::progress::{INTERVAL, Progress};
use crate::segment::{Batch, PacketBuffer, SegmentEncoder, SegmentFolder, splice};
use crate::{Error, Result, SegmentError};

/// How long a run that has nothing else to do waits for segments that other processes make.
const PATIENCE: Duration = Duration::from_secs(60);

/// The result of work that an error has stopped, or a panic with this payload.
pub(super) type Made<T = ()> = Result<T, thread::Result<Error>>;

/// Makes some of the segments, and delivers their packets in order on the caller's thread. `first` is the encoder of the
/// first of them. With a sample, the segments are its windows.
///
/// # Errors
/// The error, or the payload of a panic, that stopped the work.
pub(super) fn make_segments(
    animation: &Animation<'_>,
    segments: Range<u64>,
    first: SegmentEncoder,
    folder: Option<&SegmentFolder>,
    sample: Option<&Sample>,
    progress: &mut Progress,
    deliver: &mut dyn FnMut(PacketBuffer) -> Result<()>,
) -> Made {
    let movie = first.header().clone();
    Workers::run(animation, segments.clone(), first, folder, sample, |workers| {
        let mut packets = AnimationPackets::new(workers, progress);
        splice(&movie, segments, &mut |index| packets.next(index), deliver)
    })
}

/// The segments of an animation in order: from the folder of an earlier run, or from the workers. Reports progress while
/// it waits.
struct AnimationPackets<'s, 'a> {
    workers: &'s Workers<'s, 'a>,
    progress: &'s mut Progress,
    estimator: Estimator,
    begin: Instant,
    reported: Instant,
    /// Since when nothing is left to do but what other processes do.
    idle: Option<Instant>,
}

impl<'s, 'a> AnimationPackets<'s, 'a> {
    fn new(workers: &'s Workers<'s, 'a>, progress: &'s mut Progress) -> Self {
        let begin = Instant::now();
        progress.kept = lock(&workers.scheduler).kept_frames();
        let Workers { animation, plan, .. } = workers;
        let threads = animation.settings.threads.unwrap_or_else(|| plan.threads(&animation.settings));
        // Segments that are drawn from states are encoded one after another.
        let encoders = if animation.states.is_some() { 1 } else { plan.count.min(animation.workers as u64) };
        let cores = thread::available_parallelism().map_or(1, usize::from) / encoders.max(1) as usize;
        let estimator = Estimator::new(&animation.settings, threads as usize, cores);
        Self { workers, progress, estimator, begin, reported: begin, idle: None }
    }

    /// Waits for the next packets of a segment. Returns `None` if the movie has ended before that segment.
    fn next(&mut self, index: u64) -> Result<Option<Batch>> {
        loop {
            // Wakes the workers that wait for the turn to pass.
            self.workers.work_changed.notify_all();
            let batch = self.wait(index)?;
            self.report()?;
            if let Some(batch) = &batch {
                self.progress.written += batch.packets.len();
                self.progress.bytes += batch.packets.data.len() as u64;
            }
            if batch.is_some() || lock(&self.workers.scheduler).ends_before(index) {
                return Ok(batch);
            }
        }
    }

    /// Waits for packets of the segment whose turn it is, at most until the next progress report is due.
    fn wait(&mut self, index: u64) -> Result<Option<Batch>> {
        let Workers { animation, packets_changed, folder, .. } = self.workers;
        let mut scheduler = lock(&self.workers.scheduler);
        scheduler.advance_to(index);
        // A segment that is to be stored is stored whole before it is muxed.
        let is_stored = folder.is_some();
        while !scheduler.is_stopped() && !scheduler.ends_before(index) {
            let (bytes, is_done) = scheduler.ready();
            let left = INTERVAL.saturating_sub(self.reported.elapsed());
            if is_done || (bytes >= MIN_BATCH && !is_stored) || left.is_zero() {
                break;
            }
            scheduler = packets_changed.wait_timeout(scheduler, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if scheduler.is_stopped() {
            // A worker has failed. Its failure replaces this error.
            return Err(Error::Cancelled);
        }
        self.note_progress(&scheduler);
        let Some(folder) = folder else { return Ok(scheduler.take_packets()) };
        let (is_done, is_idle, elsewhere) = (scheduler.ready().1, scheduler.is_idle(), scheduler.elsewhere().clone());
        if is_done
            && animation.states.is_some()
            && let Some(batch) = scheduler.take_packets()
        {
            return Ok(Some(batch));
        }
        drop(scheduler);
        folder.beat();
        self.look_at(folder, elsewhere, is_idle);
        let segment = if is_done { folder.read(index)? } else { return Ok(None) };
        if segment.is_none() && animation.states.is_some() {
            return Err(Error::Segment { index: Some(index), path: None, problem: SegmentError::Missing });
        }
        if segment.is_none() {
            // Another run has removed it, so it is made again.
            lock(&self.workers.scheduler).retry(index);
        }
        Ok(segment.map(Batch::from))
    }

    /// Finds out which of the segments that other processes make are finished, and which this run must make itself.
    fn look_at(&mut self, folder: &SegmentFolder, elsewhere: BTreeSet<u64>, is_idle: bool) {
        self.idle = is_idle.then(|| self.idle.unwrap_or_else(Instant::now));
        let is_over = self.idle.is_some_and(|since| since.elapsed() > PATIENCE);
        for segment in elsewhere {
            if is_over {
                folder.remove_claim(segment);
            }
            if folder.is_free(segment) {
                lock(&self.workers.scheduler).retry(segment);
            }
        }
    }

    fn note_progress(&mut self, scheduler: &Scheduler<SegmentEncoder, Planes>) {
        let progress = &mut *self.progress;
        (progress.drawn, progress.encoded) = scheduler.progress();
        progress.kept = scheduler.kept_frames();
        if self.workers.animation.states.is_some() {
            // More states than the iterator promised: their number is not known after all.
            let expected = if progress.drawn > progress.frames { 0 } else { progress.frames };
            progress.frames = scheduler.frames().unwrap_or(expected);
        }
    }

    fn report(&mut self) -> Result<()> {
        if self.reported.elapsed() < INTERVAL {
            return Ok(());
        }
        self.reported = Instant::now();
        self.progress.elapsed = self.begin.elapsed();
        self.estimator.estimate(self.progress, self.workers.costs());
        let mut on_progress = lock(&self.workers.animation.on_progress);
        if on_progress(self.progress).is_break() { Err(Error::Cancelled) } else { Ok(()) }
    }
}
