//! A closed run of frames encoded by an encoder of its own: the unit of parallel work.

use std::ops::Range;

use crate::Result;
use crate::encoder::{Coding, Encoder, MidstreamKeyframes, Threading};
use crate::packet::{Packet, ParameterSets};
use crate::planes::Planes;
use crate::settings::{Quality, Settings};

/// The most frames of a part when keyframes are closer together than this, and the most from one keyframe to the next
/// unless the settings say otherwise (x264's default).
const FRAMES: u64 = 250;

/// Frames after the last whole group of pictures that are too few for a part: a keyframe in the middle of the film, in
/// place of one for them, would cost more than it gives.
const REST: u64 = 10;

/// x264's threads over all parts, where there are fewer parts than this.
const THREADS: u64 = 8;

/// Frame threads of one encoder; more cost size.
const MOST_THREADS: u64 = 6;

/// Pictures that a part's encoder gets before its first where the quantiser of keyframes depends on those before.
const RUN_UP: i64 = 16;

/// Where the parts of an animation begin: decided by the number of frames and the settings alone.
///
/// A part begins where one encoder from beginning to end would begin a group of pictures anyway, so that there are no
/// more keyframes: a second one in a plot that hardly moves would double the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentPlan {
    frames: u64,
    /// SegmentPlan begin at multiples of this, in frames.
    unit: u64,
    count: u64,
}

impl SegmentPlan {
    pub fn new(settings: &Settings, frames: u64) -> Self {
        let interval = settings.keyframe_interval.map_or(FRAMES, u64::from);
        let groups = frames.div_ceil(interval);
        // SegmentPlan of several groups of pictures are made of whole ones. Two pictures at least: keyframes that are
        // neighbours must have different idr_pic_id (H.264 7.4.3); x264 counts 0, 1, 0, 1 from the part's beginning.
        let (unit, count) = if interval <= FRAMES / 2 {
            let unit = interval.max(2);
            (unit, frames.div_ceil(unit).div_ceil(FRAMES / unit))
        } else if groups > 1 && (1..=REST).contains(&(frames % interval)) {
            (interval, groups - 1)
        } else {
            (1, groups)
        };
        let count = if serves(settings) { count } else { 1 };
        Self { frames, unit, count }
    }

    /// Frames of all parts.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The number of parts.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The frames of a part. All parts have the same number of units, give or take one, in the last; where there are
    /// several parts, each has three frames or more, so that x264 gives all of them the same delay from decoding to
    /// showing.
    pub fn range(&self, part: u64) -> Range<u64> {
        let units = u128::from(self.frames.div_ceil(self.unit));
        let begin = |part: u64| {
            let unit = units * u128::from(part) / u128::from(self.count.max(1));
            self.frames.min(unit as u64 * self.unit)
        };
        begin(part)..begin(part + 1)
    }

    /// Threads of a part's encoder: 1 where there are parts enough to keep a machine busy. It depends on nothing but
    /// their number, as another number of threads would give other bytes.
    fn threads(&self, settings: &Settings) -> u32 {
        if settings.vbv.is_some() {
            // With several threads x264's buffer model depends on which is faster.
            return 1;
        }
        THREADS.div_ceil(self.count.max(1)).min(MOST_THREADS) as u32
    }
}

/// Whether parts can serve the settings: rate control that looks back on the whole stream cannot be divided, nor can
/// options that count frames from its beginning.
fn serves(settings: &Settings) -> bool {
    let divisible = match settings.quality {
        Quality::Crf(_) | Quality::Qp(_) | Quality::Lossless => true,
        Quality::Bitrate(_) => false,
    };
    divisible && settings.vbv.is_none() && !settings.x264_options.iter().any(|(name, _)| name == "zones")
}

/// One part being encoded.
pub(crate) struct SegmentEncoder {
    encoder: Encoder,
    frames: Range<u64>,
    /// The frame to come.
    next: u64,
    /// From one keyframe to the next, where the part has several; but for a rest, which x264 gives one by itself.
    unit: Option<u64>,
    /// Whether the last picture must not become a keyframe.
    guarded: bool,
    ticks: i64,
    /// The first picture, until the second is there.
    first: Option<Planes>,
    /// What has been encoded last.
    film: PacketBuffer,
}

impl SegmentEncoder {
    /// Opens the encoder of a part.
    pub fn open(settings: &Settings, parts: &SegmentPlan, index: u64) -> Result<Self> {
        let threads = settings.threads.unwrap_or_else(|| parts.threads(settings));
        let encoder = match threads {
            1 => Encoder::open(settings, Threading::CallersThread)?,
            _ => Encoder::open(&settings.clone().threads(threads), Threading::OwnThreads)?,
        };
        let frames = parts.range(index);
        let all_keyframes = settings.keyframe_interval == Some(1);
        Ok(Self {
            encoder,
            next: frames.start,
            frames,
            unit: ((2..=FRAMES / 2).contains(&parts.unit) && parts.count > 1 && !all_keyframes).then_some(parts.unit),
            // Where all pictures are keyframes they come in pairs, and need no guard.
            guarded: index + 1 < parts.count && !all_keyframes,
            ticks: settings.clock().frame.into(),
            first: None,
            film: PacketBuffer::default(),
        })
    }

