//! `Workers` and `AnimationSource`: the threads that draw and encode, their panics, and progress reports. They are a
//! thin layer around the [`Scheduler`].

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::scheduler::{Feed, Scheduler, Task};
use super::{Animation, FrameInfo};
use crate::color::Converter;
use crate::planes::Planes;
use crate::progress::Progress;
use crate::segment::{Batch, Claim, PacketBuffer, SegmentEncoder, SegmentFolder, SegmentPlan, splice};
use crate::settings::Settings;
use crate::{Error, Result};

/// The minimum time between two progress reports, and the maximum time that packets wait to be muxed.
const INTERVAL: Duration = Duration::from_millis(100);

/// The number of bytes of packets for which the muxing loop is woken before their segment is complete.
const MIN_BATCH: usize = 1 << 20;

/// How long a run that has nothing else to do waits for segments that other processes make.
const PATIENCE: Duration = Duration::from_secs(60);

/// The workers of an animation, and what they share with the muxing loop.
pub(super) struct Workers<'w, 'a> {
    animation: &'w Animation<'a>,
    plan: &'w SegmentPlan,
    /// Where finished segments are stored, if they are.
    folder: Option<&'w SegmentFolder>,
    scheduler: Mutex<Scheduler<SegmentEncoder, Planes>>,
    /// The encoder of the first segment, which was opened before the workers were started.
    first: Mutex<Option<SegmentEncoder>>,
    /// Signals workers that there may be something to do.
    work_changed: Condvar,
    /// Signals the muxing loop that there are packets.
    packets_changed: Condvar,
    /// Why the work has stopped: an error, or the payload of a panic of the user's closure.
    failure: Mutex<Option<thread::Result<Error>>>,
}

impl<'w, 'a> Workers<'w, 'a> {
    /// Makes some of the segments, and delivers their packets in order on the caller's thread. `first` is the encoder of
    /// the first of them.
    ///
    /// # Errors
    /// The error, or the payload of a panic, that stopped the work.
    pub fn run(
        animation: &'w Animation<'a>,
        segments: Range<u64>,
        first: SegmentEncoder,
        folder: Option<&'w SegmentFolder>,
        progress: &mut Progress,
        deliver: &mut dyn FnMut(PacketBuffer) -> Result<()>,
    ) -> Result<(), thread::Result<Error>> {
        let movie = first.header().clone();
        let kept = folder.map(|folder| folder.kept().collect());
        let scheduler = Scheduler::new(movie.plan.clone(), segments.clone(), animation.workers, kept);
        (progress.kept, _) = scheduler.progress();
        let workers = Workers {
            animation,
            plan: &movie.plan,
            folder,
            scheduler: Mutex::new(scheduler),
            first: Mutex::new(Some(first)),
            work_changed: Condvar::new(),
            packets_changed: Condvar::new(),
            failure: Mutex::new(None),
        };
        let begin = Instant::now();
        let mut source = AnimationSource { workers: &workers, progress, begin, reported: begin, idle: None };
        let spliced = thread::scope(|scope| {
            let _stop = StopOnDrop(&workers);
            for worker in 0..animation.workers {
                let name = format!("kinetograph worker {worker}");
                let spawned = thread::Builder::new().name(name).spawn_scoped(scope, || workers.work());
                spawned.map_err(Error::io("starting a worker"))?;
            }
            splice(&movie, segments, &mut |index| source.next(index), deliver)
        });
        let failure = lock(&workers.failure).take();
        failure.map_or_else(|| spliced.map_err(Ok), Err)
    }

