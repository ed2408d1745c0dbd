//! `Workers`: the threads that draw and encode, and their panics. They are a thin layer around the [`Scheduler`].

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::lock::lock;
use super::sample::Sample;
use super::scheduler::{Feed, KnownFrames, Scheduler, Task};
use super::{Animation, FrameInfo};
use crate::planes::Planes;
use crate::progress::estimate::{Costs, Stopwatch};
use crate::segment::{Claim, PacketBuffer, SegmentEncoder, SegmentFolder, SegmentPlan};
use crate::settings::Settings;
use crate::{Error, Result};

/// The number of bytes of packets for which the muxing loop is woken before their segment is complete.
pub(super) const MIN_BATCH: usize = 1 << 20;

/// The workers of an animation, and what they share with the muxing loop.
pub(super) struct Workers<'w, 'a> {
    pub(super) animation: &'w Animation<'a>,
    pub(super) plan: SegmentPlan,
    /// Where finished segments are stored, if they are.
    pub(super) folder: Option<&'w SegmentFolder>,
    /// What the segments are windows of, if they are.
    sample: Option<&'w Sample>,
    pub(super) scheduler: Mutex<Scheduler<SegmentEncoder, Planes>>,
    /// The encoder of the first segment, which was opened before the workers were started.
    first: Mutex<Option<SegmentEncoder>>,
    /// See [`Costs`].
    drawing: Stopwatch,
    taking: Stopwatch,
    encoding: Stopwatch,
    /// Signals workers that there may be something to do.
    pub(super) work_changed: Condvar,
    /// Signals the muxing loop that there are packets.
    pub(super) packets_changed: Condvar,
    /// Why the work has stopped: an error, or the payload of a panic of the user's closure.
    failure: Mutex<Option<thread::Result<Error>>>,
}

