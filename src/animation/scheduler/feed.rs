//! The part of the scheduler that has encoders: each gets the pictures of its segment in order.

use std::sync::Arc;

use super::Scheduler;
use super::slot::SegmentSlot;
use crate::segment::SegmentHeader;

/// What a worker that drives an encoder must do with it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::animation) enum Feed<Encoder, Picture> {
    /// Encode this picture.
    Picture(Encoder, Picture),
    /// Flush the encoder, which has all frames.
    Flush(Encoder),
    /// Stop driving: the next frame is not drawn yet, or another worker drives the encoder.
    Wait,
}

impl<Encoder, Picture> Scheduler<Encoder, Picture> {
    /// Stores the open encoder of a segment.
    pub fn opened(&mut self, header: Arc<SegmentHeader>, encoder: Encoder) {
        let slot = self.slot(header.index);
        (slot.header, slot.encoder) = (Some(header), Some(encoder));
    }

    /// Stores the picture of a frame. Returns the segment that it belongs to, if that is known.
    pub fn drawn(&mut self, frame: u64, picture: Picture) -> Option<u64> {
        self.drawn += 1;
        self.known.states = self.known.states.saturating_sub(1);
        let place = self.slots.partition_point(|slot| slot.frames.end <= frame);
        let start = self.undivided_start();
        match self.slots.get_mut(place) {
            Some(slot) => slot.pictures[(frame - slot.unencoded) as usize] = Some(picture),
            None => self.undivided[(frame - start) as usize] = Some(picture),
        }
        (place < self.slots.len()).then_some(self.turn + place as u64)
    }

    /// Returns a segment whose encoder has something to do, and no worker that drives it. There is one if a segment has
    /// just got its end.
    pub fn undriven(&self) -> Option<u64> {
        let can_go_on = |(place, slot): (usize, &SegmentSlot<Encoder, Picture>)| {
            let has_next = slot.pictures.front().is_some_and(Option::is_some);
            let has_all = slot.unencoded == slot.frames.end && self.is_closed(self.turn + place as u64);
            slot.encoder.is_some() && (has_next || has_all)
        };
        self.slots.iter().enumerate().position(can_go_on).map(|place| self.turn + place as u64)
    }

    /// Takes back the encoder that the worker drives, if any, and returns what to do next.
    pub fn feed(&mut self, segment: u64, driven: Option<Encoder>) -> Feed<Encoder, Picture> {
        let (stopped, is_closed) = (self.stopped, self.is_closed(segment));
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
            None if slot.unencoded == slot.frames.end && is_closed => Feed::Flush(encoder),
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
    }
}