    /// Runs one worker to its end.
    fn work(&self) {
        let failure = match catch_unwind(AssertUnwindSafe(|| self.try_work())) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => Ok(error),
            Err(panic) => Err(panic),
        };
        lock(&self.failure).get_or_insert(failure);
        self.stop();
    }

    fn try_work(&self) -> Result<()> {
        let Animation { settings, source, layer, .. } = self.animation;
        let Settings { width, height, color_space, chroma, bit_depth, background, frame_rate, .. } = *settings;
        let mut make_frame = source.worker(settings, layer.as_ref());
        let converter = Converter::new(color_space, chroma, bit_depth, background);
        let mut own = None;
        loop {
            match self.next_task(&mut own) {
                Task::Open(segment) if !self.claim(segment)? => {}
                Task::Open(segment) => {
                    let opened_before = lock(&self.first).take_if(|encoder| encoder.header().index == segment);
                    let encoder = match opened_before {
                        Some(encoder) => encoder,
                        None => SegmentEncoder::open(settings, self.plan, segment)?,
                    };
                    let mut scheduler = lock(&self.scheduler);
                    scheduler.opened(encoder.header().clone(), encoder);
                    self.work_changed.notify_all();
                    self.encode(scheduler, segment)?;
                }
                Task::Draw { segment, frame, picture } => {
                    let mut planes = picture.unwrap_or_else(|| Planes::new(width, height, chroma, bit_depth));
                    let info = FrameInfo::new(frame, self.plan.frames, frame_rate);
                    make_frame(info, &mut |pixels| {
                        pixels.check_size(frame, (width, height))?;
                        converter.convert(&pixels, &mut planes)
                    })?;
                    let mut scheduler = lock(&self.scheduler);
                    scheduler.drawn(segment, frame, planes);
                    self.encode(scheduler, segment)?;
                }
                Task::Wait | Task::End => return Ok(()),
            }
        }
    }

    /// Waits for something to do.
    fn next_task(&self, own: &mut Option<u64>) -> Task<Planes> {
        let mut scheduler = lock(&self.scheduler);
        loop {
            let task = scheduler.next_task(own);
            if scheduler.ready().1 {
                // Segments that were kept are complete as soon as they are opened.
                self.packets_changed.notify_one();
            }
            if !matches!(task, Task::Wait) {
                return task;
            }
            scheduler = self.work_changed.wait(scheduler).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Returns whether this run makes a segment. Otherwise another process makes it or has made it.
    fn claim(&self, segment: u64) -> Result<bool> {
        let Some(folder) = self.folder else { return Ok(true) };
        let claim = folder.claim(segment)?;
        let mut scheduler = lock(&self.scheduler);
        match claim {
            Claim::Own => return Ok(true),
            Claim::Other => scheduler.leave(segment),
            Claim::Finished => scheduler.keep(segment),
        }
        self.packets_changed.notify_one();
        Ok(false)
    }

    /// Passes the pictures that are ready to a segment's encoder, unless another worker does that.
    fn encode<'s>(
        &'s self,
        mut scheduler: MutexGuard<'s, Scheduler<SegmentEncoder, Planes>>,
        segment: u64,
    ) -> Result<()> {
        let mut driven = None;
        loop {
            match scheduler.feed(segment, driven.take()) {
                Feed::Picture(mut encoder, planes) => {
                    drop(scheduler);
                    let packets = encoder.encode(&planes)?;
                    scheduler = lock(&self.scheduler);
                    scheduler.encoded(planes);
                    self.work_changed.notify_one();
                    self.add_packets(&mut scheduler, segment, packets);
                    driven = Some(encoder);
                }
                Feed::Flush(encoder) => {
                    drop(scheduler);
                    return self.finish(segment, encoder);
                }
                Feed::Wait => return Ok(()),
            }
        }
    }

    fn finish(&self, segment: u64, mut encoder: SegmentEncoder) -> Result<()> {
        while let Some(packets) = encoder.flush()? {
            let mut scheduler = lock(&self.scheduler);
            if scheduler.is_stopped() {
                return Ok(());
            }
            self.add_packets(&mut scheduler, segment, packets);
        }
        if let Some(folder) = self.folder {
            let packets = std::mem::take(lock(&self.scheduler).packets(segment));
            folder.store(encoder.header(), &packets)?;
        }
        // Closing an encoder takes time, and its memory must not outlive the segment.
        drop(encoder);
        lock(&self.scheduler).finish(segment);
        self.packets_changed.notify_one();
        self.work_changed.notify_all();
        Ok(())
    }

    fn add_packets(&self, scheduler: &mut Scheduler<SegmentEncoder, Planes>, segment: u64, packets: &PacketBuffer) {
        scheduler.add_packets(segment, packets);
        if scheduler.ready().0 >= MIN_BATCH {
            self.packets_changed.notify_one();
        }
    }

    fn stop(&self) {
        lock(&self.scheduler).stop();
        self.work_changed.notify_all();
        self.packets_changed.notify_all();
    }
}

/// The segments of an animation in order: from the folder of an earlier run, or from the workers. Reports progress while
/// it waits.
struct AnimationSource<'s, 'a> {
    workers: &'s Workers<'s, 'a>,
    progress: &'s mut Progress,
    begin: Instant,
    reported: Instant,
    /// Since when nothing is left to do but what other processes do.
    idle: Option<Instant>,
}

impl AnimationSource<'_, '_> {
    /// Waits for the next packets of a segment.
    fn next(&mut self, index: u64) -> Result<Batch> {
        loop {
            // Wakes the workers that wait for the turn to pass.
            self.workers.work_changed.notify_all();
            let batch = self.wait(index)?;
            self.report()?;
            if let Some(batch) = batch {
                self.progress.written += batch.packets.len();
                self.progress.bytes += batch.packets.data.len() as u64;
                return Ok(batch);
            }
        }
    }

    /// Waits for packets of the segment whose turn it is, at most until the next progress report is due.
    fn wait(&mut self, index: u64) -> Result<Option<Batch>> {
        let Workers { packets_changed, folder, .. } = self.workers;
        let mut scheduler = lock(&self.workers.scheduler);
        scheduler.advance_to(index);
        // A segment that is to be stored is stored whole before it is muxed.
        let is_stored = folder.is_some();
        while !scheduler.is_stopped() {
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
        (self.progress.drawn, self.progress.encoded) = scheduler.progress();
        let Some(folder) = folder else { return Ok(scheduler.take_packets()) };
        self.progress.kept = scheduler.kept_frames();
        let (is_done, is_idle, elsewhere) = (scheduler.ready().1, scheduler.is_idle(), scheduler.elsewhere().clone());
        drop(scheduler);
        folder.beat();
        self.look_at(folder, elsewhere, is_idle);
        let segment = if is_done { folder.read(index)? } else { return Ok(None) };
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

    fn report(&mut self) -> Result<()> {
        if self.reported.elapsed() < INTERVAL {
            return Ok(());
        }
        self.reported = Instant::now();
        self.progress.elapsed = self.begin.elapsed();
        let mut on_progress = lock(&self.workers.animation.on_progress);
        if on_progress(self.progress).is_break() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the mutexes hold is consistent whenever they are free: nothing that can panic runs half-way under them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// However the muxing loop ends, the workers must end.
struct StopOnDrop<'s, 'a>(&'s Workers<'s, 'a>);

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
