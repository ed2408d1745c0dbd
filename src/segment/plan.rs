//! `SegmentPlan`: where the segments of a movie begin, and how many threads their encoders have.

use std::ops::Range;

use crate::settings::{Quality, Settings};

/// The maximum number of frames of a segment when keyframes are closer together.
pub(super) const MAX_FRAMES: u64 = 250;

/// The number of x264 threads over all segments of a movie that has fewer segments than this.
const TOTAL_THREADS: u64 = 8;

/// The maximum number of frame threads of one encoder. More threads make larger files.
const MAX_THREADS: u64 = 6;

/// The number of segments of a plan without an end. With so many, it has more frames than any movie.
const UNBOUNDED: u64 = 1 << 32;

/// The division of a movie into segments. It depends on the settings and the number of frames alone, or on the settings
/// alone if the number of frames is not known in advance.
///
/// A segment begins where a single encoder would begin a group of pictures anyway, unless shorter segments are asked
/// for. The movie then has no extra keyframes. A second keyframe would double the size of a plot that hardly moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentPlan {
    /// The number of frames of the movie.
    pub frames: u64,
    /// Segments begin at multiples of this number of frames.
    pub unit: u64,
    /// The number of segments.
    pub count: u64,
}

impl SegmentPlan {
    /// The maximum number of frames of a plan: that of an unbounded one with the longest keyframe interval.
    pub const MAX_FRAMES: u64 = UNBOUNDED * 100_000;

    /// The maximum number of frames after the last whole keyframe interval that join the last segment. A keyframe for
    /// so few frames costs more bytes than it is worth.
    pub const MAX_REMAINDER: u64 = 10;

    /// Plans a movie of `frames` frames. `segment_frames` is the maximum length of a segment that the user asks for.
    pub fn new(settings: &Settings, frames: u64, segment_frames: Option<u64>) -> Self {
        let Lengths { group, segment } = Lengths::new(settings, segment_frames);
        let groups = frames.div_ceil(group);
        let (unit, count) = if group <= segment / 2 {
            (group, groups.div_ceil(segment / group))
        } else if groups > 1 && (1..=Self::MAX_REMAINDER).contains(&(frames % group)) {
            (group, groups - 1)
        } else {
            (1, groups)
        };
        let count = if is_divisible(settings) { count } else { 1 };
        Self { frames, unit, count }
    }

    /// Plans a movie whose number of frames is not known. The plan is that of a movie which is longer than any can be;
    /// all its segments have the same length. [`begins`](Self::begins) tells which of them the movie has.
    pub fn unbounded(settings: &Settings, segment_frames: Option<u64>) -> Self {
        let Lengths { group, segment } = Lengths::new(settings, segment_frames);
        let length = if group <= segment / 2 { segment / group * group } else { group };
        if is_divisible(settings) {
            Self { frames: UNBOUNDED * length, unit: group, count: UNBOUNDED }
        } else {
            Self { frames: UNBOUNDED, unit: 1, count: 1 }
        }
    }

    /// Returns whether the number of frames is not known.
    pub fn is_unbounded(&self) -> bool {
        self.frames >= UNBOUNDED
    }

    /// Returns whether the movie has a segment, as far as `known` frames are known. A segment of an unbounded plan
    /// begins when there are more frames than can join the segment before it.
    pub fn begins(&self, segment: u64, known: u64) -> bool {
        let least = if segment == 0 { 1 } else { Self::MAX_REMAINDER + 1 };
        segment < self.count && (!self.is_unbounded() || known >= self.range(segment).start + least)
    }

    /// Returns the range of frames of a segment.
    ///
    /// The numbers of units of two segments differ by at most one, and the last unit may be incomplete. If there are
    /// several segments, each has at least three frames, so that x264 gives all of them the same delay from decoding to
    /// presentation.
    ///
    /// The last segment of an unbounded plan ends with the movie instead.
    pub fn range(&self, segment: u64) -> Range<u64> {
        let units = u128::from(self.frames.div_ceil(self.unit.max(1)));
        let begin = |segment: u64| {
            let unit = units * u128::from(segment) / u128::from(self.count.max(1));
            u128::from(self.frames).min(unit * u128::from(self.unit)) as u64
        };
        begin(segment)..begin(segment + 1)
    }

    /// Returns the number of frames of a segment.
    pub fn len(&self, segment: u64) -> u64 {
        let range = self.range(segment);
        range.end - range.start
    }

    /// Returns the number of frames of a segment of a movie of `frames` frames, which has this unbounded plan; 0 if the
    /// movie has no such segment.
    pub fn len_of_known(&self, segment: u64, frames: u64) -> u64 {
        match (self.begins(segment, frames), self.begins(segment + 1, frames)) {
            (false, _) => 0,
            (true, false) => frames - self.range(segment).start,
            (true, true) => self.len(segment),
        }
    }

    /// Returns the number of threads of a segment's encoder, which is 1 if there are enough segments to keep a machine
    /// busy.
    ///
    /// Segments whose number is not known are encoded one after another, as their frames come. Each encoder then has as
    /// many threads as one of a movie of one segment.
    ///
    /// The number of threads depends on the plan and the settings alone, because another number of threads gives other bytes.
    pub fn threads(&self, settings: &Settings) -> u32 {
        if settings.vbv.is_some() {
            // With several threads, x264's buffer model depends on which thread is faster.
            return 1;
        }
        let side_by_side = if self.is_unbounded() { 1 } else { self.count.max(1) };
        TOTAL_THREADS.div_ceil(side_by_side).min(MAX_THREADS) as u32
    }
}

/// Numbers of frames that decide where segments begin.
struct Lengths {
    /// Segments begin at multiples of this, as far as possible.
    group: u64,
    /// The maximum length of a segment of several groups.
    segment: u64,
}

impl Lengths {
    fn new(settings: &Settings, segment_frames: Option<u64>) -> Self {
        let interval = settings.frames_per_keyframe();
        // A group has at least two pictures, because adjacent IDR pictures must have different idr_pic_id (H.264,
        // 7.4.3), and x264 counts 0, 1, 0, 1 from the start of the segment.
        let group = segment_frames.map_or(interval, |most| most.min(interval)).max(2);
        Self { group, segment: segment_frames.map_or(MAX_FRAMES, |most| most.min(MAX_FRAMES)) }
    }
}

/// Returns whether independent encoders make the stream that the settings ask for. They do not if rate control depends
/// on the whole stream, or if options count frames from its start.
fn is_divisible(settings: &Settings) -> bool {
    let has_constant_quality = match settings.quality {
        Quality::Crf(_) | Quality::Qp(_) | Quality::Lossless | Quality::MaxBytes(_) => true,
        Quality::Bitrate(_) => false,
    };
    has_constant_quality && settings.vbv.is_none() && !settings.x264_options.iter().any(|(name, _)| name == "zones")
}
