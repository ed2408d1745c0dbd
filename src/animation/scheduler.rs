//! `Scheduler`: decides which worker does what next. It is pure state, without threads, locks or waiting.
//!
//! A worker opens a segment and draws its frames. A worker that finds no segment left to open draws frames of the
//! segments that are open. A frame is passed to its segment's encoder after all frames before it. The worker that
//! passes it drives the encoder for as long as the next frames are ready.
//!
//! Frames that are drawn from states become known in order. Any worker draws the next of them, and the segments that
//! are open follow one another. The frames at the beginning of a segment wait undivided for a moment: if the movie ends
//! with them, they join the segment before.

mod feed;
mod known;
mod output;
mod slot;

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

pub(super) use self::feed::Feed;
pub(super) use self::known::KnownFrames;
use self::slot::SegmentSlot;
use crate::segment::SegmentPlan;
use crate::{Error, Result, SegmentError};

/// The number of segments in memory for each worker: one is encoded, and one waits for its turn or is stored.
const SEGMENTS_PER_WORKER: u64 = 2;

/// The number of drawn pictures that wait for an encoder, for each worker.
const PICTURES_PER_WORKER: usize = 2;

/// The minimum number of drawn pictures that wait for an encoder if they are drawn from states. All undivided pictures
/// must fit.
const MIN_PICTURES_OF_STATES: usize = SegmentPlan::MAX_REMAINDER as usize + 2;

/// The state that workers and the muxing loop share. Tests instantiate it with numbers for encoders and pictures.
pub(super) struct Scheduler<Encoder, Picture> {
    plan: SegmentPlan,
    workers: usize,
    /// Segments that need no encoding.
    kept: BTreeSet<u64>,
    /// Whether finished segments are in a folder instead of memory. Then other processes may make some of them.
    is_stored: bool,
    known: KnownFrames,
    /// The index of the segment that is being muxed.
    turn: u64,
    /// The first segment that has no slot yet.
    next: u64,
    /// The end of the segments to make.
    end: u64,
    /// The number of segments that are open or wait for a worker that opens them.
    open: u64,
    /// Segments that another process makes.
    elsewhere: BTreeSet<u64>,
    /// The segments `turn..next`.
    slots: VecDeque<SegmentSlot<Encoder, Picture>>,
    /// Pictures of the frames behind those of the slots. They belong to segment `next` if it begins.
    undivided: VecDeque<Option<Picture>>,
    /// Used pictures that can be drawn over.
    free: Vec<Picture>,
    /// Pictures that are being drawn or wait for an encoder.
    pending: usize,
    max_pending: usize,
    /// The number of frames of the segments in `kept`.
    kept_frames: u64,
    drawn: u64,
    /// The number of frames whose packets the encoders have given.
    encoded: u64,
    stopped: bool,
    /// The number of workers that wait for a task. The workers themselves count it.
    pub waiting: usize,
}

/// What a worker must do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task<Picture> {
    /// Open the encoder of a segment.
    Open(u64),
    /// Compute the state of a frame, and keep it unless the frame is already encoded.
    Compute { frame: u64, is_encoded: bool },
    /// Draw a frame, over a used picture if there is one.
    Draw { frame: u64, picture: Option<Picture> },
    /// Wait until something changes.
    Wait,
    /// End, because there will be nothing more to do.
    End,
}

/// A [`Task`] before it is taken. Slots are named by their place in the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Open(usize),
    Compute,
    Draw(usize),
    DrawUndivided,
    Wait,
    End,
}

impl<Encoder, Picture> Scheduler<Encoder, Picture> {
    /// Creates the state before anything is done. `kept` are segments that need no encoding, if segments are stored.
    pub fn new(
        plan: SegmentPlan,
        segments: Range<u64>,
        known: KnownFrames,
        workers: usize,
        kept: Option<BTreeSet<u64>>,
    ) -> Self {
        // States are computed once, so a segment stays in memory in case that its file is lost.
        let is_stored = kept.is_some() && !known.have_states();
        let kept = kept.unwrap_or_default();
        let kept_frames = kept.iter().map(|segment| plan.len(*segment)).sum();
        let min_pending = if known.have_states() { MIN_PICTURES_OF_STATES } else { 0 };
        let mut scheduler = Self {
            plan,
            workers,
            kept,
            is_stored,
            known,
            turn: segments.start,
            next: segments.start,
            end: segments.end,
            open: 0,
            elsewhere: BTreeSet::new(),
            slots: VecDeque::new(),
            undivided: VecDeque::new(),
            free: Vec::new(),
            pending: 0,
            max_pending: min_pending.max(PICTURES_PER_WORKER * workers),
            kept_frames,
            drawn: kept_frames,
            encoded: kept_frames,
            stopped: false,
            waiting: 0,
        };
        scheduler.divide();
        scheduler
    }

    /// Returns what a worker must do next. `own` is the segment that the worker opened last.
    pub fn next_task(&mut self, own: &mut Option<u64>) -> Task<Picture> {
        match self.choose(*own) {
            Choice::Open(place) => {
                self.slots[place].is_unopened = false;
                let segment = self.turn + place as u64;
                // States come in order, whoever has opened the segment.
                *own = (!self.known.have_states()).then_some(segment);
                Task::Open(segment)
            }
            Choice::Compute => {
                self.known.is_computing = true;
                let frame = self.known.count;
                // The segments of an unbounded plan have one length.
                Task::Compute { frame, is_encoded: self.kept.contains(&(frame / self.plan.len(0))) }
            }
            Choice::Draw(place) => {
                let slot = &mut self.slots[place];
                slot.pictures.push_back(None);
                slot.undrawn += 1;
                let frame = slot.undrawn - 1;
                self.draw(frame)
            }
            Choice::DrawUndivided => {
                self.undivided.push_back(None);
                self.draw(self.undivided_start() + self.undivided.len() as u64 - 1)
            }
            Choice::Wait => Task::Wait,
            Choice::End => Task::End,
        }
    }

