//! Makes an animation of at most so many bytes: samples it, and makes it again until it fits.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::Animation;
use super::encode::or_resume;
use super::packets::{Made, make_segments};
use super::sample::Sample;
use super::search::{Factor, Next, Search};
use super::stage::Stages;
use crate::progress::Progress;
use crate::recording::Recording;
use crate::report::Report;
use crate::segment::{PacketBuffer, SegmentEncoder, SegmentPlan};
use crate::settings::{ContainerSettings, Layout, Quality};
use crate::sink::Sink;
use crate::stream::StreamInfo;
use crate::{Error, Result};

/// The bytes of the container that a frame takes, unless it has none: its size, and its time of presentation.
const FRAME_BYTES: f64 = 12.0;

/// The target of what is logged about samples and tries.
const LOG: &str = "kinetograph::size";

impl Animation<'_> {
    /// Makes the movie with the lowest rate factor that gives at most `most` bytes.
    ///
    /// Each try is recorded like any movie, in the place of the one before.
    pub(super) fn encode_within<S: Sink>(
        mut self,
        most: u64,
        record: impl FnOnce(&ContainerSettings, &StreamInfo) -> Result<Recording<S>>,
    ) -> Result<(S::Output, Report)> {
        let begin = Instant::now();
        let plan = self.validate_repeatable()?;
        let stages = Stages::new(begin);
        let on_progress = self.on_progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.on_progress = Mutex::new(stages.report_to(on_progress));
        let mut container = self.settings.container.clone();
        container.expected_frames = Some(plan.frames);
        let first = self.open(Factor::FIRST, &plan)?;
        let mut recording = record(&container, &first.header().stream)?;
        drop(first);
        let frame_bytes = if container.layout == Layout::AnnexB { 0.0 } else { FRAME_BYTES };
        let mut search = Search::new(most, plan.frames, recording.len() as f64 + frame_bytes * plan.frames as f64);
        let made = self.sample(&plan, &mut search, &stages).and_then(|()| {
            loop {
                let factor = match search.next() {
                    Next::Try(factor) => factor,
                    Next::TooLarge { bytes } => return Err(Ok(Error::TooLarge { bytes, most })),
                };
                stages.next(true, 1.0);
                if let Some(made) = self.try_factor(factor, &plan, &container, &mut recording, &mut search)? {
                    return Ok((factor, made));
                }
            }
        });
        let (factor, progress) = match made {
            Ok(made) => made,
            Err(failure) => {
                // Dropped before a panic continues: a recording that is dropped by a panic keeps its file.
                drop(recording);
                return Err(or_resume(failure));
            }
        };
        let (output, bytes) = recording.commit()?;
        let report = self.report(plan.frames, bytes, begin);
        self.report_end(progress, begin);
        Ok((output, Report { rate_factor: Some(factor.crf()), ..report }))
    }

    /// Checks the settings of a movie that is made more than once, and plans its segments.
    fn validate_repeatable(&self) -> Result<SegmentPlan> {
        let plan = self.validate()?;
        let refuse = |allowed| Err(Error::setting("quality", self.settings.quality, allowed));
        if self.states.is_some() {
            return refuse(
                "the states of an animation come once, and finding the rate factor takes frames that can be made \
                 again: use Animation::new or Animation::from_frames, or set crf",
            );
        }
        if self.folder.is_some() {
            return refuse(
                "a folder of segments has one rate factor: find it without resume, and set it as crf with resume",
            );
        }
        Ok(plan)
    }

    /// Encodes windows of the movie, with as many factors as it takes to predict its size.
    fn sample(&mut self, plan: &SegmentPlan, search: &mut Search, stages: &Stages) -> Made {
        let Some(sample) = Sample::new(plan, self.settings.frames_per_keyframe()) else { return Ok(()) };
        while let Some(factor) = search.next_sample() {
            stages.next(false, sample.plan.frames as f64 / plan.frames as f64);
            let encoder = self.open(factor, &sample.plan).map_err(Ok)?;
            let mut packets = PacketBuffer::default();
            let deliver = &mut |more: PacketBuffer| {
                packets.entries.extend(more.entries);
                Ok(())
            };
            let mut progress = Progress::new(sample.plan.frames, 0);
            make_segments(self, 0..sample.plan.count, encoder, None, Some(&sample), &mut progress, deliver)?;
            let parts = sample.predict(&packets, search.parts());
            log::debug!(target: LOG, "sample at {}: {:.0} bytes", factor.crf(), parts.iter().sum::<f64>());
            search.sampled(factor, parts);
        }
        Ok(())
    }

    /// Makes the movie with a factor. Returns `None` if it is not the movie that was searched for.
    fn try_factor<S: Sink>(
        &mut self,
        factor: Factor,
        plan: &SegmentPlan,
        container: &ContainerSettings,
        recording: &mut Recording<S>,
        search: &mut Search,
    ) -> Made<Option<Progress>> {
        let encoder = self.open(factor, plan).map_err(Ok)?;
        recording.restart(container, &encoder.header().stream).map_err(Ok)?;
        let mut is_stopped = false;
        let deliver = &mut |packets: PacketBuffer| {
            packets.packets().try_for_each(|packet| {
                is_stopped = search.add(packet.data.len() as u64).is_break();
                // Ends the workers, and is not returned.
                if is_stopped { Err(Error::Cancelled) } else { recording.push(&packet) }
            })
        };
        let mut progress = Progress::new(plan.frames, 0);
        let made = make_segments(self, 0..plan.count, encoder, None, None, &mut progress, deliver);
        if is_stopped && matches!(made, Err(Ok(Error::Cancelled))) {
            let frames = search.stopped();
            log::debug!(target: LOG, "try at {}, stopped after {frames} frames", factor.crf());
            return Ok(None);
        }
        made?;
        let bytes = recording.complete(self.end(plan.frames)).map_err(Ok)?;
        log::debug!(target: LOG, "try at {}, {bytes} bytes", factor.crf());
        Ok(search.completed(bytes).then_some(progress))
    }

    /// Opens the encoder of the first segment of a plan, with a rate factor that the animation then has.
    fn open(&mut self, factor: Factor, plan: &SegmentPlan) -> Result<SegmentEncoder> {
        self.settings.quality = Quality::Crf(factor.crf());
        SegmentEncoder::open(&self.settings, plan, 0)
    }
}
