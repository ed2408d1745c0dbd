//! Reads back what [`Muxer`](super::Muxer) has written, so that a recording that was cut short can be finished.
//!
//! What is read may be damaged or hostile: nothing is believed, and nothing is allocated on the word of a size field.

use std::io::Cursor;
use std::ops::Range;

use mp4::{MoofBox, MoovBox, ReadBox};

use super::Mp4Layout;
use super::boxes::{Found, children, find};
use super::finish::Finished;
use super::fragment::{NON_SYNC_BIT, NOT_SYNC};
use super::header::{Header, STBL, empty_moov};
use super::samples::{Chunk, Sample, Samples};
use crate::{Error, Result};

/// A recording read back fragment by fragment.
pub(crate) struct Reader {
    header: Header,
    samples: Samples,
    /// The last sample, whose duration may have to be longer.
    last: Option<Sample>,
    /// Ticks from the beginning of the media to the end of the last frame's showing.
    end: u64,
}

/// What a `moov` box says of a finished movie.
pub(crate) struct Summary {
    pub frames: u32,
    pub seconds: f64,
}

impl Reader {
    /// Reads the `moov` box of a fragmented file.
    pub fn new(moov: &[u8]) -> Result<Self> {
        let header = Header::read(moov)?;
        let samples = Samples::new(header.frame);
        Ok(Self { header, samples, last: None, end: 0 })
    }

    /// What the `moov` box of a finished movie says; `None` if it is that of a fragmented file.
    pub fn summary(moov: &[u8]) -> Result<Option<Summary>> {
        let [a, b, c, d, e] = STBL;
        let count = field(moov, &[a, b, c, d, e, b"stsz"], 8);
        if find(moov, &[b"moov", b"mvex"]).is_some() {
            return Ok(None);
        }
        let read = read_times(moov)?;
        let seconds = read.mvhd.duration as f64 / f64::from(read.mvhd.timescale);
        Ok(Some(Summary { frames: count.ok_or_else(|| damaged("stsz"))?, seconds }))
    }

    /// Takes the next fragment: the bytes of its `moof` box, where that begins, where the payload of the `mdat` behind
    /// it begins and ends, and what reads four of that payload's bytes.
    ///
    /// # Errors
    /// [`Error::Mp4`] if the fragment is damaged; it is then not taken. What reading fails with.
    pub fn push(
        &mut self,
        moof: &[u8],
        moof_at: u64,
        payload: Range<u64>,
        word_at: &mut dyn FnMut(u64) -> Result<u32>,
    ) -> Result<()> {
        let samples = fragment_samples(moof, self.header.frame, payload.start - moof_at)?;
        let bytes: u64 = samples.iter().map(|sample| u64::from(sample.size)).sum();
        if samples.is_empty() || bytes != payload.end - payload.start {
            return Err(damaged("mdat"));
        }
        if self.samples.count.checked_add(samples.len() as u32 + 1).is_none() {
            return Err(damaged("trun"));
        }
        check_units(&samples, payload.start, word_at)?;
        let mut dts = self.samples.duration + self.last.map_or(0, |last| u64::from(last.duration));
        for sample in &samples {
            let shown = dts.saturating_add(sample.offset.into());
            self.end = self.end.max(shown.saturating_add(sample.duration.into()));
            dts = dts.saturating_add(sample.duration.into());
            if let Some(last) = self.last.replace(*sample) {
                self.samples.push(last);
            }
        }
        self.samples.chunks.push(Chunk { position: payload.start, bytes, samples: samples.len() as u32 });
        Ok(())
    }

    /// Frames in the fragments taken, and the seconds they last.
    pub fn summarise(&self) -> Summary {
        let ticks = self.end.saturating_sub(self.header.delay.into());
        let frames = self.samples.count + u32::from(self.last.is_some());
        Summary { frames, seconds: ticks as f64 / f64::from(self.header.timescale()) }
    }

    /// The recording as far as it has been read: `length` bytes, the `free` box in front, if there is one, at
    /// `reserve`.
    pub fn finish(mut self, form: Mp4Layout, reserve: (u64, u64), length: u64) -> Result<Finished> {
        let last = self.last.take().ok_or(Error::NoFrames)?;
        let media_time = u64::from(self.header.delay);
        let movie = self.end.saturating_sub(media_time).max(1);
        // As in Muxer::finish, the samples together last no shorter than the movie.
        let wanted = movie.saturating_sub(self.samples.duration).max(u64::from(last.duration));
        let duration = u32::try_from(wanted).unwrap_or(last.duration);
        self.samples.push(Sample { duration, ..last });
        Ok(Finished { form, header: self.header, samples: self.samples, movie, media_time, reserve, length })
    }
}

