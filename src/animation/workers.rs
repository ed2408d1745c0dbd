//! The threads of an animation: a thin layer around the [`Scheduler`].

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tiny_skia::Pixmap;

use super::frame_source::FrameSource;
use super::scheduler::{Feed, Scheduler, Task};
use super::{FrameInfo, OnProgress};
use crate::color::Converter;
use crate::planes::Planes;
use crate::progress::Progress;
use crate::segment::{Batch, PacketBuffer, SegmentEncoder, SegmentFolder, SegmentPlan, SegmentSource};
use crate::settings::Settings;
use crate::{Error, Result};

/// The shortest time between two reports of progress, and the longest time that packets wait to be muxed.
const INTERVAL: Duration = Duration::from_millis(100);

/// Bytes of packets that are worth waking the muxing loop before their segment is done.
const MIN_BATCH: usize = 1 << 20;

/// What the workers need to make segments.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub settings: &'a Settings,
    pub plan: &'a SegmentPlan,
    pub source: &'a dyn FrameSource,
    /// What the canvas shows before a frame is drawn; the background colour if there is none.
    pub layer: Option<&'a Pixmap>,
    /// Where finished segments are stored, if they are.
    pub folder: Option<&'a SegmentFolder>,
}

/// Workers that make segments, for as long as they are in scope.
pub(super) struct Workers<'a> {
    work: Work<'a>,
    scheduler: Mutex<Scheduler<SegmentEncoder, Planes>>,
    /// The encoder of the first segment, which was opened before the workers were started.
    first: Mutex<Option<SegmentEncoder>>,
    /// Signals workers that there may be something to do.
    work_changed: Condvar,
    /// Signals the muxing loop that there are packets.
    packets_changed: Condvar,
    failure: Mutex<Option<Failure>>,
}

/// Why the work has stopped.
pub(super) enum Failure {
    Error(Error),
    /// A panic of the user's closure.
    Panic(Box<dyn Any + Send>),
}

impl Failure {
    /// Returns the error; a panic continues.
    pub fn into_error(self) -> Error {
        match self {
            Self::Error(error) => error,
            Self::Panic(panic) => resume_unwind(panic),
        }
    }
}

impl<'a> Workers<'a> {
    pub fn new(work: Work<'a>, scheduler: Scheduler<SegmentEncoder, Planes>, first: SegmentEncoder) -> Self {
        Self {
            work,
            scheduler: Mutex::new(scheduler),
            first: Mutex::new(Some(first)),
            work_changed: Condvar::new(),
            packets_changed: Condvar::new(),
            failure: Mutex::new(None),
        }
    }

    /// Runs `count` workers while `consume` takes their packets, on the caller's thread.
    pub fn run<T>(&self, count: usize, consume: impl FnOnce() -> Result<T>) -> Result<T, Failure> {
        let consumed = thread::scope(|scope| {
            let _stop = StopOnDrop(self);
            for worker in 0..count {
                let name = format!("kinetograph worker {worker}");
                let spawned = thread::Builder::new().name(name).spawn_scoped(scope, || self.work());
                spawned.map_err(Error::io("starting a worker"))?;
            }
            consume()
        });
        match lock(&self.failure).take() {
            Some(failure) => Err(failure),
            None => consumed.map_err(Failure::Error),
        }
    }

