//! Workers that draw, convert and encode, and the order in which their pictures are delivered.
//!
//! Each worker has a part of its own: it draws a frame of it, converts it and hands it to the part's encoder, all on one
//! thread, while the pixels are in its cache. When there is no part left to begin, it draws frames of the others' parts.
//! A frame goes to the encoder when all frames of the part before it have gone; whoever brings it there drives the
//! encoder, and goes on while further frames are ready.

use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::FrameInfo;
use super::frame_source::Pen;
use super::scheduler::{Failure, Job, State, Task};
use crate::color::Converter;
use crate::packet::Packet;
use crate::planes::Planes;
use crate::progress::Progress;
use crate::segment::plan::{PacketBuffer, SegmentEncoder};
use crate::settings::Settings;
use crate::{Error, Result};

/// The most often that progress is told, and the longest that film lies about unwritten.
const INTERVAL: Duration = Duration::from_millis(100);

/// PacketBuffer of the part whose turn it is that is worth waking the writer, in bytes.
const CHUNK: usize = 1 << 20;

/// Makes some of the parts, and delivers their packets in order; `first` is the encoder of the first of them that is not
/// in the folder.
pub(super) fn run(
    job: Job<'_>,
    parts: Range<u64>,
    first: Option<SegmentEncoder>,
    progress: &mut Progress,
    tell: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    deliver: &mut dyn FnMut(&Packet<'_>) -> Result<()>,
) -> Result<(), Failure> {
    let begin = Instant::now();
    let workers = Workers {
        job,
        state: Mutex::new(State::new(parts, first, progress.kept)),
        work: Condvar::new(),
        film: Condvar::new(),
    };
    let delivered = thread::scope(|scope| {
        let _stop = StopOnDrop(&workers);
        for worker in 0..job.workers {
            let name = format!("kinetograph worker {worker}");
            let spawned = thread::Builder::new().name(name).spawn_scoped(scope, || workers.work());
            spawned.map_err(Error::io("starting a worker"))?;
        }
        workers.write(begin, progress, tell, deliver)
    });
    match workers.lock().failure.take() {
        Some(failure) => Err(failure),
        None => Ok(delivered?),
    }
}

/// What workers and writer share.
struct Workers<'a> {
    job: Job<'a>,
    state: Mutex<State>,
    /// Told to the workers when there may be something to do for them.
    work: Condvar,
    /// Told to the writer when there is film for it.
    film: Condvar,
}