impl Header {
    fn read(moov: &[u8]) -> Result<Self> {
        let read = read_times(moov)?;
        let [a, b, c, d, e] = STBL;
        let stsd = find(moov, &[a, b, c, d, e, b"stsd"]).ok_or_else(|| damaged("stsd"))?;
        let entry = children(moov, stsd[5].body + 8, stsd[5].end).next().filter(|entry| &entry.name == b"avc1");
        let entry = entry.ok_or_else(|| Error::Mp4("its track is not H.264 video".into()))?;
        let trex = |offset| field(moov, &[b"moov", b"mvex", b"trex"], offset).ok_or_else(|| damaged("trex"));
        let elst = [b"moov", b"trak", b"edts", b"elst"];
        // Version 0, one entry: duration, media time.
        let delay = field(moov, &elst, 12).filter(|time| *time <= i32::MAX as u32).ok_or_else(|| damaged("elst"))?;
        let udta = find(moov, &[b"moov", b"udta"]).map_or(&[][..], |way| &moov[way[1].start..way[1].end]);
        Ok(Self::from_parts(read, moov[entry.start..entry.end].to_vec(), udta.to_vec(), trex(12)?, delay))
    }
}

/// A `moov` with the headers of movie, track and media as they are in `moov`.
fn read_times(moov: &[u8]) -> Result<MoovBox> {
    let mut read = empty_moov();
    let whole = find(moov, &[b"moov"]).ok_or_else(|| damaged("moov"))?[0];
    let traks = children(moov, whole.body, whole.end).filter(|child| &child.name == b"trak").count();
    if traks != 1 {
        return Err(Error::Mp4(format!("it has {traks} tracks; a movie of this crate has one")));
    }
    read.mvhd = read_box(moov, &[b"moov", b"mvhd"])?;
    read.traks[0].tkhd = read_box(moov, &[b"moov", b"trak", b"tkhd"])?;
    read.traks[0].mdia.mdhd = read_box(moov, &[b"moov", b"trak", b"mdia", b"mdhd"])?;
    if read.mvhd.timescale == 0 || read.mvhd.timescale != read.traks[0].mdia.mdhd.timescale {
        return Err(damaged("mvhd"));
    }
    Ok(read)
}

/// The samples of a fragment whose data begins `payload` bytes behind the beginning of its `moof` box.
fn fragment_samples(moof: &[u8], frame: u32, payload: u64) -> Result<Vec<Sample>> {
    let path = [b"moof", b"traf"];
    let way = find(moof, &path).ok_or_else(|| damaged("traf"))?;
    let (moof_box, traf) = (way[0], way[1]);
    let trafs = children(moof, moof_box.body, moof_box.end).filter(|child| &child.name == b"traf").count();
    let truns = children(moof, traf.body, traf.end).filter(|child| &child.name == b"trun").count();
    if trafs != 1 || truns != 1 {
        return Err(Error::Mp4(format!("a fragment has {trafs} tracks in {truns} runs; it has one of each")));
    }
    // The types of tfhd and trun cannot be named, but those of the fields can be inferred.
    let mut read = MoofBox::default();
    read.trafs.push(Default::default());
    let read = &mut read.trafs[0];
    read.tfhd = read_box(moof, &[b"moof", b"traf", b"tfhd"])?;
    // Each sample states its size, so that there are no more samples than the box has bytes for. The crate's reader counts
    // to 2³² where none states anything.
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
    let usual_duration = read.tfhd.default_sample_duration.unwrap_or(frame);
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

/// Whether NAL units fill the samples, which begin at `at`: after a power cut a file may have its length, but zeros where
/// the system had not written yet.
fn check_units(samples: &[Sample], mut at: u64, word_at: &mut dyn FnMut(u64) -> Result<u32>) -> Result<()> {
    for sample in samples {
        let end = at + u64::from(sample.size);
        while at + 4 < end {
            match word_at(at)? {
                0 => return Err(damaged("mdat")),
                length => at += 4 + u64::from(length),
            }
        }
        if at != end {
            return Err(damaged("mdat"));
        }
    }
    Ok(())
}

/// The box at a path, read by the crate's reader, which cannot leave it.
fn read_box<'a, B>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Result<B>
where
    B: for<'r> ReadBox<&'r mut Cursor<&'a [u8]>>,
{
    let name = path.last().map_or_else(String::new, |name| name.escape_ascii().to_string());
    let found = find(bytes, path).and_then(|way| way.last().copied()).ok_or_else(|| damaged(&name))?;
    let mut cursor = Cursor::new(&bytes[..found.end]);
    cursor.set_position(found.body as u64);
    B::read_box(&mut cursor, (found.end - found.start) as u64).map_err(|_| damaged(&name))
}

/// The 32-bit field `offset` bytes into the payload of the box at a path.
fn field(bytes: &[u8], path: &[&[u8; 4]], offset: usize) -> Option<u32> {
    let found: Found = *find(bytes, path)?.last()?;
    let at = found.body + offset;
    (at + 4 <= found.end).then(|| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]))
}

fn damaged(name: &str) -> Error {
    Error::Mp4(format!("its {name} box is missing or damaged"))
}