    /// Runs one worker to its end.
    fn work(&self) {
        let failure = match catch_unwind(AssertUnwindSafe(|| self.try_work())) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => Failure::Error(error),
            Err(panic) => Failure::Panic(panic),
        };
        lock(&self.failure).get_or_insert(failure);
        self.stop();
    }

    fn try_work(&self) -> Result<()> {
        let Work { settings, plan, source, layer, .. } = self.work;
        let Settings { width, height, color_space, chroma, bit_depth, background, frame_rate, .. } = *settings;
        let mut frames = source.worker(settings, layer);
        let converter = Converter::new(color_space, chroma, bit_depth, background);
        let mut own = None;
        loop {
            match self.next_task(&mut own) {
                Task::Open(segment) => {
                    let opened_before = lock(&self.first).take_if(|encoder| encoder.header().index == segment);
                    let encoder = match opened_before {
                        Some(encoder) => encoder,
                        None => SegmentEncoder::open(settings, plan, segment)?,
                    };
                    let mut scheduler = lock(&self.scheduler);
                    scheduler.opened(encoder.header().clone(), encoder);
                    self.encode(scheduler, segment)?;
                }
                Task::Draw { segment, frame, picture } => {
                    let mut planes = picture.unwrap_or_else(|| Planes::new(width, height, chroma, bit_depth));
                    let info = FrameInfo::new(frame, plan.frames, frame_rate);
                    frames.frame(info, &mut |pixels| {
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
                // Segments that were kept are done as soon as they are opened.
                self.packets_changed.notify_one();
            }
            if !matches!(task, Task::Wait) {
                return task;
            }
            scheduler = self.work_changed.wait(scheduler).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives a segment's encoder the pictures that are ready, unless another worker does.
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
        if let Some(folder) = self.work.folder {
            let packets = std::mem::take(lock(&self.scheduler).packets(segment));
            folder.store(encoder.header(), &packets)?;
            *lock(&self.scheduler).packets(segment) = packets;
        }
        // Closing an encoder takes time, and its memory must not outlive the segment.
        drop(encoder);
        lock(&self.scheduler).finish(segment);
        self.packets_changed.notify_one();
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
pub(super) struct AnimationSource<'s> {
    workers: &'s Workers<'s>,
    progress: &'s mut Progress,
    on_progress: &'s mut OnProgress<'s>,
    begin: Instant,
    reported: Instant,
}

impl<'s> AnimationSource<'s> {
    pub fn new(workers: &'s Workers<'s>, progress: &'s mut Progress, on_progress: &'s mut OnProgress<'s>) -> Self {
        let begin = Instant::now();
        Self { workers, progress, on_progress, begin, reported: begin }
    }

    /// Waits for packets of the segment whose turn it is, at most until progress is to be reported.
    fn wait(&mut self, index: u64) -> Result<Option<Batch>> {
        let Workers { scheduler, packets_changed, work, .. } = self.workers;
        let mut scheduler = lock(scheduler);
        scheduler.advance_to(index);
        // A segment that is to be stored is stored whole before it is muxed.
        let is_stored = work.folder.is_some();
        while !scheduler.is_stopped() {
            let (bytes, is_done) = scheduler.ready();
            let left = INTERVAL.saturating_sub(self.reported.elapsed());
            if is_done || (bytes >= MIN_BATCH && !is_stored) || left.is_zero() {
                break;
            }
            scheduler = packets_changed.wait_timeout(scheduler, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if scheduler.is_stopped() {
            // A worker has failed; its failure takes the place of this error.
            return Err(Error::Cancelled);
        }
        (self.progress.drawn, self.progress.encoded) = scheduler.progress();
        Ok(if scheduler.ready().1 || !is_stored { scheduler.take_packets() } else { None })
    }

    fn report(&mut self) -> Result<()> {
        if self.reported.elapsed() < INTERVAL {
            return Ok(());
        }
        self.reported = Instant::now();
        self.progress.elapsed = self.begin.elapsed();
        if (self.on_progress)(self.progress).is_break() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

impl SegmentSource for AnimationSource<'_> {
    fn next(&mut self, index: u64) -> Result<Batch> {
        loop {
            // Wakes the workers that wait for the turn to pass.
            self.workers.work_changed.notify_all();
            let batch = match self.workers.work.folder.and_then(|folder| folder.read(index)) {
                Some(segment) => Some(segment?.into()),
                None => self.wait(index)?,
            };
            self.report()?;
            if let Some(batch) = batch {
                self.progress.written += batch.packets.len();
                self.progress.bytes += batch.packets.data.len() as u64;
                return Ok(batch);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the mutexes hold is consistent whenever they are free: nothing that can panic runs half-way under them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// However the muxing loop ends, the workers must end.
struct StopOnDrop<'w>(&'w Workers<'w>);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
