//! `Scheduler`: decides which worker does what next. It is pure state, without threads, locks or waiting.
//!
//! A worker opens a segment and draws its frames. A worker that finds no segment left to open draws frames of the
//! segments that are open. A frame is passed to its segment's encoder after all frames before it. The worker that
//! passes it drives the encoder for as long as the next frames are ready.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::segment::{Batch, PacketBuffer, SegmentHeader, SegmentPlan};

/// The number of segments in memory for each worker: one is encoded, and one waits for its turn or is stored.
const SEGMENTS_PER_WORKER: u64 = 2;

/// The number of drawn pictures that wait for an encoder, for each worker.
const PICTURES_PER_WORKER: usize = 2;

/// The state that workers and the muxing loop share. Tests instantiate it with numbers for encoders and pictures.
pub(super) struct Scheduler<Encoder, Picture> {
    plan: SegmentPlan,
    workers: usize,
    /// Segments that need no encoding.
    kept: BTreeSet<u64>,
    /// Whether finished segments are stored in a folder. Then they are not in memory, and other processes may make some
    /// of them.
    is_stored: bool,
    /// The index of the segment that is being muxed.
    turn: u64,
    /// The first segment that is not open yet.
    next: u64,
    /// The end of the segments to make.
    end: u64,
    /// Segments before `next` that a worker must open.
    again: BTreeSet<u64>,
    /// Segments that another process makes.
    elsewhere: BTreeSet<u64>,
    /// The number of segments that are open or about to be opened.
    open: u64,
    /// The segments `turn..next`.
    slots: VecDeque<SegmentSlot<Encoder, Picture>>,
    /// Used pictures that can be drawn over.
    free: Vec<Picture>,
    /// Pictures that are being drawn or wait for an encoder.
    pending: usize,
    /// The number of frames of the segments in `kept`.
    kept_frames: u64,
    drawn: u64,
    encoded: u64,
    stopped: bool,
}

/// A segment that has been opened.
struct SegmentSlot<Encoder, Picture> {
    end: u64,
    /// The first frame that no worker draws yet.
    undrawn: u64,
    /// The first frame that the encoder does not have.
    unencoded: u64,
    /// Pictures of the frames from `unencoded` on; `None` for those that are still being drawn.
    pictures: VecDeque<Option<Picture>>,
    /// `None` until the encoder is open.
    header: Option<Arc<SegmentHeader>>,
    /// `None` until the encoder is open, and while a worker drives it.
    encoder: Option<Encoder>,
    packets: PacketBuffer,
    is_done: bool,
}

/// What a worker must do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task<Picture> {
    /// Open the encoder of a segment.
    Open(u64),
    /// Draw a frame of a segment, over a used picture if there is one.
    Draw { segment: u64, frame: u64, picture: Option<Picture> },
    /// Wait until something changes.
    Wait,
    /// End, because there will be nothing more to do.
    End,
}

/// What a worker that drives an encoder must do with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Feed<Encoder, Picture> {
    /// Encode this picture.
    Picture(Encoder, Picture),
    /// Flush the encoder, which has all frames.
    Flush(Encoder),
    /// Stop driving: the next frame is still being drawn, or another worker drives the encoder.
    Wait,
}

impl<Encoder, Picture> Scheduler<Encoder, Picture> {
    /// Creates the state before anything is done. `kept` are segments that need no encoding, if segments are stored.
    pub fn new(plan: SegmentPlan, segments: Range<u64>, workers: usize, kept: Option<BTreeSet<u64>>) -> Self {
        let (is_stored, kept) = (kept.is_some(), kept.unwrap_or_default());
        let kept_frames = kept.iter().map(|segment| plan.len(*segment)).sum();
        Self {
            plan,
            workers,
            kept,
            is_stored,
            turn: segments.start,
            next: segments.start,
            end: segments.end,
            again: BTreeSet::new(),
            elsewhere: BTreeSet::new(),
            open: 0,
            slots: VecDeque::new(),
            free: Vec::new(),
            pending: 0,
            kept_frames,
            drawn: kept_frames,
            encoded: kept_frames,
            stopped: false,
        }
    }

    /// Returns what a worker must do next. `own` is the segment that the worker opened last.
    pub fn next_task(&mut self, own: &mut Option<u64>) -> Task<Picture> {
        if self.stopped {
            return Task::End;
        }
        if let Some(segment) = own.filter(|segment| *segment >= self.turn && self.slot(*segment).has_undrawn()) {
            return self.draw(segment);
        }
        *own = self.next_to_open();
        if let Some(segment) = *own {
            return Task::Open(segment);
        }
        // The segment whose encoder has the fewest pictures before it needs help most.
        let open = self.slots.iter().enumerate().filter(|(_, slot)| slot.has_undrawn());
        match open.min_by_key(|(_, slot)| slot.undrawn - slot.unencoded) {
            Some((index, _)) => self.draw(self.turn + index as u64),
            // A stored segment may turn out to be lost.
            None if self.next == self.end && !self.is_stored => Task::End,
            None => Task::Wait,
        }
    }

    fn next_to_open(&mut self) -> Option<u64> {
        let most = SEGMENTS_PER_WORKER * self.workers as u64;
        while if self.is_stored { self.open < most } else { self.next < self.turn + most } {
            let segment = match self.again.pop_first() {
                Some(segment) => segment,
                None if self.next < self.end => {
                    self.slots.push_back(SegmentSlot::new(self.plan.range(self.next)));
                    self.next += 1;
                    self.next - 1
                }
                None => return None,
            };
            if !self.kept.contains(&segment) {
                self.open += 1;
                return Some(segment);
            }
            self.slot(segment).is_done = true;
        }
        None
    }

