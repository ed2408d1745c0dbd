//! `FragmentReader`: reads back the `moov` and `moof` boxes of a recording that was cut short.
//!
//! The bytes may be damaged or hostile. Every field is checked, and no field alone determines the size of an
//! allocation.

use std::io::Cursor;
use std::ops::Range;

use mp4::{MoofBox, MoovBox, ReadBox};

use super::Mp4Layout;
use super::boxes::{BoxSpan, children, find};
use super::fragment::{NON_SYNC_BIT, NOT_SYNC};
use super::header::{Header, empty_moov};
use super::recorded::Recorded;
use super::samples::{Chunk, Sample, Samples};
use crate::sink::ReadAt;
use crate::{Error, Mp4Error, Result};

/// Frames of a movie and the seconds they last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub frames: u32,
    pub seconds: f64,
}

/// Where the boxes of the sample tables are.
const STBL: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];

/// A recording that is read back fragment by fragment.
pub(super) struct FragmentReader {
    header: Header,
    samples: Samples,
    /// The last sample, whose duration may have to be longer.
    last: Option<Sample>,
    /// Ticks from the beginning of the media to the end of the last frame's presentation.
    end: u64,
}

/// Returns the summary of a finished movie from its `moov` box, or `None` if the box is that of a fragmented file.
pub(super) fn summarise_plain(moov: &[u8]) -> Result<Option<Summary>, Mp4Error> {
    let [a, b, c, d, e] = STBL;
    if find(moov, &[b"moov", b"mvex"]).is_some() {
        return Ok(None);
    }
    let times = read_times(moov)?;
    let frames = field(moov, &[a, b, c, d, e, b"stsz"], 8).ok_or_else(|| damaged("stsz"))?;
    let seconds = times.mvhd.duration as f64 / f64::from(times.mvhd.timescale);
    Ok(Some(Summary { frames, seconds }))
}

impl FragmentReader {
    /// Reads the `moov` box of a fragmented file.
    pub fn new(moov: &[u8]) -> Result<Self, Mp4Error> {
        let header = Header::read(moov)?;
        let samples = Samples::new(header.frame_ticks);
        Ok(Self { header, samples, last: None, end: 0 })
    }

    /// Adds the next fragment. `moof` is its `moof` box, which begins at `moof_at` in `file`, and `payload` is where
    /// the contents of its `mdat` box are.
    ///
    /// # Errors
    /// [`Error::Mp4`] if the fragment is damaged, in which case it is not added; any error of reading.
    pub fn push(&mut self, moof: &[u8], moof_at: u64, payload: Range<u64>, file: &impl ReadAt) -> Result<()> {
        let samples = fragment_samples(moof, self.header.frame_ticks, payload.start - moof_at)?;
        let bytes: u64 = samples.iter().map(|sample| u64::from(sample.size)).sum();
        if samples.is_empty() || bytes != payload.end - payload.start {
            return Err(damaged("mdat").into());
        }
        if self.samples.count.checked_add(samples.len() as u32 + 1).is_none() {
            return Err(damaged("trun").into());
        }
        check_units(&samples, payload.start, file)?;
        let mut dts = self.samples.duration + self.last.map_or(0, |last| u64::from(last.duration));
        for sample in &samples {
            let pts = dts.saturating_add(sample.offset.into());
            self.end = self.end.max(pts.saturating_add(sample.duration.into()));
            dts = dts.saturating_add(sample.duration.into());
            if let Some(last) = self.last.replace(*sample) {
                self.samples.push(last);
            }
        }
        self.samples.chunks.push(Chunk { position: payload.start, bytes, samples: samples.len() as u32 });
        Ok(())
    }

    /// Returns the number of frames in the fragments so far, and their duration.
    pub fn summarise(&self) -> Summary {
        let ticks = self.end.saturating_sub(self.header.delay.into());
        let frames = self.samples.count + u32::from(self.last.is_some());
        Summary { frames, seconds: ticks as f64 / f64::from(self.header.timescale()) }
    }

    /// Returns the recording as far as it has been read. `reserve` is the beginning and the length of its `free` box.
    pub fn finish(mut self, layout: Mp4Layout, reserve: (u64, u64)) -> Result<Recorded> {
        let last = self.last.take().ok_or(Error::NoFrames)?;
        let media_time = u64::from(self.header.delay);
        let movie = self.end.saturating_sub(media_time).max(1);
        // As in Mp4Muxer::finish, the samples together last at least as long as the movie.
        let wanted = movie.saturating_sub(self.samples.duration).max(u64::from(last.duration));
        let duration = u32::try_from(wanted).unwrap_or(last.duration);
        self.samples.push(Sample { duration, ..last });
        Ok(Recorded { layout, header: self.header, samples: self.samples, movie, media_time, reserve })
    }
}