    pub fn parameter_sets(&self) -> &ParameterSets {
        self.encoder.parameter_sets()
    }

    /// Takes the part's next frame; gives what has been encoded, of this and of earlier ones.
    pub fn encode(&mut self, planes: &Planes) -> Result<&PacketBuffer> {
        self.film.clear();
        let frame = self.next;
        self.next += 1;
        let first = frame == self.frames.start;
        let coding = match (self.unit, self.midstream_keyframes()) {
            (_, Some(MidstreamKeyframes::Finer)) if first => Coding::MidstreamKeyframe,
            (_, Some(MidstreamKeyframes::AsPicturesBefore)) if first => {
                self.first = Some(planes.clone());
                return Ok(&self.film);
            }
            // A scene change must not shift the keyframes that follow, or the last frame could become one.
            (Some(unit), _) if (frame - self.frames.start).is_multiple_of(unit) => Coding::Keyframe,
            // The next part begins with an idr_pic_id that the last picture must not have.
            _ if self.guarded && self.next == self.frames.end => Coding::Predicted,
            _ => Coding::Any,
        };
        if let Some(first) = self.first.take() {
            self.run_up([&first, planes])?;
        }
        self.push(planes, frame as i64, coding)?;
        Ok(&self.film)
    }

    /// Gives the next of the pictures held back, or `None` after the last.
    pub fn flush(&mut self) -> Result<Option<&PacketBuffer>> {
        self.film.clear();
        while self.film.samples.is_empty() {
            match self.encoder.flush()? {
                Some(packet) => keep(&mut self.film, packet, self.frames.start as i64 * self.ticks),
                None => return Ok(None),
            }
        }
        Ok(Some(&self.film))
    }

    /// How fine x264 would make the part's first keyframe, had it encoded what comes before; nothing does in the first
    /// part.
    fn midstream_keyframes(&self) -> Option<MidstreamKeyframes> {
        (self.frames.start > 0).then(|| self.encoder.midstream_keyframes())
    }

    /// Encodes the part's first picture when some have been encoded before: itself and the next by turns, which differ
    /// as those before the part may have done. What becomes of them is thrown away. They are predicted from one another
    /// without B-frames, so that x264 soon settles on a quantiser.
    fn run_up(&mut self, pictures: [&Planes; 2]) -> Result<()> {
        let (start, interval) = (self.frames.start as i64, self.unit.unwrap_or(FRAMES) as i64);
        for step in 0..RUN_UP {
            let coding = if step % interval == 0 { Coding::Keyframe } else { Coding::Predicted };
            self.push(pictures[step as usize % 2], start - RUN_UP + step, coding)?;
        }
        self.push(pictures[0], start, Coding::Keyframe)
    }

    fn push(&mut self, planes: &Planes, frame: i64, coding: Coding) -> Result<()> {
        if let Some(packet) = self.encoder.encode(planes, frame * self.ticks, coding)? {
            keep(&mut self.film, packet, self.frames.start as i64 * self.ticks);
        }
        Ok(())
    }
}

/// Adds what is shown from `start` on.
fn keep(film: &mut PacketBuffer, packet: Packet<'_>, start: i64) {
    if packet.pts >= start {
        film.push(&packet);
    }
}

/// Encoded pictures, held until it is their turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PacketBuffer {
    pub data: Vec<u8>,
    pub samples: Vec<BufferedPacket>,
}

/// One of them: its part of the data, and what [`Packet`] says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BufferedPacket {
    pub bytes: u32,
    pub pts: i64,
    pub dts: i64,
    pub sync: bool,
}

impl PacketBuffer {
    pub fn clear(&mut self) {
        self.data.clear();
        self.samples.clear();
    }

    pub fn append(&mut self, film: &Self) {
        self.data.extend_from_slice(&film.data);
        self.samples.extend_from_slice(&film.samples);
    }

    pub fn push(&mut self, packet: &Packet<'_>) {
        self.data.extend_from_slice(packet.data);
        let Packet { data, pts, dts, sync } = *packet;
        self.samples.push(BufferedPacket { bytes: data.len() as u32, pts, dts, sync });
    }

    pub fn packets(&self) -> impl Iterator<Item = Packet<'_>> {
        let mut rest = &*self.data;
        self.samples.iter().map(move |&BufferedPacket { bytes, pts, dts, sync }| {
            let (data, after) = rest.split_at(bytes as usize);
            rest = after;
            Packet { data, pts, dts, sync }
        })
    }
}
