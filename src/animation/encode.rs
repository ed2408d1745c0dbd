//! Makes the movie of an animation, or one of its segments: validates, plans, runs the workers and records.

use std::panic::resume_unwind;
use std::thread;
use std::time::Instant;

use super::workers::{Workers, lock};
use super::{Animation, MAX_WORKERS};
use crate::progress::Progress;
use crate::recording::Recording;
use crate::report::Report;
use crate::segment::{PacketBuffer, Segment, SegmentEncoder, SegmentFolder, SegmentPlan};
use crate::settings::{ContainerSettings, Settings};
use crate::sink::Sink;
use crate::stream::StreamInfo;
use crate::{Error, Result, SegmentError};

/// The maximum number of frames of a movie. The sample count of an MP4 has 32 bits.
const MAX_FRAMES: u64 = u32::MAX as u64;

impl Animation<'_> {
    /// Checks the settings, and plans the segments.
    pub(super) fn validate(&self) -> Result<SegmentPlan> {
        self.settings.validate()?;
        if self.frames == 0 {
            return Err(Error::NoFrames);
        }
        if self.frames > MAX_FRAMES {
            return Err(Error::setting("frames", self.frames, format!("it must be at most {MAX_FRAMES}")));
        }
        if !(1..=MAX_WORKERS).contains(&self.workers) {
            return Err(Error::setting("workers", self.workers, format!("it must be 1 to {MAX_WORKERS}")));
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
        Ok(SegmentPlan::new(&self.settings, self.frames))
    }

    /// Makes the movie.
    pub(super) fn encode<S: Sink>(
        self,
        record: impl FnOnce(&ContainerSettings, &StreamInfo) -> Result<Recording<S>>,
    ) -> Result<(S::Output, Report)> {
        let begin = Instant::now();
        let plan = self.validate()?;
        let first = SegmentEncoder::open(&self.settings, &plan, 0)?;
        let movie = first.header().clone();
        let folder = self.folder.as_ref().map(|path| SegmentFolder::open(path, &movie)).transpose()?;
        let container = self.settings.clone().expected_frames(self.frames).container;
        let mut recording = record(&container, &movie.stream)?;
        let mut progress = Progress::new(self.frames, 0);
        let deliver = &mut |packets: PacketBuffer| packets.packets().try_for_each(|packet| recording.push(&packet));
        let ran = Workers::run(&self, 0..plan.count, first, folder.as_ref(), &mut progress, deliver);
        if let Err(failure) = ran {
            // Dropped before a panic continues: a recording that is dropped by a panic keeps its file.
            drop(recording);
            return Err(or_resume(failure));
        }
        let clock = self.settings.clock();
        let end = self.frames as i64 * i64::from(clock.frame);
        let (output, bytes) = recording.finish(end)?;
        if let Some(folder) = folder {
            folder.finish();
        }
        let (width, height) = self.settings.coded_size();
        let (frames, seconds, elapsed) = (self.frames, clock.seconds(end), begin.elapsed());
        self.report_end(progress, begin);
        Ok((output, Report { frames, seconds, bytes, width, height, elapsed }))
    }

    /// Makes one segment.
    pub(super) fn encode_one(&self, index: u64) -> Result<Segment> {
        let begin = Instant::now();
        let plan = self.validate()?;
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
        Workers::run(self, index..index + 1, encoder, None, &mut progress, deliver).map_err(or_resume)?;
        self.report_end(progress, begin);
        Ok(Segment { header: (*header).clone(), packets, path: None })
    }

    fn report_end(&self, mut progress: Progress, begin: Instant) {
        (progress.drawn, progress.encoded, progress.written) = (progress.frames, progress.frames, progress.frames);
        (progress.elapsed, progress.finished) = (begin.elapsed(), true);
        // The movie is finished, so there is nothing left to cancel.
        let _ = lock(&self.on_progress)(&progress);
    }
}

/// Returns the error that stopped the work; a panic continues.
fn or_resume(failure: thread::Result<Error>) -> Error {
    failure.unwrap_or_else(|panic| resume_unwind(panic))
}
