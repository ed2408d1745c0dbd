//! `SegmentEncoder`: encodes one segment, and places its keyframes so that segments join into one stream.

use std::ops::Range;
use std::sync::Arc;

use super::SegmentHeader;
use super::buffer::PacketBuffer;
use super::identity::identity;
use super::plan::{MAX_FRAMES, SegmentPlan};
use crate::Result;
use crate::encoder::{Coding, Encoder, MidstreamKeyframes, Threading};
use crate::planes::Planes;
use crate::settings::Settings;

/// The number of pictures that warm up rate control, where the quantiser of keyframes depends on the pictures before
/// them.
const WARM_UP_PICTURES: i64 = 16;

/// Encodes one segment with a dedicated encoder.
pub(crate) struct SegmentEncoder {
    encoder: Encoder,
    header: Arc<SegmentHeader>,
    frames: Range<u64>,
    /// The next frame that [`encode`](Self::encode) expects.
    next: u64,
    /// Frames from one keyframe to the next, where the segment has several groups of pictures. x264 itself places the
    /// keyframe of an incomplete last group.
    unit: Option<u64>,
    /// Whether the last picture must not become a keyframe.
    is_guarded: bool,
    /// Ticks of one frame.
    ticks: i64,
    /// The first picture, held until the second one is there for the warm-up.
    first: Option<Planes>,
    /// The packets that the last call gave.
    packets: PacketBuffer,
}

impl SegmentEncoder {
    /// Opens the encoder of a segment.
    pub fn open(settings: &Settings, plan: &SegmentPlan, index: u64) -> Result<Self> {
        let threads = settings.threads.unwrap_or_else(|| plan.threads(settings));
        let encoder = match threads {
            1 => Encoder::open(settings, Threading::CallersThread)?,
            _ => Encoder::open(&settings.clone().threads(threads), Threading::OwnThreads)?,
        };
        let frames = plan.range(index);
        let all_keyframes = settings.keyframe_interval == Some(1);
        // Segments that are shorter than a group of pictures have one keyframe each.
        let is_group = settings.keyframe_interval.is_some_and(|interval| u64::from(interval) == plan.unit);
        Ok(Self {
            header: Arc::new(SegmentHeader {
                index,
                plan: plan.clone(),
                identity: identity(settings, plan),
                stream: encoder.stream_info().clone(),
            }),
            encoder,
            next: frames.start,
            frames,
            unit: (is_group && (2..=MAX_FRAMES / 2).contains(&plan.unit) && plan.count > 1).then_some(plan.unit),
            // If all pictures are keyframes, segments have an even number of them and need no guard.
            is_guarded: index + 1 < plan.count && !all_keyframes,
            ticks: settings.clock().frame.into(),
            first: None,
            packets: PacketBuffer::default(),
        })
    }

    pub fn header(&self) -> &Arc<SegmentHeader> {
        &self.header
    }

    /// Encodes the segment's next frame. Returns the packets that are ready, of this frame and of earlier ones.
    pub fn encode(&mut self, planes: &Planes) -> Result<&PacketBuffer> {
        self.packets.clear();
        let frame = self.next;
        self.next += 1;
        let is_first = frame == self.frames.start;
        let coding = match (self.unit, self.midstream_keyframes()) {
            (_, Some(MidstreamKeyframes::Finer)) if is_first => Coding::MidstreamKeyframe,
            (_, Some(MidstreamKeyframes::AsPicturesBefore)) if is_first => {
                self.first = Some(planes.clone());
                return Ok(&self.packets);
            }
            // A scene cut must not move the keyframes that follow, or the last frame could become one.
            (Some(unit), _) if (frame - self.frames.start).is_multiple_of(unit) => Coding::Keyframe,
            // The last picture must not have the idr_pic_id that the next segment begins with.
            _ if self.is_guarded && self.next == self.frames.end => Coding::Predicted,
            _ => Coding::Any,
        };
        if let Some(first) = self.first.take() {
            self.warm_up([&first, planes])?;
        }
        self.push(planes, frame as i64, coding)?;
        Ok(&self.packets)
    }

    /// Returns the next packets that the encoder held back, or `None` after the last one.
    pub fn flush(&mut self) -> Result<Option<&PacketBuffer>> {
        self.packets.clear();
        while self.packets.is_empty() {
            match self.encoder.flush()? {
                Some(packet) => {
                    if packet.pts >= self.frames.start as i64 * self.ticks {
                        self.packets.push(&packet);
                    }
                }
                None => return Ok(None),
            }
        }
        Ok(Some(&self.packets))
    }

    /// Returns how x264 would quantise the segment's first keyframe if it had encoded the pictures before it. Returns
    /// `None` in the first segment, which has no predecessors.
    fn midstream_keyframes(&self) -> Option<MidstreamKeyframes> {
        (self.frames.start > 0).then(|| self.encoder.midstream_keyframes())
    }

    /// Encodes the segment's first picture after a rate-control warm-up, whose packets are dropped.
    ///
    /// The warm-up alternates between the first two pictures, because they differ about as much as the pictures before
    /// the segment did. All are predicted without B-frames, so that x264 soon settles on a quantiser.
    fn warm_up(&mut self, pictures: [&Planes; 2]) -> Result<()> {
        let (start, interval) = (self.frames.start as i64, self.unit.unwrap_or(MAX_FRAMES) as i64);
        for step in 0..WARM_UP_PICTURES {
            let coding = if step % interval == 0 { Coding::Keyframe } else { Coding::Predicted };
            self.push(pictures[step as usize % 2], start - WARM_UP_PICTURES + step, coding)?;
        }
        self.push(pictures[0], start, Coding::Keyframe)
    }

    /// Encodes a picture, and keeps a packet that is presented at the segment's start or later.
    fn push(&mut self, planes: &Planes, frame: i64, coding: Coding) -> Result<()> {
        let start = self.frames.start as i64 * self.ticks;
        if let Some(packet) =
            self.encoder.encode(planes, frame * self.ticks, coding)?.filter(|packet| packet.pts >= start)
        {
            self.packets.push(&packet);
        }
        Ok(())
    }
}
