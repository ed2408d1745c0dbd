//! Packets to the bytes of a movie. Pure: it never touches a file, and it never sees the encoder.
//!
//! [`Muxer`] says what is to be appended to the output as packets come in; when the last one has, [`Finished`] says which
//! [`Edit`]s make the output a finished movie. How a file is laid out, by [`Layout`](crate::Layout):
//!
//! ```text
//! crash-safe   recording   ftyp | free | moov | moof mdat | moof mdat | …     a fragmented file at every instant
//!              finished    ftyp | moov | mdat: (rest of free, moov, fragments)    by one 8-byte write
//! progressive  recording   ftyp | mdat: samples
//!              finished    ftyp | moov | mdat: samples
//! fragmented               ftyp | moov | moof mdat | moof mdat | …
//! ```
//!
//! The index of a crash-safe file goes where `free` is, which is sized by the expected number of frames; where it does
//! not fit, the samples are copied to a progressive file. See [`Finished`].

mod annexb;
mod boxes;
mod finish;
mod fragment;
mod header;
mod index;
mod read;
mod samples;
mod sps;
mod tags;

pub(crate) use annexb::AnnexB;
pub(crate) use finish::{Edit, Finished};
pub(crate) use read::{Reader, Summary};

use crate::packet::{Packet, ParameterSets};
use crate::settings::Settings;
use crate::{Error, Result};
use boxes::header;
use header::{Brands, Header};
use samples::{Chunk, Sample, Samples};

/// The most bytes of samples that a fragment gathers in memory.
const MAX_FRAGMENT: usize = 64 << 20;

/// How an MP4 file is laid out while it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mp4Layout {
    /// Fragments behind a reserve for the index.
    CrashSafe,
    /// Bare samples.
    Progressive,
    /// Fragments that begin with keyframes.
    Fragmented,
}

/// Packets in decoding order to an MP4 file.
pub(crate) struct Muxer {
    form: Mp4Layout,
    header: Header,
    samples: Samples,
    /// Length of the output so far, in bytes.
    length: u64,
    /// Where the reserve begins and how long it is, with the header of its `free` box.
    reserve: (u64, u64),
    /// Ticks after which a fragment, or a chunk of a file without fragments, ends.
    fragment_ticks: i64,
    /// What belongs in front of the first access unit, until it has come.
    sei: Vec<u8>,
    times: Option<Times>,
    /// The samples of the fragment that is being gathered, but the last, whose duration is not known yet.
    gathered: Vec<Sample>,
    last: Option<Last>,
    data: Vec<u8>,
    data_bytes: u64,
    fragments: u32,
}

/// Times in ticks, counted so that the first frame is shown at 0.
#[derive(Clone, Copy)]
struct Times {
    /// The first packet's `pts`.
    origin: i64,
    first_dts: i64,
    /// The latest showing so far.
    max_pts: i64,
    /// The first decoding time in the fragment that is being gathered.
    fragment_dts: i64,
    /// Packets so far, as far as it matters.
    packets: u32,
}

struct Last {
    dts: i64,
    offset: u32,
    size: u32,
    sync: bool,
}

impl Muxer {
    /// A muxer for an output that is yet to be begun.
    pub fn new(settings: &Settings, sets: &ParameterSets, form: Mp4Layout) -> Result<Self> {
        let header = Header::new(settings, sets)?;
        let clock = settings.clock();
        Ok(Self {
            form,
            samples: Samples::new(clock.frame),
            length: 0,
            reserve: (0, 0),
            fragment_ticks: index::fragment_ticks(settings),
            sei: sets.sei.clone(),
            times: None,
            gathered: Vec::new(),
            last: None,
            data: Vec::new(),
            data_bytes: 0,
            fragments: 0,
            header,
        })
    }

    /// Hands over the first bytes of the output, in blocks.
    pub fn begin(&mut self, settings: &Settings, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut append = |bytes: &[u8]| {
            self.length += bytes.len() as u64;
            out(bytes)
        };
        match self.form {
            Mp4Layout::CrashSafe => {
                let ftyp = Brands::Both.ftyp()?;
                self.reserve = (ftyp.len() as u64, index::reserve(&self.header, settings)?);
                append(&[ftyp, header(b"free", self.reserve.1)].concat())?;
                let mut zeros = self.reserve.1 - 8;
                while zeros > 0 {
                    let block = zeros.min(index::BLOCK as u64);
                    append(&vec![0; block as usize])?;
                    zeros -= block;
                }
                append(&self.header.fragmented()?)
            }
            Mp4Layout::Progressive => {
                let ftyp = Brands::Plain.ftyp()?;
                self.reserve = (ftyp.len() as u64, 8);
                // A box of size 0 reaches to the end of the file.
                append(&[ftyp, header(b"mdat", 0)].concat())
            }
            Mp4Layout::Fragmented => append(&[Brands::Fragmented.ftyp()?, self.header.fragmented()?].concat()),
        }
    }

    /// How the file is laid out while it is recorded.
    pub fn form(&self) -> Mp4Layout {
        self.form
    }