impl Header {
    /// Reads the `moov` box of a fragmented file.
    fn read(moov: &[u8]) -> Result<Self, Mp4Error> {
        let times = read_times(moov)?;
        let [a, b, c, d, e] = STBL;
        let stsd = find(moov, &[a, b, c, d, e, b"stsd"]).ok_or_else(|| damaged("stsd"))?;
        // After version and flags, and the number of entries.
        let entry = children(moov, stsd.body + 8, stsd.end).next().filter(|entry| &entry.name == b"avc1");
        let entry = entry.ok_or(Mp4Error::NotH264)?;
        let trex = |offset| field(moov, &[b"moov", b"mvex", b"trex"], offset).ok_or_else(|| damaged("trex"));
        let elst = [b"moov", b"trak", b"edts", b"elst"];
        // Version 0, one entry: duration, media time.
        let delay = field(moov, &elst, 12).filter(|time| *time <= i32::MAX as u32).ok_or_else(|| damaged("elst"))?;
        let udta = find(moov, &[b"moov", b"udta"]).map_or(&[][..], |udta| &moov[udta.start..udta.end]);
        Ok(Self::from_parts(times, moov[entry.start..entry.end].to_vec(), udta.to_vec(), trex(12)?, delay))
    }
}

/// Reads the headers of the movie, the track and the media.
fn read_times(moov: &[u8]) -> Result<MoovBox, Mp4Error> {
    let mut read = empty_moov();
    let whole = find(moov, &[b"moov"]).ok_or_else(|| damaged("moov"))?;
    let tracks = children(moov, whole.body, whole.end).filter(|child| &child.name == b"trak").count();
    if tracks != 1 {
        return Err(Mp4Error::TrackCount { tracks });
    }
    read.mvhd = read_box(moov, &[b"moov", b"mvhd"])?;
    read.traks[0].tkhd = read_box(moov, &[b"moov", b"trak", b"tkhd"])?;
    read.traks[0].mdia.mdhd = read_box(moov, &[b"moov", b"trak", b"mdia", b"mdhd"])?;
    if read.mvhd.timescale == 0 || read.mvhd.timescale != read.traks[0].mdia.mdhd.timescale {
        return Err(damaged("mvhd"));
    }
    Ok(read)
}

/// Reads the samples of a fragment whose data begins `payload` bytes after the beginning of its `moof` box. The
/// fragment must have one track with one run, as this crate writes it.
fn fragment_samples(moof: &[u8], frame_ticks: u32, payload: u64) -> Result<Vec<Sample>, Mp4Error> {
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
    if trun.sample_sizes.len() != count || trun.data_offset.map(i64::from) != Some(payload as i64) {
        return Err(damaged("trun"));
    }
    let usual_flags = read.tfhd.default_sample_flags.unwrap_or(NOT_SYNC);
    let usual_duration = read.tfhd.default_sample_duration.unwrap_or(frame_ticks);
    let samples = (0..count).map(|index| {
        let first_flags = trun.first_sample_flags.filter(|_| index == 0);
        let flags = trun.sample_flags.get(index).copied().or(first_flags).unwrap_or(usual_flags);
        Sample {
            size: trun.sample_sizes[index],
            duration: trun.sample_durations.get(index).copied().unwrap_or(usual_duration),
            offset: trun.sample_cts.get(index).copied().unwrap_or(0),
            sync: flags & NON_SYNC_BIT == 0,
        }
    });
    Ok(samples.collect())
}

/// Checks that NAL units fill the samples, which begin at `at`. After a power cut, a file may have its full length but
/// zeros where the system had not written yet.
fn check_units(samples: &[Sample], mut at: u64, file: &impl ReadAt) -> Result<()> {
    for sample in samples {
        let end = at + u64::from(sample.size);
        while at + 4 < end {
            let mut length = [0; 4];
            file.read_at(at, &mut length)?;
            match u32::from_be_bytes(length) {
                0 => return Err(damaged("mdat").into()),
                length => at += 4 + u64::from(length),
            }
        }
        if at != end {
            return Err(damaged("mdat").into());
        }
    }
    Ok(())
}

/// Reads the box at a path with the reader of the mp4 crate, which sees no bytes beyond the box.
fn read_box<'a, B>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Result<B, Mp4Error>
where
    B: for<'r> ReadBox<&'r mut Cursor<&'a [u8]>>,
{
    let name = path.last().map_or_else(String::new, |name| name.escape_ascii().to_string());
    let span = find(bytes, path).ok_or_else(|| damaged(&name))?;
    let mut cursor = Cursor::new(&bytes[..span.end]);
    cursor.set_position(span.body as u64);
    B::read_box(&mut cursor, (span.end - span.start) as u64).map_err(|_| damaged(&name))
}

/// Reads the 32-bit field `offset` bytes into the payload of the box at a path.
fn field(bytes: &[u8], path: &[&[u8; 4]], offset: usize) -> Option<u32> {
    let span = find(bytes, path)?;
    bytes[span.body..span.end].get(offset..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

fn damaged(name: &str) -> Mp4Error {
    Mp4Error::DamagedBox { name: name.into() }
}
