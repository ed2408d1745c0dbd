//! The part of the scheduler that has packets and finished segments, for the muxing loop.

use std::collections::{BTreeSet, VecDeque};

use super::Scheduler;
use super::slot::SegmentSlot;
use crate::segment::{Batch, PacketBuffer};

impl<Encoder, Picture> Scheduler<Encoder, Picture> {
    /// Adds packets of a segment.
    pub fn add_packets(&mut self, segment: u64, packets: &PacketBuffer) {
        self.encoded += packets.len();
        self.slot(segment).packets.append(packets);
    }

    /// Returns the packets that a segment has so far, for a segment that is stored whole.
    pub fn packets(&mut self, segment: u64) -> &mut PacketBuffer {
        &mut self.slot(segment).packets
    }

    /// Returns whether a segment has the length that the plan says. The last one of an unbounded plan may differ.
    pub fn is_as_planned(&mut self, segment: u64) -> bool {
        self.plan.range(segment) == self.slot(segment).frames
    }

    /// Marks a segment as complete: it has all its packets, or it is stored.
    pub fn finish(&mut self, segment: u64) {
        self.slot(segment).is_done = true;
        self.open -= 1;
        self.divide();
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
        self.divide();
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
        }
        *self.slot(segment) = SegmentSlot::new(self.plan.range(segment), VecDeque::new(), false);
        self.open += 1;
    }

    /// Returns whether nothing is left but what other processes make.
    pub fn is_idle(&self) -> bool {
        self.open == 0 && self.next == self.end
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
        self.divide();
    }

    /// Returns whether the movie has ended before segment `index`.
    pub fn ends_before(&self, index: u64) -> bool {
        self.known.is_all && index >= self.next && !self.begins(index)
    }

    /// Returns how many bytes the segment that is being muxed has ready, and whether it is complete.
    pub fn ready(&self) -> (usize, bool) {
        self.slots.front().map_or((0, false), |slot| (slot.packets.data.len(), slot.is_done))
    }

    /// Takes the packets that the segment that is being muxed has ready. Returns `None` if its encoder is not open yet.
    pub fn take_packets(&mut self) -> Option<Batch> {
        let slot = self.slots.front_mut()?;
        let header = slot.header.clone()?;
        let frames = slot.is_done.then_some(slot.frames.end - slot.frames.start);
        Some(Batch { header, packets: std::mem::take(&mut slot.packets), frames, path: None })
    }
}