    fn draw(&mut self, segment: u64) -> Task<Picture> {
        let is_full = self.pending >= PICTURES_PER_WORKER * self.workers;
        let slot = self.slot(segment);
        // A segment without pending pictures always gets one, so that no segment stalls.
        if is_full && slot.undrawn > slot.unencoded {
            return Task::Wait;
        }
        let frame = slot.undrawn;
        slot.undrawn += 1;
        slot.pictures.push_back(None);
        self.pending += 1;
        Task::Draw { segment, frame, picture: self.free.pop() }
    }

    /// Stores the open encoder of a segment.
    pub fn opened(&mut self, header: Arc<SegmentHeader>, encoder: Encoder) {
        let slot = self.slot(header.index);
        (slot.header, slot.encoder) = (Some(header), Some(encoder));
    }

    /// Stores the picture of a frame.
    pub fn drawn(&mut self, segment: u64, frame: u64, picture: Picture) {
        self.drawn += 1;
        let slot = self.slot(segment);
        let place = (frame - slot.unencoded) as usize;
        slot.pictures[place] = Some(picture);
    }

    /// Takes back the encoder that the worker drives, if any, and returns what to do next.
    pub fn feed(&mut self, segment: u64, driven: Option<Encoder>) -> Feed<Encoder, Picture> {
        let stopped = self.stopped;
        let slot = self.slot(segment);
        let Some(encoder) = driven.or_else(|| slot.encoder.take()) else { return Feed::Wait };
        if stopped {
            return Feed::Wait;
        }
        match slot.pictures.front_mut().and_then(Option::take) {
            Some(picture) => {
                slot.pictures.pop_front();
                slot.unencoded += 1;
                Feed::Picture(encoder, picture)
            }
            None if slot.unencoded == slot.end => Feed::Flush(encoder),
            None => {
                slot.encoder = Some(encoder);
                Feed::Wait
            }
        }
    }

    /// Takes back a picture that the encoder has copied.
    pub fn encoded(&mut self, picture: Picture) {
        self.free.push(picture);
        self.pending -= 1;
        self.encoded += 1;
    }

    /// Adds packets of a segment.
    pub fn add_packets(&mut self, segment: u64, packets: &PacketBuffer) {
        self.slot(segment).packets.append(packets);
    }

    /// Returns the packets that a segment has so far, for a segment that is stored whole.
    pub fn packets(&mut self, segment: u64) -> &mut PacketBuffer {
        &mut self.slot(segment).packets
    }

    /// Marks a segment as complete: it has all its packets.
    pub fn finish(&mut self, segment: u64) {
        self.slot(segment).is_done = true;
        self.open -= 1;
    }

    /// Marks a segment that a worker was to open as complete: another process has stored it.
    pub fn keep(&mut self, segment: u64) {
        let frames = self.plan.len(segment);
        (self.drawn, self.encoded) = (self.drawn + frames, self.encoded + frames);
        self.kept.insert(segment);
        self.kept_frames += frames;
        self.finish(segment);
    }

    /// Leaves a segment that a worker was to open to another process.
    pub fn leave(&mut self, segment: u64) {
        self.elsewhere.insert(segment);
        self.open -= 1;
    }

    /// Returns the segments that are left to other processes.
    pub fn elsewhere(&self) -> &BTreeSet<u64> {
        &self.elsewhere
    }

    /// Lets a worker open a segment that was left to another process, or whose file was lost.
    pub fn retry(&mut self, segment: u64) {
        if !self.elsewhere.remove(&segment) {
            let frames = self.plan.len(segment);
            (self.drawn, self.encoded) = (self.drawn - frames, self.encoded - frames);
            if self.kept.remove(&segment) {
                self.kept_frames -= frames;
            }
            *self.slot(segment) = SegmentSlot::new(self.plan.range(segment));
        }
        self.again.insert(segment);
    }

    /// Returns whether nothing is left but what other processes make.
    pub fn is_idle(&self) -> bool {
        self.open == 0 && self.next == self.end && self.again.is_empty()
    }

    /// Returns the number of frames of the segments that this run does not make.
    pub fn kept_frames(&self) -> u64 {
        self.kept_frames
    }

    /// Advances to segment `index`. All segments before it are muxed.
    pub fn advance_to(&mut self, index: u64) {
        while self.turn < index {
            self.turn += 1;
            self.slots.pop_front();
        }
    }

    /// Returns how many bytes the segment that is being muxed has ready, and whether it is complete.
    pub fn ready(&self) -> (usize, bool) {
        self.slots.front().map_or((0, false), |slot| (slot.packets.data.len(), slot.is_done))
    }

    /// Takes the packets that the segment that is being muxed has ready. Returns `None` if its encoder is not open yet.
    pub fn take_packets(&mut self) -> Option<Batch> {
        let slot = self.slots.front_mut()?;
        let header = slot.header.clone()?;
        Some(Batch { header, packets: std::mem::take(&mut slot.packets), is_last: slot.is_done, path: None })
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

    fn slot(&mut self, segment: u64) -> &mut SegmentSlot<Encoder, Picture> {
        let index = (segment - self.turn) as usize;
        &mut self.slots[index]
    }
}

impl<Encoder, Picture> SegmentSlot<Encoder, Picture> {
    fn new(frames: Range<u64>) -> Self {
        Self {
            end: frames.end,
            undrawn: frames.start,
            unencoded: frames.start,
            pictures: VecDeque::new(),
            header: None,
            encoder: None,
            packets: PacketBuffer::default(),
            is_done: false,
        }
    }

    /// Returns whether a frame can be drawn. None is drawn before the encoder is open, because another process may turn
    /// out to make the segment.
    fn has_undrawn(&self) -> bool {
        self.header.is_some() && self.undrawn < self.end
    }
}

#[cfg(test)]
mod tests;
