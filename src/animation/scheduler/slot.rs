//! `SegmentSlot`: a segment between the moment that its frames are known and the moment that it is muxed.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::segment::{PacketBuffer, SegmentHeader};

/// A segment whose frames are being drawn and encoded, or that waits for its turn to be muxed.
pub(super) struct SegmentSlot<Encoder, Picture> {
    pub frames: Range<u64>,
    /// The first frame that no worker draws yet.
    pub undrawn: u64,
    /// The first frame that the encoder does not have.
    pub unencoded: u64,
    /// Pictures of the frames from `unencoded` on; `None` for those that are still being drawn.
    pub pictures: VecDeque<Option<Picture>>,
    /// Whether no worker has been told to open the encoder.
    pub is_unopened: bool,
    /// `None` until the encoder is open.
    pub header: Option<Arc<SegmentHeader>>,
    /// `None` until the encoder is open, and while a worker drives it.
    pub encoder: Option<Encoder>,
    pub packets: PacketBuffer,
    pub is_done: bool,
}

impl<Encoder, Picture> SegmentSlot<Encoder, Picture> {
    /// Creates a segment. `pictures` are those of its first frames that workers draw or have drawn already.
    pub fn new(frames: Range<u64>, pictures: VecDeque<Option<Picture>>, is_kept: bool) -> Self {
        Self {
            undrawn: if is_kept { frames.end } else { frames.start + pictures.len() as u64 },
            unencoded: frames.start,
            frames,
            pictures,
            is_unopened: !is_kept,
            header: None,
            encoder: None,
            packets: PacketBuffer::default(),
            is_done: is_kept,
        }
    }

    /// Returns whether a frame can be drawn, as far as `known` frames of the movie are known. None is drawn before the
    /// encoder is open, because another process may turn out to make the segment.
    pub fn has_undrawn(&self, known: u64) -> bool {
        self.header.is_some() && self.undrawn < self.frames.end.min(known)
    }

    /// Returns the number of frames that are drawn, or being drawn, ahead of the encoder.
    pub fn ahead(&self) -> u64 {
        self.undrawn - self.unencoded
    }
}
