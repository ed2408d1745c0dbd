//! `FragmentReader`: reads back the fragments of a recording that was cut short or damaged.
//!
//! Whatever a decoder shows is kept: every sample that its fragment's table leads to and that has a picture. What is
//! left out would do harm: Chromium stops at a sample in which its decoder finds no picture, and at a first sample that
//! is not a keyframe.

use std::ops::Range;

use mp4::MoofBox;

use super::Mp4Layout;
use super::boxes::{BoxSpan, children, find};
use super::fields::damaged;
use super::file_box::head_at;
use super::fragment::{NON_SYNC_BIT, NOT_SYNC};
use super::header::Header;
use super::left_out::LeftOut;
use super::mend;
use super::picture::Picture;
use super::read::{Summary, field, read_box};
use super::recorded::Recorded;
use super::samples::{Chunk, Sample, Samples};
use crate::sink::ReadAt;
use crate::{Mp4Error, Result};

/// The longest duration of a sample in ticks that all players understand.
const MAX_DURATION: u64 = (1 << 28) - 1;

/// A recording that is read back fragment by fragment.
pub(super) struct FragmentReader {
    header: Header,
    samples: Samples,
    /// The last sample, whose duration may have to be longer.
    last: Option<Sample>,
    /// Ticks by which it is to last longer if another sample follows, in place of what was left out after it.
    waiting: u64,
    /// Ticks from the beginning of the media to the end of the last frame's presentation.
    end: u64,
    /// Where the last sample ends in the file.
    position: u64,
    /// The decoding time of the next sample in the recording, where the fragments before are as they were written.
    decode_time: u64,
    /// Whether every sample so far lasts as long as the header says.
    steady: bool,
    /// Whether the next sample has all that it depends on.
    intact: bool,
    /// Samples that depend on others that were left out.
    impaired: u64,
    left_out: Vec<LeftOut>,
    /// Whether the last part that was left out has no table. Its duration follows from the next fragment.
    open_gap: bool,
    /// Where the first part is that has no table.
    unindexed: Option<u64>,
    /// Where the first fragment begins of which some samples were kept and some not.
    broken: Option<u64>,
}

/// What was read back.
pub(crate) struct ReadBack {
    pub recorded: Box<Recorded>,
    /// Frames and seconds of the movie, without the impaired frames.
    pub summary: Summary,
    /// Frames that depend on others that were left out.
    pub impaired: u64,
    pub left_out: Vec<LeftOut>,
    /// Where the last sample ends in the file.
    pub end: u64,
    /// Where the first part is that was left out because it has no table that can be read.
    unindexed: Option<u64>,
    /// Where the first fragment begins of which some samples were kept and some not.
    broken: Option<u64>,
}

impl ReadBack {
    /// Returns whether anything was left out that an incomplete fragment at the end does not explain.
    pub fn is_damaged(&self) -> bool {
        self.unindexed.is_some() || self.broken.is_some() || !self.left_out.is_empty()
    }

    /// Returns where damage is of which players may show more than a movie that is finished in place would have. A
    /// fragmented file stays as it is, so nothing can be left out of it.
    pub fn damaged_in_place(&self) -> Option<u64> {
        let is_kept = self.recorded.layout == Mp4Layout::CrashSafe;
        let left_out = self.left_out.first().map(|part| part.bytes.start);
        self.unindexed.or(self.broken.or(left_out).filter(|_| !is_kept))
    }
}

impl FragmentReader {
    /// Creates a reader for the fragments after a `moov` box with this header.
    pub fn new(header: Header) -> Self {
        Self {
            samples: Samples::new(header.frame_ticks),
            header,
            last: None,
            waiting: 0,
            end: 0,
            position: 0,
            decode_time: 0,
            steady: true,
            intact: false,
            impaired: 0,
            left_out: Vec::new(),
            open_gap: false,
            unindexed: None,
            broken: None,
        }
    }

