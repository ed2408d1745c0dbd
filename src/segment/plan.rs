//! `SegmentPlan`: where the segments of a movie begin, and how many threads their encoders have.

use std::ops::Range;

use crate::settings::{Quality, Settings};

/// The maximum number of frames of a segment when keyframes are closer together. It is also x264's own keyframe
/// interval.
pub(super) const MAX_FRAMES: u64 = 250;

/// The maximum number of frames after the last whole keyframe interval that join the last segment. A keyframe for so
/// few frames costs more bytes than it is worth.
const MAX_REMAINDER: u64 = 10;

/// The number of x264 threads over all segments of a movie that has fewer segments than this.
const TOTAL_THREADS: u64 = 8;

/// The maximum number of frame threads of one encoder. More threads make larger files.
const MAX_THREADS: u64 = 6;

/// The division of a movie into segments. It depends on the number of frames and the settings alone.
///
/// A segment begins where a single encoder would begin a group of pictures anyway. The movie then has no extra
/// keyframes. A second keyframe would double the size of a plot that hardly moves.
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
    pub fn new(settings: &Settings, frames: u64) -> Self {
        let interval = settings.keyframe_interval.map_or(MAX_FRAMES, u64::from);
        let groups = frames.div_ceil(interval);
        // A segment of several groups of pictures has whole groups. A group has at least two pictures, because adjacent
        // IDR pictures must have different idr_pic_id (H.264, 7.4.3), and x264 counts 0, 1, 0, 1 from the start of the
        // segment.
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

    /// Returns the range of frames of a segment.
    ///
    /// The numbers of units of two segments differ by at most one, and the last unit may be incomplete. If there are
    /// several segments, each has at least three frames, so that x264 gives all of them the same delay from decoding to
    /// presentation.
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

    /// Returns the number of threads of a segment's encoder, which is 1 if there are enough segments to keep a machine
    /// busy.
    ///
    /// It depends on the plan and the settings alone, because another number of threads gives other bytes.
    pub fn threads(&self, settings: &Settings) -> u32 {
        if settings.vbv.is_some() {
            // With several threads, x264's buffer model depends on which thread is faster.
            return 1;
        }
        TOTAL_THREADS.div_ceil(self.count.max(1)).min(MAX_THREADS) as u32
    }
}

/// Returns whether independent encoders make the stream that the settings ask for. They do not if rate control depends
/// on the whole stream, or if options count frames from its start.
fn is_divisible(settings: &Settings) -> bool {
    let has_constant_quality = match settings.quality {
        Quality::Crf(_) | Quality::Qp(_) | Quality::Lossless => true,
        Quality::Bitrate(_) => false,
    };
    has_constant_quality && settings.vbv.is_none() && !settings.x264_options.iter().any(|(name, _)| name == "zones")
}
