//! Makes the movie of an animation, or one of its segments: validates, plans, runs the workers and records.

use std::panic::resume_unwind;
use std::thread;
use std::time::Instant;

use super::Animation;
use super::lock::lock;
use super::packets::make_segments;
use crate::progress::Progress;
use crate::recording::Recording;
use crate::report::Report;
use crate::segment::{PacketBuffer, Segment, SegmentEncoder, SegmentFolder, SegmentPlan};
use crate::settings::range::within;
use crate::settings::{ContainerSettings, Quality, Settings};
use crate::sink::Sink;
use crate::stream::StreamInfo;
use crate::{Error, Result, SegmentError};

/// The maximum number of frames of a movie. The sample count of an MP4 has 32 bits.
pub(super) const MAX_FRAMES: u64 = u32::MAX as u64;

/// The maximum number of workers. Each has an encoder and a canvas.
pub(super) const MAX_WORKERS: usize = 1024;

/// The maximum number of states in memory for each worker.
const MAX_STATES: usize = 1_000_000;

/// The minimum number of frames of a segment. A shorter one would hardly be more than its keyframe.
const MIN_SEGMENT_FRAMES: u64 = 10;

/// The maximum number of frames that can be asked for as the length of a segment, as for a keyframe interval.
const MAX_SEGMENT_FRAMES: u64 = 100_000;

impl Animation<'_> {
    /// Checks the settings, and plans the segments.
    pub(super) fn validate(&self) -> Result<SegmentPlan> {
        self.settings.validate()?;
        if self.states.is_none() && self.frames == 0 {
            return Err(Error::NoFrames);
        }
        if self.states.is_none() && self.frames > MAX_FRAMES {
            return Err(Error::setting("frames", self.frames, format!("it must be at most {MAX_FRAMES}")));
        }
        within("workers", self.workers, 1..=MAX_WORKERS)?;
        within("states_per_worker", self.states_per_worker, 1..=MAX_STATES)?;
        if let Some(frames) = self.segment_frames {
            within("segment_frames", frames, MIN_SEGMENT_FRAMES..=MAX_SEGMENT_FRAMES)?;
        }
        if let Some(layer) = &self.layer {
            let Settings { width, height, .. } = self.settings;
            let size = format!("{}×{} pixels", layer.width(), layer.height());
            if !self.source.has_canvas() {
                return Err(Error::setting("background", size, "supplied frames are not drawn on a canvas"));
            }
            if (layer.width(), layer.height()) != (width, height) {
                let allowed = format!("it must have the movie's size, {width}×{height}");
                return Err(Error::setting("background", size, allowed));
            }
        }
        Ok(match self.states {
            Some(_) => SegmentPlan::unbounded(&self.settings, self.segment_frames),
            None => SegmentPlan::new(&self.settings, self.frames, self.segment_frames),
        })
    }

    /// Checks the settings, and plans segments that can be made alone. `name` and `value` say what needs them.
    pub(super) fn validate_segments(&self, name: &'static str, value: impl ToString) -> Result<SegmentPlan> {
        if self.states.is_some() {
            let allowed = "an animation of states is made as a whole, because each state follows from the one before";
            return Err(Error::setting(name, value, allowed));
        }
        if let Quality::MaxBytes(_) = self.settings.quality {
            let allowed = "segments that are made alone have one rate factor, which the movie as a whole decides: \
                           make the movie once, and set crf to the factor that it reports";
            return Err(Error::setting("quality", self.settings.quality, allowed));
        }
        self.validate()
    }

    /// Makes the movie.
    pub(super) fn encode<S: Sink>(
        self,
        record: impl FnOnce(&ContainerSettings, &StreamInfo) -> Result<Recording<S>>,
    ) -> Result<(S::Output, Report)> {
        if let Quality::MaxBytes(most) = self.settings.quality {
            return self.encode_within(most, record);
        }
        let begin = Instant::now();
        let plan = self.validate()?;
        let first = SegmentEncoder::open(&self.settings, &plan, 0)?;
        let movie = first.header().clone();
        let folder = self.folder.as_ref().map(|path| SegmentFolder::open(path, &movie)).transpose()?;
        let mut container = self.settings.container.clone();
        container.expected_frames = self.expected_frames();
        let mut recording = record(&container, &movie.stream)?;
        let mut progress = Progress::new(self.expected_frames().unwrap_or(0), 0);
        let deliver = &mut |packets: PacketBuffer| packets.packets().try_for_each(|packet| recording.push(&packet));
        let made = make_segments(&self, 0..plan.count, first, folder.as_ref(), None, &mut progress, deliver);
        if let Err(failure) = made {
            // Dropped before a panic continues: a recording that is dropped by a panic keeps its file.
            drop(recording);
            return Err(or_resume(failure));
        }
        let frames = progress.written;
        if frames == 0 {
            return Err(Error::NoFrames);
        }
        progress.begin_finishing(begin.elapsed());
        if lock(&self.on_progress)(&progress).is_break() {
            return Err(Error::Cancelled);
        }
        let (output, bytes) = recording.finish(self.end(frames))?;
        if let Some(folder) = folder {
            folder.finish();
        }
        let report = self.report(frames, bytes, begin);
        self.report_end(progress, begin);
        Ok((output, report))
    }

    /// Returns the tick at which a movie of this many frames ends.
    pub(super) fn end(&self, frames: u64) -> i64 {
        frames as i64 * i64::from(self.settings.clock().frame)
    }

    pub(super) fn report(&self, frames: u64, bytes: u64, begin: Instant) -> Report {
        let (width, height) = self.settings.coded_size();
        let seconds = self.settings.clock().seconds(self.end(frames));
        Report { frames, seconds, bytes, width, height, elapsed: begin.elapsed(), rate_factor: None }
    }

    /// Returns the number of frames that the movie has, or that it is expected to have.
    pub(super) fn expected_frames(&self) -> Option<u64> {
        let given = self.settings.container.expected_frames.filter(|_| self.states.is_some());
        given.or(Some(self.frames).filter(|frames| *frames > 0))
    }

    /// Makes one segment.
    pub(super) fn encode_one(&self, index: u64) -> Result<Segment> {
        let begin = Instant::now();
        let plan = self.validate_segments("segment", index)?;
        if index >= plan.count {
            let problem = SegmentError::NoSuchSegment { count: plan.count };
            return Err(Error::Segment { index: Some(index), path: None, problem });
        }
        let encoder = SegmentEncoder::open(&self.settings, &plan, index)?;
        let header = encoder.header().clone();
        let mut packets = PacketBuffer::default();
        let mut progress = Progress::new(plan.len(index), 0);
        let deliver = &mut |more: PacketBuffer| {
            packets.append(&more);
            Ok(())
        };
        make_segments(self, index..index + 1, encoder, None, None, &mut progress, deliver).map_err(or_resume)?;
        self.report_end(progress, begin);
        Ok(Segment { header: (*header).clone(), packets, path: None })
    }

    pub(super) fn report_end(&self, mut progress: Progress, begin: Instant) {
        progress.finish(progress.written, begin.elapsed());
        // The movie is finished, so there is nothing left to cancel.
        let _ = lock(&self.on_progress)(&progress);
    }
}

/// Returns the error that stopped the work; a panic continues.
pub(super) fn or_resume(failure: thread::Result<Error>) -> Error {
    failure.unwrap_or_else(|panic| resume_unwind(panic))
}