    /// Returns whether a worker waits that has something to do.
    pub fn should_wake(&self) -> bool {
        self.waiting > 0 && self.choose(None) != Choice::Wait
    }

    fn choose(&self, own: Option<u64>) -> Choice {
        if self.stopped {
            return Choice::End;
        }
        let has_room = self.pending < self.max_pending;
        // A segment without pending pictures always gets one, so that no segment stalls.
        let can_draw = |place: usize| has_room || self.slots[place].ahead() == 0;
        let has_undrawn = |place: &usize| self.slots[*place].has_undrawn(self.known.count);
        let own =
            own.and_then(|segment| segment.checked_sub(self.turn)).map(|place| place as usize).filter(has_undrawn);
        match own {
            Some(place) if can_draw(place) => return Choice::Draw(place),
            Some(_) => {}
            None => {
                if let Some(place) = self.slots.iter().position(|slot| slot.is_unopened) {
                    return Choice::Open(place);
                }
                if self.known.can_compute() {
                    return Choice::Compute;
                }
            }
        }
        // The segment whose encoder has the fewest pictures before it needs help most.
        let undrawn = (0..self.slots.len()).filter(has_undrawn).min_by_key(|place| self.slots[*place].ahead());
        match undrawn {
            Some(place) if can_draw(place) => Choice::Draw(place),
            Some(_) => Choice::Wait,
            None if self.has_undivided() => {
                if has_room {
                    Choice::DrawUndivided
                } else {
                    Choice::Wait
                }
            }
            // A stored segment may turn out to be lost.
            None if self.is_stored => Choice::Wait,
            None if self.known.is_all && (self.next == self.end || !self.begins(self.next)) => Choice::End,
            None => Choice::Wait,
        }
    }

    fn draw(&mut self, frame: u64) -> Task<Picture> {
        self.pending += 1;
        Task::Draw { frame, picture: self.free.pop() }
    }

    /// Notes that the state of the next frame is computed, and in memory unless the frame is already encoded.
    pub fn computed(&mut self, is_encoded: bool) {
        self.known.is_computing = false;
        self.known.count += 1;
        self.known.states += usize::from(!is_encoded);
        self.divide();
    }

    /// Notes that there are no more states.
    ///
    /// # Errors
    /// [`Error::Segment`] if a segment was kept that the movie does not have, or has with another length.
    pub fn end(&mut self) -> Result<()> {
        (self.known.is_computing, self.known.is_all) = (false, true);
        for &index in &self.kept {
            let (frames, expected) = (self.plan.len(index), self.plan.len_of_known(index, self.known.count));
            if frames != expected {
                let problem = SegmentError::FrameCount { frames, expected };
                return Err(Error::Segment { index: Some(index), path: None, problem });
            }
        }
        self.divide();
        Ok(())
    }

    /// Gives the frames that are known to segments.
    fn divide(&mut self) {
        let most = SEGMENTS_PER_WORKER * self.workers as u64;
        while self.next < self.end
            && if self.is_stored { self.open < most } else { self.next < self.turn + most }
            && self.begins(self.next)
        {
            let frames = self.plan.range(self.next);
            let others = self.undivided.len().min((frames.end - frames.start) as usize);
            let others = self.undivided.split_off(others);
            let pictures = std::mem::replace(&mut self.undivided, others);
            let is_kept = self.kept.contains(&self.next);
            self.slots.push_back(SegmentSlot::new(frames, pictures, is_kept));
            self.open += u64::from(!is_kept);
            self.next += 1;
        }
        if self.known.is_all
            && !self.begins(self.next)
            && let Some(last) = self.slots.back_mut()
        {
            last.frames.end = self.known.count;
            last.undrawn += self.undivided.len() as u64;
            last.pictures.append(&mut self.undivided);
        }
    }

    /// Returns whether the movie is known to have a segment. It has all segments before one that is kept.
    fn begins(&self, segment: u64) -> bool {
        self.kept.last().is_some_and(|last| segment <= *last) || self.plan.begins(segment, self.known.count)
    }

    /// Returns whether the frames of a segment are known to end where it ends.
    fn is_closed(&self, segment: u64) -> bool {
        segment + 1 < self.next || self.known.is_all || self.begins(self.next)
    }

    fn undivided_start(&self) -> u64 {
        self.plan.range(self.next).start
    }

    /// Returns whether there are frames to draw that no segment has yet.
    fn has_undivided(&self) -> bool {
        // A segment that begins gets its slot when there is room for it. Its frames wait until then.
        let is_undivided = !self.known.is_all && !self.begins(self.next);
        let is_next = self.slots.back().is_none_or(|last| last.undrawn == last.frames.end);
        is_undivided && is_next && self.undivided_start() + (self.undivided.len() as u64) < self.known.count
    }

    /// Lets all workers end.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Returns the number of frames that are drawn, and the number that are encoded.
    pub fn progress(&self) -> (u64, u64) {
        (self.drawn, self.encoded)
    }

    /// Returns the number of frames of the movie, if it is known.
    pub fn frames(&self) -> Option<u64> {
        self.known.is_all.then_some(self.known.count)
    }

    fn slot(&mut self, segment: u64) -> &mut SegmentSlot<Encoder, Picture> {
        let index = (segment - self.turn) as usize;
        &mut self.slots[index]
    }
}

#[cfg(test)]
mod tests;
