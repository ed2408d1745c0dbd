//! How an animation is made: checked, run, recorded.

use std::ops::Range;
use std::panic::resume_unwind;
use std::time::Instant;

use super::scheduler::{Failure, Job};
use super::workers::run;
use super::{Animation, MOST_WORKERS};
use crate::packet::{Packet, ParameterSets};
use crate::progress::Progress;
use crate::recording::{Recording, Written};
use crate::report::Report;
use crate::segment::folder::Folder;
use crate::segment::plan::{PacketBuffer, SegmentEncoder, SegmentPlan};
use crate::segment::{Identity, Segment};
use crate::settings::Settings;
use crate::{Error, Result};

/// The most frames: what the file format can count.
const MOST_FRAMES: u64 = u32::MAX as u64;

impl Animation<'_> {
    /// Checks everything, and says which parts there are.
    pub(super) fn validate(&self) -> Result<SegmentPlan> {
        let Settings { width, height, .. } = self.settings;
        self.settings.validate()?;
        if self.frames == 0 {
            return Err(Error::NoFrames);
        }
        if self.frames > MOST_FRAMES {
            return Err(Error::setting("frames", self.frames, format!("it must be at most {MOST_FRAMES}")));
        }
        if !(1..=MOST_WORKERS).contains(&self.workers) {
            return Err(Error::setting("workers", self.workers, format!("it must be 1 to {MOST_WORKERS}")));
        }
        if self.layer.is_some() && !self.source.has_canvas() {
            return Err(Error::setting("background", "a layer", "frames that are given have no canvas to lie under"));
        }
        if let Some(layer) = self.layer.as_ref().filter(|layer| (layer.width(), layer.height()) != (width, height)) {
            let size = format!("{}×{} pixels", layer.width(), layer.height());
            return Err(Error::setting("background", size, format!("it must have the movie's size, {width}×{height}")));
        }
        Ok(SegmentPlan::new(&self.settings, self.frames))
    }

    /// Makes the movie.
    pub(super) fn film(
        mut self,
        record: impl FnOnce(&Settings, &ParameterSets) -> Result<Recording>,
    ) -> Result<(Report, Written)> {
        let begin = Instant::now();
        let parts = self.validate()?;
        let first = SegmentEncoder::open(&self.settings, &parts, 0)?;
        let sets = first.parameter_sets().clone();
        let folder = match &self.folder {
            Some(path) => Some(Folder::scan(path, Identity::new(&self.settings, &parts), &parts, &sets)?),
            None => None,
        };
        let mut recording = record(&self.recording_settings(), &sets)?;
        let kept = folder.iter().flat_map(Folder::kept).map(|part| frames(&parts, part)).sum();
        let mut progress = Progress::new(self.frames, kept);
        let first = Some(first).filter(|_| !folder.as_ref().is_some_and(|folder| folder.has(0)));
        let deliver = &mut |packet: &Packet<'_>| recording.push(packet);
        let ran = self.run(&parts, 0..parts.count(), first, folder.as_ref(), &mut progress, deliver);
        if let Err(failure) = ran {
            // Gone before a panic goes on: a recording that is dropped by a panic stays.
            drop(recording);
            return Err(or_panic(failure));
        }
        let result = self.finish(recording, begin, progress)?;
        if let Some(folder) = folder {
            folder.clear();
        }
        Ok(result)
    }

    /// Makes one part.
    pub(super) fn make_part(&mut self, part: u64) -> Result<Segment> {
        let begin = Instant::now();
        let parts = self.validate()?;
        if part >= parts.count() {
            let reason = format!("the movie has {} parts, counted from 0", parts.count());
            return Err(Error::Segment { piece: format!("part {part}"), reason });
        }
        let first = SegmentEncoder::open(&self.settings, &parts, part)?;
        let sets = first.parameter_sets().clone();
        let mut film = PacketBuffer::default();
        let mut progress = Progress::new(frames(&parts, part), 0);
        let deliver = &mut |packet: &Packet<'_>| {
            film.push(packet);
            Ok(())
        };
        self.run(&parts, part..part + 1, Some(first), None, &mut progress, deliver).map_err(or_panic)?;
        self.tell_the_end(begin, progress);
        Ok(Segment::new(part, &Identity::new(&self.settings, &parts), sets, film))
    }

    /// Makes the movie of pieces, which come in order.
    pub(super) fn splice(
        mut self,
        pieces: impl IntoIterator<Item = Result<Segment>>,
        record: impl FnOnce(&Settings, &ParameterSets) -> Result<Recording>,
    ) -> Result<(Report, Written)> {
        let begin = Instant::now();
        let parts = self.validate()?;
        let identity = Identity::new(&self.settings, &parts);
        let missing =
            |part: u64| Error::Segment { piece: format!("part {part}"), reason: "its piece is missing".into() };
        let mut pieces = pieces.into_iter();
        let mut piece = pieces.next().ok_or_else(|| missing(0))??;
        let sets = piece.sets().clone();
        piece.check(&identity, &parts, &sets)?;
        let mut recording = record(&self.recording_settings(), &sets)?;
        let mut progress = Progress::new(self.frames, self.frames);
        for part in 0..parts.count() {
            if part > 0 {
                piece = pieces.next().ok_or_else(|| missing(part))??;
                piece.check(&identity, &parts, &sets)?;
            }
            if piece.part() != part {
                let reason = format!("its piece is missing: that of part {} is in its place", piece.part());
                return Err(Error::Segment { piece: format!("part {part}"), reason });
            }
            for packet in piece.film().packets() {
                recording.push(&packet)?;
            }
            progress.written += piece.frames();
            progress.bytes += piece.film().data.len() as u64;
        }
        if let Some(piece) = pieces.next() {
            let reason = format!("it comes after the movie's {} parts", parts.count());
            return Err(Error::Segment { piece: format!("the piece of part {}", piece?.part()), reason });
        }
        self.finish(recording, begin, progress)
    }

    fn run(
        &mut self,
        parts: &SegmentPlan,
        which: Range<u64>,
        first: Option<SegmentEncoder>,
        folder: Option<&Folder>,
        progress: &mut Progress,
        deliver: &mut dyn FnMut(&Packet<'_>) -> Result<()>,
    ) -> Result<(), Failure> {
        let job = Job {
            settings: &self.settings,
            parts,
            source: &*self.source,
            layer: self.layer.as_ref(),
            workers: self.workers,
            folder,
        };
        run(job, which, first, progress, &mut self.on_progress, deliver)
    }

    /// The settings as the container needs them.
    fn recording_settings(&self) -> Settings {
        self.settings.clone().expected_frames(self.frames)
    }

    fn finish(&mut self, recording: Recording, begin: Instant, progress: Progress) -> Result<(Report, Written)> {
        let clock = self.settings.clock();
        let end = self.frames as i64 * i64::from(clock.frame);
        let written = recording.finish(end)?;
        let (width, height) = self.settings.coded_size();
        let report = Report {
            frames: self.frames,
            seconds: clock.seconds(end),
            bytes: written.bytes,
            width,
            height,
            elapsed: begin.elapsed(),
        };
        self.tell_the_end(begin, progress);
        Ok((report, written))
    }

    fn tell_the_end(&mut self, begin: Instant, mut progress: Progress) {
        (progress.drawn, progress.encoded, progress.written) = (progress.frames, progress.frames, progress.frames);
        (progress.elapsed, progress.finished) = (begin.elapsed(), true);
        // It is finished: there is nothing left to cancel.
        let _ = (self.on_progress)(&progress);
    }
}

fn frames(parts: &SegmentPlan, part: u64) -> u64 {
    let range = parts.range(part);
    range.end - range.start
}

/// The error that stopped the work; a panic goes on.
fn or_panic(failure: Failure) -> Error {
    match failure {
        Failure::Error(error) => error,
        Failure::Panic(panic) => resume_unwind(panic),
    }
}