    /// Adds the next fragment, whose `moof` box begins at `moof_at` in `file`. Returns where the fragment ends, or
    /// `None` if it does not have all its samples.
    ///
    /// # Errors
    /// [`Error::Mp4`](crate::Error::Mp4) if the box is damaged, in which case the fragment is not added; any error of
    /// reading.
    pub fn push(&mut self, moof: &[u8], moof_at: u64, file: &impl ReadAt) -> Result<Option<u64>> {
        let Table { mut samples, data_offset, decode_time } = table(moof, self.header.frame_ticks, self.header.delay)?;
        if samples.is_empty() || self.samples.count.checked_add(samples.len() as u32 + 1).is_none() {
            return Err(damaged("trun").into());
        }
        self.close_gap(decode_time);
        // The samples follow the header of mdat, of 8 bytes or of 16. If that is damaged, no player minds.
        let header = if data_offset == i32::try_from(moof.len() + 16).ok() { 16 } else { 8 };
        let begin = moof_at + moof.len() as u64 + header;
        let payload = payload(begin - header, file)?;
        let pictures = mend::pictures(&mut samples, begin, payload, file)?;
        let mut at = begin;
        let mut kept = 0;
        for (sample, picture) in samples.iter().zip(&pictures) {
            let place = at..at.saturating_add(sample.size.into());
            at = place.end;
            let is_key = *picture == Some(Picture::Idr) || sample.sync;
            if picture.is_none() || (self.last.is_none() && !is_key) {
                let end = file.len();
                self.leave_out(place.start.min(end)..place.end.min(end), sample.duration);
                continue;
            }
            self.intact |= *picture == Some(Picture::Idr);
            self.impaired += u64::from(!self.intact);
            self.keep(*sample, place, kept == 0);
            kept += 1;
        }
        if kept == samples.len() {
            return Ok(Some(at));
        }
        if kept > 0 {
            self.broken.get_or_insert(moof_at);
        }
        Ok(None)
    }

    fn keep(&mut self, sample: Sample, place: Range<u64>, begins_fragment: bool) {
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(mut last) = self.last.replace(sample) {
            let longer = u64::from(last.duration).saturating_add(waiting).min(MAX_DURATION);
            last.duration = last.duration.max(longer as u32);
            self.samples.push(last);
        }
        let dts = self.samples.duration;
        let pts = dts.saturating_add(sample.offset.into());
        self.end = self.end.max(pts.saturating_add(sample.duration.into()));
        self.steady &= sample.duration == self.header.frame_ticks;
        self.decode_time = self.decode_time.saturating_add(sample.duration.into());
        let bytes = place.end - place.start;
        match self.samples.chunks.last_mut().filter(|_| !begins_fragment && self.position == place.start) {
            Some(chunk) => {
                chunk.bytes += bytes;
                chunk.samples += 1;
            }
            None => self.samples.chunks.push(Chunk { position: place.start, bytes, samples: 1 }),
        }
        self.position = place.end;
    }

    /// Leaves out a sample.
    fn leave_out(&mut self, place: Range<u64>, duration: u32) {
        let start_seconds = self.seconds(self.decode_time);
        let seconds = self.seconds(duration.into());
        let earlier = self.left_out.last_mut().filter(|earlier| earlier.bytes.end == place.start);
        match earlier.map(|earlier| (&mut earlier.bytes, &mut earlier.seconds, &mut earlier.frames)) {
            Some((bytes, Some(sum), Some(frames))) => {
                bytes.end = place.end;
                *sum += seconds;
                *frames += 1;
            }
            _ => self.left_out.push(LeftOut { bytes: place, start_seconds, seconds: Some(seconds), frames: Some(1) }),
        }
        self.intact = false;
        self.wait(duration.into());
    }

    /// Leaves out a part of the file whose samples are not known.
    pub fn skip(&mut self, bytes: Range<u64>) {
        let start_seconds = self.seconds(self.decode_time);
        self.unindexed.get_or_insert(bytes.start);
        self.left_out.push(LeftOut { bytes, start_seconds, seconds: None, frames: None });
        self.intact = false;
        self.open_gap = true;
    }

    /// Finds out how long the part lasts that was left out before a fragment.
    fn close_gap(&mut self, decode_time: Option<u64>) {
        if !std::mem::take(&mut self.open_gap) {
            return;
        }
        let ticks = decode_time.and_then(|time| time.checked_sub(self.decode_time));
        let Some(ticks) = ticks.filter(|ticks| *ticks <= MAX_DURATION) else { return };
        let seconds = self.seconds(ticks);
        let frames = ticks.checked_div(self.header.frame_ticks.into()).filter(|_| self.steady);
        if let Some(gap) = self.left_out.last_mut() {
            (gap.seconds, gap.frames) = (Some(seconds), frames);
        }
        self.wait(ticks);
    }

    /// Presents the last frame for longer, in place of frames that are left out.
    fn wait(&mut self, ticks: u64) {
        self.decode_time = self.decode_time.saturating_add(ticks);
        self.waiting = self.waiting.saturating_add(ticks);
    }

    fn seconds(&self, ticks: u64) -> f64 {
        ticks as f64 / f64::from(self.header.timescale())
    }