impl Workers<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent whenever the lock is free: nothing that can panic runs under it half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a worker.
    fn work(&self) {
        let mut result = Ok(());
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let Job { source, settings, layer, .. } = self.job;
            source.with_pen(settings, layer, &mut |pen| result = self.work_with(pen));
        }));
        let failure = match (worked, result) {
            (Ok(()), Ok(())) => return,
            (Ok(()), Err(error)) => Failure::Error(error),
            (Err(panic), _) => Failure::Panic(panic),
        };
        let mut state = self.lock();
        state.failure.get_or_insert(failure);
        drop(state);
        self.stop();
    }

    fn work_with(&self, pen: &mut Pen<'_>) -> Result<()> {
        let Settings { width, height, color_space, chroma, bit_depth, background, frame_rate, .. } = *self.job.settings;
        let converter = Converter::new(color_space, chroma, bit_depth, background);
        let mut mine = None;
        while let Some(task) = self.next_task(&mut mine) {
            match task {
                Task::Begin(part, encoder) => {
                    let opened = encoder.map_or_else(
                        || SegmentEncoder::open(self.job.settings, self.job.parts, part),
                        |part| Ok(*part),
                    )?;
                    let mut state = self.lock();
                    state.slot(part).encoder = Some(opened);
                    self.encode(state, part)?;
                }
                Task::Draw(part, frame, planes) => {
                    let mut planes = planes.unwrap_or_else(|| Planes::new(width, height, chroma, bit_depth));
                    pen(FrameInfo::new(frame, self.job.parts.frames(), frame_rate), &mut |pixels| {
                        pixels.check_size(frame, (width, height))?;
                        converter.convert(&pixels, &mut planes)
                    })?;
                    let mut state = self.lock();
                    state.drawn += 1;
                    let slot = state.slot(part);
                    let place = (frame - slot.unencoded) as usize;
                    slot.pictures[place] = Some(planes);
                    self.encode(state, part)?;
                }
            }
        }
        Ok(())
    }

    /// Waits for something to do; `None` when there will be nothing more.
    fn next_task(&self, mine: &mut Option<u64>) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let task = state.task(&self.job, mine);
            if state.slots.front().is_some_and(|slot| slot.done) {
                // SegmentPlan that were kept are done as soon as they are begun.
                self.film.notify_one();
            }
            if task.is_some() {
                return task;
            }
            if state.is_drawn() {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives a part's encoder the pictures that are ready, unless another worker does.
    fn encode<'s>(&'s self, mut state: MutexGuard<'s, State>, part: u64) -> Result<()> {
        let Some(mut encoder) = state.slot(part).encoder.take() else { return Ok(()) };
        while !state.stopped {
            if let Some(planes) = state.slot(part).take_picture() {
                drop(state);
                let film = encoder.encode(&planes)?;
                state = self.lock();
                state.free.push(planes);
                state.lent -= 1;
                state.encoded += 1;
                self.work.notify_one();
                self.keep(&mut state, part, film);
                continue;
            }
            let slot = state.slot(part);
            if slot.unencoded < slot.frames.end {
                slot.encoder = Some(encoder);
                return Ok(());
            }
            drop(state);
            match encoder.flush()? {
                Some(film) => {
                    state = self.lock();
                    self.keep(&mut state, part, film);
                }
                None => return self.finish(part, encoder),
            }
        }
        Ok(())
    }

    fn keep(&self, state: &mut State, part: u64, encoded: &PacketBuffer) {
        let film = &mut state.slot(part).film;
        film.append(encoded);
        if film.data.len() >= CHUNK && part == state.turn {
            self.film.notify_one();
        }
    }

    fn finish(&self, part: u64, encoder: SegmentEncoder) -> Result<()> {
        if let Some(folder) = self.job.folder {
            let film = std::mem::take(&mut self.lock().slot(part).film);
            folder.store(part, encoder.parameter_sets(), &film)?;
            self.lock().slot(part).film = film;
        }
        // x264 takes its time to close, and its memory should not lie about longer than the part.
        drop(encoder);
        self.lock().slot(part).done = true;
        self.film.notify_one();
        Ok(())
    }

    /// Delivers the parts in order, and tells the progress; on the caller's thread.
    fn write(
        &self,
        begin: Instant,
        progress: &mut Progress,
        tell: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
        deliver: &mut dyn FnMut(&Packet<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut told = begin;
        loop {
            let mut state = self.lock();
            while !state.stopped && state.turn < state.end && !self.has_film(&state) {
                let left = INTERVAL.saturating_sub(told.elapsed());
                if left.is_zero() {
                    break;
                }
                state = self.film.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.stopped || state.turn == state.end {
                return Ok(());
            }
            let turn = state.turn;
            let (mut film, mut kept, mut done) = (PacketBuffer::default(), false, false);
            if let Some(slot) = state.slots.front_mut() {
                (kept, done) = (slot.kept, slot.done);
                // A part that is to be kept is kept whole.
                if done || self.job.folder.is_none() {
                    film = std::mem::take(&mut slot.film);
                }
            }
            (progress.drawn, progress.encoded) = (state.drawn, state.encoded);
            drop(state);
            if let Some(folder) = self.job.folder.filter(|_| kept) {
                film = folder.film(turn)?;
            }
            for packet in film.packets() {
                deliver(&packet)?;
            }
            progress.written += film.samples.len() as u64;
            progress.bytes += film.data.len() as u64;
            if done {
                let mut state = self.lock();
                state.slots.pop_front();
                state.turn += 1;
                drop(state);
                self.work.notify_all();
            }
            if told.elapsed() >= INTERVAL {
                told = Instant::now();
                progress.elapsed = begin.elapsed();
                if tell(progress).is_break() {
                    return Err(Error::Cancelled);
                }
            }
        }
    }

    /// Whether there is film worth writing.
    fn has_film(&self, state: &State) -> bool {
        state
            .slots
            .front()
            .is_some_and(|slot| slot.done || (slot.film.data.len() >= CHUNK && self.job.folder.is_none()))
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_all();
        self.film.notify_all();
    }
}

/// However the writer ends, the workers must.
struct StopOnDrop<'a>(&'a Workers<'a>);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
