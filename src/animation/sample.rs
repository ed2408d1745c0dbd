//! `Sample`: some windows of a movie, which are encoded to predict how the size of all of it depends on the rate factor.

use std::ops::Range;

use crate::segment::{PacketBuffer, SegmentPlan};

/// The maximum number of windows.
const MAX_WINDOWS: u64 = 12;

/// The number of frames for which a segment has one window, if the movie has no other.
const WINDOW_EVERY: u64 = 250;

/// The maximum number of frames of a window.
const MAX_FRAMES: u64 = 40;

/// The minimum number of frames of a window. In fewer, there is little but the keyframe.
const MIN_FRAMES: u64 = 10;

/// The fraction of a movie's frames that all windows have together. The slope is what matters: the first try tells by how
/// much the sizes are wrong.
const FRACTION: u64 = 10;

/// Windows of a movie: the first frames of some of its segments, or frames of its only one.
pub(super) struct Sample {
    /// The windows as the segments of a movie that has no other frames.
    pub plan: SegmentPlan,
    /// The frames at which the windows begin in the movie.
    starts: Vec<u64>,
    /// Frames from one keyframe of the movie to the next in a segment.
    interval: u64,
    /// The frames at which the segments of the movie begin.
    movie: SegmentPlan,
}

impl Sample {
    /// Chooses the windows. Returns `None` for a movie that is short or has short segments, of which a sample would cost
    /// nearly as much as the movie.
    pub fn new(movie: &SegmentPlan, interval: u64) -> Option<Self> {
        let is_one = movie.count == 1;
        let count = if is_one { movie.frames / WINDOW_EVERY } else { movie.count }.clamp(1, MAX_WINDOWS);
        let shortest = (0..movie.count).map(|segment| movie.len(segment)).min()?;
        let length = (movie.frames / (FRACTION * count)).clamp(MIN_FRAMES, MAX_FRAMES);
        if length * 2 > shortest || length * count * 4 > movie.frames {
            return None;
        }
        let start = |window: u64| match is_one {
            true => window * (movie.frames / count),
            false => movie.range(window * movie.count / count).start,
        };
        let starts = (0..count).map(start);
        let plan = SegmentPlan { frames: count * length, unit: length, count };
        Some(Self { plan, starts: starts.collect(), interval, movie: movie.clone() })
    }

    /// Returns the frame of the movie that is a frame of the sample.
    pub fn frame(&self, frame: u64) -> u64 {
        self.starts[(frame / self.plan.unit) as usize] + frame % self.plan.unit
    }

    /// Predicts the bytes of parts of the movie from the packets of all windows.
    pub fn predict(&self, packets: &PacketBuffer, parts: impl Iterator<Item = Range<u64>>) -> Vec<f64> {
        let windows = packets.entries.chunks(self.plan.unit as usize);
        let means: Vec<(f64, f64)> = windows
            .map(|window| {
                let mean = |sync: bool| {
                    let sizes =
                        window.iter().filter(|packet| packet.sync == sync).map(|packet| f64::from(packet.bytes));
                    let (count, sum) = sizes.fold((0.0, 0.0), |(count, sum), size| (count + 1.0, sum + size));
                    (count > 0.0).then_some(sum / count)
                };
                let key = mean(true).or_else(|| mean(false)).unwrap_or(0.0);
                (key, mean(false).unwrap_or(key))
            })
            .collect();
        parts
            .map(|part| {
                let keys = self.keyframes(&part) as f64;
                let (key, other) = self.between(&means, (part.start + part.end) / 2);
                keys * key + ((part.end - part.start) as f64 - keys) * other
            })
            .collect()
    }

    /// Interpolates the mean sizes of the windows before and after a frame.
    fn between(&self, means: &[(f64, f64)], frame: u64) -> (f64, f64) {
        let after = self.starts.partition_point(|start| *start <= frame).min(means.len());
        let before = after.saturating_sub(1);
        let (from, Some(to)) = (means[before], means.get(after)) else { return means[before] };
        let (start, end) = (self.starts[before], self.starts[after]);
        let weight = (frame - start) as f64 / (end - start) as f64;
        (from.0 + weight * (to.0 - from.0), from.1 + weight * (to.1 - from.1))
    }

    /// Counts the keyframes of a range of frames, as far as they are at fixed places.
    fn keyframes(&self, frames: &Range<u64>) -> u64 {
        let segments = (0..self.movie.count).map(|segment| self.movie.range(segment));
        let overlapping = segments.skip_while(|segment| segment.end <= frames.start);
        overlapping
            .take_while(|segment| segment.start < frames.end)
            .map(|segment| {
                let before = |end: u64| end.saturating_sub(segment.start).div_ceil(self.interval);
                before(frames.end.min(segment.end)) - before(frames.start.max(segment.start))
            })
            .sum()
    }
}