    /// Returns the recording as far as it has been read. `reserve` is the beginning and the length of its `free` box.
    ///
    /// # Errors
    /// [`Mp4Error::NoFragment`] without a sample.
    pub fn finish(mut self, layout: Mp4Layout, reserve: (u64, u64)) -> Result<ReadBack> {
        // Samples that are missing at the end are the incomplete end, and the last frame is not shown for longer.
        while self.left_out.pop_if(|part| part.frames.is_some() && part.bytes.start >= self.position).is_some() {}
        let last = self.last.take().ok_or(Mp4Error::NoFragment)?;
        let media_time = u64::from(self.header.delay);
        let movie = self.end.saturating_sub(media_time).max(1);
        let seconds = self.seconds(self.end.saturating_sub(media_time));
        // As in Mp4Muxer::finish, the samples together last at least as long as the movie.
        let wanted = movie.saturating_sub(self.samples.duration).max(u64::from(last.duration));
        let duration = u32::try_from(wanted).unwrap_or(last.duration);
        self.samples.push(Sample { duration, ..last });
        let frames = u64::from(self.samples.count) - self.impaired;
        let recorded = Recorded { layout, header: self.header, samples: self.samples, movie, media_time, reserve };
        Ok(ReadBack {
            recorded: Box::new(recorded),
            summary: Summary { frames, seconds },
            impaired: self.impaired,
            left_out: self.left_out,
            end: self.position,
            unindexed: self.unindexed,
            broken: self.broken,
        })
    }
}

/// Returns the number of bytes in the `mdat` box at `at`, or `None` if there is none.
fn payload(at: u64, file: &impl ReadAt) -> Result<Option<u64>> {
    let head = head_at(file, at)?.filter(|head| &head.name == b"mdat");
    Ok(head.map(|head| head.size - head.length))
}

/// What a `moof` box states about its samples.
struct Table {
    samples: Vec<Sample>,
    /// Where the samples begin, in bytes from the beginning of the box.
    data_offset: Option<i32>,
    /// The decoding time of the first sample, in ticks from the beginning of the media.
    decode_time: Option<u64>,
}

/// Reads a `moof` box. It must have one track with one run, as this crate writes it.
fn table(moof: &[u8], frame_ticks: u32, delay: u32) -> Result<Table, Mp4Error> {
    for (parent, name) in [(&[b"moof"][..], b"traf"), (&[b"moof", b"traf"], b"trun")] {
        let only =
            |parent: BoxSpan| children(moof, parent.body, parent.end).filter(|child| &child.name == name).count() == 1;
        if !find(moof, parent).is_some_and(only) {
            return Err(damaged(&name.escape_ascii().to_string()));
        }
    }
    // The types of tfhd and trun cannot be named, but those of the fields can be inferred.
    let mut read = MoofBox::default();
    read.trafs.push(Default::default());
    let read = &mut read.trafs[0];
    read.tfhd = read_box(moof, &[b"moof", b"traf", b"tfhd"])?;
    // Each sample must state its size, which limits the number of samples to what the box has bytes for. Otherwise the
    // reader of the mp4 crate could count to 2³².
    let run = [b"moof", b"traf", b"trun"];
    if field(moof, &run, 4).is_none_or(|count| u64::from(count) * 4 > moof.len() as u64) {
        return Err(damaged("trun"));
    }
    let trun = read.trun.insert(read_box(moof, &run)?);
    let count = trun.sample_count as usize;
    if trun.sample_sizes.len() != count {
        return Err(damaged("trun"));
    }
    let usual_flags = read.tfhd.default_sample_flags.unwrap_or(NOT_SYNC);
    // A frame lasts for a tick or more.
    let usual_duration = read.tfhd.default_sample_duration.filter(|ticks| *ticks > 0).unwrap_or(frame_ticks);
    let samples = (0..count).map(|index| {
        let first_flags = trun.first_sample_flags.filter(|_| index == 0);
        let flags = trun.sample_flags.get(index).copied().or(first_flags).unwrap_or(usual_flags);
        Sample {
            size: trun.sample_sizes[index],
            duration: trun.sample_durations.get(index).copied().unwrap_or(usual_duration),
            // An offset that no frame can have is damaged. Most frames have the usual one.
            offset: match trun.sample_cts.get(index).copied().unwrap_or(0) {
                offset if u64::from(offset) <= MAX_DURATION => offset,
                _ => delay,
            },
            sync: flags & NON_SYNC_BIT == 0,
        }
    });
    // Version 1 with 64 bits, as this crate writes it.
    let tfdt = |offset| field(moof, &[b"moof", b"traf", b"tfdt"], offset).map(u64::from);
    let decode_time = tfdt(4).zip(tfdt(8)).map(|(high, low)| high << 32 | low);
    Ok(Table { samples: samples.collect(), data_offset: trun.data_offset, decode_time })
}