    /// Takes the next packet and adds to `out` what the output grows by.
    pub fn push(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<()> {
        let (dts, pts) = self.times_of(packet)?;
        let size = packet.data.len() + if self.sei.is_empty() { 0 } else { 4 + self.sei.len() };
        let too_large = |_| Error::Mp4(format!("a frame of {size} bytes; a sample has at most 4 GiB"));
        let sample_size = u32::try_from(size).map_err(too_large)?;
        self.settle_last(dts)?;
        let times = self.times.as_mut().expect("set by times_of");
        let long_enough = dts - times.fragment_dts >= self.fragment_ticks;
        let ends = long_enough && (self.form != Mp4Layout::Fragmented || packet.sync);
        if !self.gathered.is_empty() && (ends || self.data_bytes + size as u64 > MAX_FRAGMENT as u64) {
            times.fragment_dts = dts;
            self.close_fragment(out)?;
        }
        let data = if self.form == Mp4Layout::Progressive { &mut *out } else { &mut self.data };
        annexb::write_sample(packet.data, &std::mem::take(&mut self.sei), data);
        self.data_bytes += size as u64;
        self.last = Some(Last { dts, offset: (pts - dts) as u32, size: sample_size, sync: packet.sync });
        Ok(())
    }

    /// Adds to `out` what has been gathered, for an output that ends here without being finished.
    pub fn interrupt(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if let Some(last) = &self.last {
            self.settle_last(last.dts + i64::from(self.header.frame))?;
            self.close_fragment(out)?;
        }
        Ok(())
    }

    /// Adds to `out` the last bytes of the output. `end` is the tick at which the last frame's showing ends.
    pub fn finish(&mut self, end: i64, out: &mut Vec<u8>) -> Result<Finished> {
        let (Some(times), Some(last)) = (self.times, &self.last) else { return Err(Error::NoFrames) };
        let end = (end - times.origin).max(times.max_pts + 1);
        // The last sample's duration is the last frame's, and the samples together last no shorter than the movie.
        let next = last.dts + (end - times.max_pts);
        self.settle_last(next.max(end + times.first_dts))?;
        self.close_fragment(out)?;
        Ok(Finished {
            form: self.form,
            header: self.header.clone(),
            samples: std::mem::replace(&mut self.samples, Samples::new(0)),
            movie: end as u64,
            media_time: -times.first_dts as u64,
            reserve: self.reserve,
            length: self.length,
        })
    }

    /// Decoding and showing time of a packet, the first frame being shown at 0.
    ///
    /// The edit list of a fragmented file is written before the first frame and lets decoding run ahead by whole frames
    /// of the nominal rate, while the first frames of a variable rate may be longer. Their decoding times, which mean
    /// nothing to a player but order, are then moved.
    fn times_of(&mut self, packet: &Packet<'_>) -> Result<(i64, i64)> {
        let times = self.times.get_or_insert(Times {
            origin: packet.pts,
            first_dts: 0,
            max_pts: 0,
            fragment_dts: 0,
            packets: 0,
        });
        let uncountable = |time| Error::Mp4(format!("a packet's time is {time} ticks; at most 2^60 can be"));
        let counted = |time: i64| (time.unsigned_abs() <= 1 << 60).then_some(time).ok_or_else(|| uncountable(time));
        let (pts, mut dts) = (counted(packet.pts)? - times.origin, counted(packet.dts)? - times.origin);
        let ahead = i64::from(self.header.delay) - i64::from(times.packets) * i64::from(self.header.frame);
        if ahead >= 0 {
            dts = dts.max(-ahead);
        }
        if times.packets == 0 {
            (times.first_dts, times.fragment_dts) = (dts, dts);
        }
        times.packets = times.packets.saturating_add(1);
        times.max_pts = times.max_pts.max(pts);
        let follows = self.last.as_ref().is_none_or(|last| dts > last.dts);
        let delay = i64::from(self.header.delay);
        if !follows || dts < -delay || !(0..=i64::from(i32::MAX) - delay).contains(&(pts - dts)) {
            return Err(Error::Mp4(format!(
                "packet {} is decoded at tick {dts} and shown at {pts}; packets must come in decoding order",
                times.packets
            )));
        }
        Ok((dts, pts))
    }

    /// Gathers the last sample, whose duration is known now that the next one's decoding time is.
    fn settle_last(&mut self, next: i64) -> Result<()> {
        let Some(last) = self.last.take() else { return Ok(()) };
        let ticks = next - last.dts;
        let too_long = |_| Error::Mp4(format!("a frame of {ticks} ticks; a sample lasts at most 2³² − 1"));
        let duration = u32::try_from(ticks).map_err(too_long)?;
        if self.samples.count == u32::MAX {
            return Err(Error::Mp4("more than 2³² − 1 frames".into()));
        }
        let sample = Sample { size: last.size, duration, offset: last.offset, sync: last.sync };
        self.samples.push(sample);
        self.gathered.push(sample);
        Ok(())
    }

    /// Adds the gathered samples to `out` as a fragment, or notes them as a chunk where samples stand bare.
    fn close_fragment(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let bytes = self.data_bytes;
        let mut head = Vec::new();
        if self.form != Mp4Layout::Progressive {
            self.fragments += 1;
            let length: u64 = self.gathered.iter().map(|sample| u64::from(sample.duration)).sum();
            // Where decoding runs less far ahead than the edit list says, samples are shown that much later.
            let lag = self.times.map_or(0, |times| (times.first_dts + i64::from(self.header.delay)) as u32);
            let decode_time = self.samples.duration - length;
            let gathered = self.gathered.iter().map(|sample| Sample { offset: sample.offset + lag, ..*sample });
            head = fragment::head(self.fragments, decode_time, &gathered.collect::<Vec<_>>())?;
            out.reserve(head.len() + self.data.len());
            out.extend_from_slice(&head);
            out.append(&mut self.data);
        }
        let samples = self.gathered.len() as u32;
        self.samples.chunks.push(Chunk { position: self.length + head.len() as u64, bytes, samples });
        self.length += head.len() as u64 + bytes;
        self.gathered.clear();
        self.data_bytes = 0;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
