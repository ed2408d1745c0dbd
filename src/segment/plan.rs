//! Where the segments of a movie begin.

use std::ops::Range;

use crate::settings::{Quality, Settings};

/// The most frames of a segment when keyframes are closer together than this; also x264's own keyframe interval.
pub(super) const MAX_FRAMES: u64 = 250;

/// The most frames after the last whole keyframe interval that join the last segment. A keyframe for so few frames costs
/// more bytes than it is worth.
const MAX_REMAINDER: u64 = 10;

/// The number of x264 threads over all segments of a movie that has fewer segments than this.
const TOTAL_THREADS: u64 = 8;

/// The most frame threads of one encoder. More threads cost size.
const MAX_THREADS: u64 = 6;

/// Where the segments of a movie begin. It depends on the number of frames and the settings alone.
///
/// A segment begins where a single encoder would begin a group of pictures anyway, so that the movie has no extra
/// keyframes: a second keyframe doubles the size of a plot that hardly moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentPlan {
    /// Frames of the whole movie.
    pub frames: u64,
    /// Segments begin at multiples of this number of frames.
    pub unit: u64,
    /// The number of segments.
    pub count: u64,
}

impl SegmentPlan {
    pub fn new(settings: &Settings, frames: u64) -> Self {
        let interval = settings.keyframe_interval.map_or(MAX_FRAMES, u64::from);
        let groups = frames.div_ceil(interval);
        // Segments of several groups of pictures hold whole groups. A group has at least two pictures: adjacent IDR
        // pictures must have different idr_pic_id (H.264, 7.4.3), and x264 counts 0, 1, 0, 1 from the segment's start.
        let (unit, count) = if interval <= MAX_FRAMES / 2 {
            let unit = interval.max(2);
            (unit, frames.div_ceil(unit).div_ceil(MAX_FRAMES / unit))
        } else if groups > 1 && (1..=MAX_REMAINDER).contains(&(frames % interval)) {
            (interval, groups - 1)
        } else {
            (1, groups)
        };
        let count = if is_divisible(settings) { count } else { 1 };
        Self { frames, unit, count }
    }

    /// Returns the frames of a segment.
    ///
    /// All segments have the same number of units, give or take one; the last may end with an incomplete unit. Where
    /// there are several segments, each has at least three frames, so that x264 gives all of them the same delay from
    /// decoding to presentation.
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

    /// Returns the threads of a segment's encoder: 1 where there are enough segments to keep a machine busy.
    ///
    /// It depends on the plan alone, because another number of threads gives other bytes.
    pub fn threads(&self, settings: &Settings) -> u32 {
        if settings.vbv.is_some() {
            // With several threads, x264's buffer model depends on which thread is faster.
            return 1;
        }
        TOTAL_THREADS.div_ceil(self.count.max(1)).min(MAX_THREADS) as u32
    }
}

/// Whether independent encoders give the stream that the settings ask for. They do not where rate control looks back on
/// the whole stream, or where options count frames from its start.
fn is_divisible(settings: &Settings) -> bool {
    let has_constant_quality = match settings.quality {
        Quality::Crf(_) | Quality::Qp(_) | Quality::Lossless => true,
        Quality::Bitrate(_) => false,
    };
    has_constant_quality && settings.vbv.is_none() && !settings.x264_options.iter().any(|(name, _)| name == "zones")
}