impl<'w, 'a> Workers<'w, 'a> {
    /// Starts workers that make some of the segments, and calls `consume` on the caller's thread. When it returns, the
    /// workers end. `first` is the encoder of the first of the segments.
    ///
    /// # Errors
    /// The error, or the payload of a panic, that stopped the work.
    pub fn run(
        animation: &'w Animation<'a>,
        segments: Range<u64>,
        first: SegmentEncoder,
        folder: Option<&'w SegmentFolder>,
        sample: Option<&'w Sample>,
        consume: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<(), thread::Result<Error>> {
        let plan = first.header().plan.clone();
        let kept = folder.map(|folder| folder.kept().collect());
        let known = match animation.states {
            Some(_) => KnownFrames::from_states(animation.states_per_worker * animation.workers),
            None => KnownFrames::all(plan.frames),
        };
        let workers = Workers {
            animation,
            folder,
            sample,
            scheduler: Mutex::new(Scheduler::new(plan.clone(), segments, known, animation.workers, kept)),
            plan,
            first: Mutex::new(Some(first)),
            drawing: Stopwatch::default(),
            taking: Stopwatch::default(),
            encoding: Stopwatch::default(),
            work_changed: Condvar::new(),
            packets_changed: Condvar::new(),
            failure: Mutex::new(None),
        };
        let consumed = thread::scope(|scope| {
            let _stop = StopOnDrop(&workers);
            for worker in 0..animation.workers {
                let name = format!("kinetograph worker {worker}");
                let spawned = thread::Builder::new().name(name).spawn_scoped(scope, || workers.work());
                spawned.map_err(Error::io("starting a worker"))?;
            }
            consume(&workers)
        });
        let failure = lock(&workers.failure).take();
        failure.map_or_else(|| consumed.map_err(Ok), Err)
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
        let Settings { width, height, chroma, bit_depth, frame_rate, .. } = *settings;
        let mut make_frame = source.worker(settings, layer.as_ref());
        let expected = self.animation.expected_frames().unwrap_or(0);
        let mut own = None;
        loop {
            match self.next_task(&mut own) {
                Task::Open(segment) if !self.claim(segment)? => {}
                Task::Open(segment) => {
                    let opened_before = lock(&self.first).take_if(|encoder| encoder.header().index == segment);
                    let encoder = match opened_before {
                        Some(encoder) => encoder,
                        None => SegmentEncoder::open(settings, &self.plan, segment)?,
                    };
                    let mut scheduler = lock(&self.scheduler);
                    scheduler.opened(encoder.header().clone(), encoder);
                    self.encode(scheduler, segment)?;
                }
                Task::Compute { frame, is_encoded } => self.compute(frame, is_encoded)?,
                Task::Draw { frame, picture } => {
                    let mut planes = picture.unwrap_or_else(|| Planes::new(width, height, chroma, bit_depth));
                    let shown = self.sample.map_or(frame, |sample| sample.frame(frame));
                    let begin = Instant::now();
                    make_frame(FrameInfo::new(shown, expected, frame_rate), &mut planes)?;
                    self.drawing.add(begin);
                    let mut scheduler = lock(&self.scheduler);
                    if let Some(segment) = scheduler.drawn(frame, planes) {
                        self.encode(scheduler, segment)?;
                    }
                }
                Task::Wait | Task::End => return Ok(()),
            }
        }
    }

    /// Computes the state of a frame.
    fn compute(&self, frame: u64, is_encoded: bool) -> Result<()> {
        let begin = Instant::now();
        let is_computed = match &self.animation.states {
            Some(states) => states.compute(frame, is_encoded)?,
            None => false,
        };
        self.drawing.add(begin);
        let mut scheduler = lock(&self.scheduler);
        if is_computed {
            scheduler.computed(is_encoded);
        } else {
            scheduler.end()?;
            // An empty movie has no packets.
            self.packets_changed.notify_one();
        }
        // The frame may have made it certain that the segment before has all frames, or that it has more.
        match scheduler.undriven() {
            Some(segment) => self.encode(scheduler, segment),
            None => Ok(()),
        }
    }

    /// Waits for something to do.
    fn next_task(&self, own: &mut Option<u64>) -> Task<Planes> {
        let mut scheduler = lock(&self.scheduler);
        loop {
            let task = scheduler.next_task(own);
            if scheduler.ready().1 {
                // Segments that were kept are complete from the start.
                self.packets_changed.notify_one();
            }
            if !matches!(task, Task::Wait) {
                self.wake(&scheduler);
                return task;
            }
            scheduler.waiting += 1;
            scheduler = self.work_changed.wait(scheduler).unwrap_or_else(PoisonError::into_inner);
            scheduler.waiting -= 1;
        }
    }

    /// Wakes one worker if there is something to do. It wakes the next one if there is more.
    ///
    /// A worker that has changed the scheduler's state calls this, unless it is about to ask for a task.
    fn wake(&self, scheduler: &Scheduler<SegmentEncoder, Planes>) {
        if scheduler.should_wake() {
            self.work_changed.notify_one();
        }
    }

    /// Returns whether this run makes a segment. Otherwise another process makes it or has made it.
    fn claim(&self, segment: u64) -> Result<bool> {
        // States come in order. A run cannot pass over a segment, and does not wait for that of another.
        let Some(folder) = self.folder.filter(|_| self.animation.states.is_none()) else { return Ok(true) };
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
                    self.wake(&scheduler);
                    drop(scheduler);
                    let begin = Instant::now();
                    let packets = encoder.encode(&planes)?;
                    if packets.is_empty() { &self.taking } else { &self.encoding }.add(begin);
                    scheduler = lock(&self.scheduler);
                    scheduler.encoded(planes);
                    self.add_packets(&mut scheduler, segment, packets);
                    driven = Some(encoder);
                }
                Feed::Flush(encoder) => {
                    self.wake(&scheduler);
                    drop(scheduler);
                    return self.finish(segment, encoder);
                }
                Feed::Wait => return Ok(()),
            }
        }
    }

    fn finish(&self, segment: u64, mut encoder: SegmentEncoder) -> Result<()> {
        let mut begin = Instant::now();
        while let Some(packets) = encoder.flush()? {
            self.encoding.add(begin);
            begin = Instant::now();
            let mut scheduler = lock(&self.scheduler);
            if scheduler.is_stopped() {
                return Ok(());
            }
            self.add_packets(&mut scheduler, segment, packets);
        }
        // A segment of another length is the last one. It depends on the number of frames, which may differ next time.
        let is_as_planned = lock(&self.scheduler).is_as_planned(segment);
        if let Some(folder) = self.folder.filter(|_| is_as_planned) {
            let packets = std::mem::take(lock(&self.scheduler).packets(segment));
            folder.store(encoder.header(), &packets)?;
            if self.animation.states.is_some() {
                *lock(&self.scheduler).packets(segment) = packets;
            }
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

    /// Returns the time that the workers have spent so far.
    pub fn costs(&self) -> Costs {
        Costs { drawing: self.drawing.total(), taking: self.taking.total(), encoding: self.encoding.total() }
    }

    fn stop(&self) {
        lock(&self.scheduler).stop();
        self.work_changed.notify_all();
        self.packets_changed.notify_all();
    }
}

/// However the muxing loop ends, the workers must end.
struct StopOnDrop<'s, 'a>(&'s Workers<'s, 'a>);

impl Drop for StopOnDrop<'_, '_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
