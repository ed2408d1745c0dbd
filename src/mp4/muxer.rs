//! `Mp4Muxer`: gathers packets into fragments or chunks, and computes the decoding times and durations of samples.

use super::Mp4Layout;
use super::beginning::Beginning;
use super::boxes::header;
use super::header::{Brands, Header};
use super::recorded::Recorded;
use super::samples::{Chunk, Sample, Samples};
use super::{fragment, index};
use crate::nal;
use crate::packet::Packet;
use crate::settings::ContainerSettings;
use crate::sink::Sink;
use crate::stream::StreamInfo;
use crate::{Error, Mp4Error, Result};

/// The maximum number of bytes of samples that a fragment gathers in memory.
const MAX_FRAGMENT: usize = 64 << 20;

/// The largest time of a packet, in ticks. Sums of several such times do not overflow.
const MAX_TIME: u64 = 1 << 60;

/// Turns packets in decoding order into an MP4 file.
pub(super) struct Mp4Muxer {
    layout: Mp4Layout,
    header: Header,
    ftyp: Vec<u8>,
    samples: Samples,
    /// Length of the output so far, in bytes.
    length: u64,
    /// Where the reserve begins and its length with the header of its `free` box (see [`Recorded`]).
    reserve: (u64, u64),
    /// Ticks after which a fragment, or a chunk of a file without fragments, ends.
    fragment_ticks: i64,
    /// x264's SEI, until the first sample contains it.
    version_sei: Vec<u8>,
    times: Option<Times>,
    /// The samples of the fragment that is being gathered, except the last, whose duration is not known yet.
    gathered: Vec<Sample>,
    last: Option<Last>,
    data: Vec<u8>,
    data_bytes: u64,
    fragments: u32,
}

/// Times in ticks, counted from the presentation of the first frame.
#[derive(Clone, Copy)]
struct Times {
    /// The first packet's `pts`.
    origin: i64,
    first_dts: i64,
    /// The latest presentation time so far.
    max_pts: i64,
    /// The first decoding time in the fragment that is being gathered.
    fragment_dts: i64,
    /// The number of packets so far, saturating at `u32::MAX`.
    packets: u32,
}

struct Last {
    dts: i64,
    offset: u32,
    size: u32,
    sync: bool,
}

impl Mp4Muxer {
    pub fn new(container: &ContainerSettings, stream: &StreamInfo, layout: Mp4Layout) -> Result<Self> {
        let header = Header::new(container, stream)?;
        let (ftyp, reserved) = match layout {
            Mp4Layout::CrashSafe => (Brands::Both.ftyp(), index::reserve(&header, container, stream.clock)),
            // The header of the mdat.
            Mp4Layout::Progressive => (Brands::Plain.ftyp(), 8),
            Mp4Layout::Fragmented => (Brands::Fragmented.ftyp(), 0),
        };
        let mut reserve = (ftyp.len() as u64, reserved);
        if layout == Mp4Layout::Fragmented {
            reserve = Recorded::duration_reserve(reserve.0, &header.fragmented(None));
        }
        Ok(Self {
            layout,
            samples: Samples::new(header.frame_ticks),
            length: 0,
            reserve,
            ftyp,
            fragment_ticks: index::fragment_ticks(container, stream.clock),
            version_sei: stream.headers.version_sei.clone(),
            times: None,
            gathered: Vec::new(),
            last: None,
            data: Vec::new(),
            data_bytes: 0,
            fragments: 0,
            header,
        })
    }

    /// Writes what precedes the samples, and in a crash-safe file the reserve for the index.
    pub fn begin(&mut self, sink: &mut impl Sink) -> Result<()> {
        self.beginning().write(sink)?;
        self.length = sink.len();
        Ok(())
    }

    pub fn beginning(&self) -> Beginning {
        let (reserve, zeros) = match self.layout {
            Mp4Layout::CrashSafe => (header(b"free", self.reserve.1), self.reserve.1 - 8),
            // A box of size 0 reaches to the end of the file.
            Mp4Layout::Progressive => (header(b"mdat", 0), 0),
            Mp4Layout::Fragmented => (Vec::new(), 0),
        };
        let moov = if self.layout == Mp4Layout::Progressive { Vec::new() } else { self.header.fragmented(None) };
        Beginning { ftyp: self.ftyp.clone(), reserve, zeros, moov }
    }

    /// Counts bytes that a test has written into the sink.
    #[cfg(all(test, unix))]
    pub fn skip(&mut self, bytes: u64) {
        self.length += bytes;
    }

    /// Returns the number of bytes of memory that the index takes so far.
    #[cfg(test)]
    pub fn index_bytes(&self) -> usize {
        self.samples.heap_bytes()
    }

    /// Returns how the file is laid out while it is recorded.
    pub fn layout(&self) -> Mp4Layout {
        self.layout
    }

    /// Muxes the next packet, and adds to `out` the bytes by which the output grows.
    pub fn push(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<()> {
        let (dts, pts) = self.times_of(packet)?;
        let sei = std::mem::take(&mut self.version_sei);
        let size = packet.data.len() + if sei.is_empty() { 0 } else { 4 + sei.len() };
        let sample_size = u32::try_from(size).map_err(|_| too_large("a frame in bytes", size as u64))?;
        self.settle_last(dts)?;
        let times = self.times.as_mut().expect("set by times_of");
        let long_enough = dts - times.fragment_dts >= self.fragment_ticks;
        let ends = long_enough && (self.layout != Mp4Layout::Fragmented || packet.sync);
        if !self.gathered.is_empty() && (ends || self.data_bytes + size as u64 > MAX_FRAGMENT as u64) {
            times.fragment_dts = dts;
            self.close_fragment(out)?;
        }
        let data = if self.layout == Mp4Layout::Progressive { &mut *out } else { &mut self.data };
        write_sample(packet.data, &sei, data);
        self.data_bytes += size as u64;
        self.last = Some(Last { dts, offset: (pts - dts) as u32, size: sample_size, sync: packet.sync });
        Ok(())
    }

    /// Adds the gathered samples to `out`, for an output that is left unfinished.
    pub fn interrupt(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if let Some(last) = &self.last {
            self.settle_last(last.dts + i64::from(self.header.frame_ticks))?;
            self.close_fragment(out)?;
        }
        Ok(())
    }

    /// Adds the last bytes of the recording to `out`. `end` is the tick at which the presentation of the last frame
    /// ends.
    pub fn finish(&mut self, end: i64, out: &mut Vec<u8>) -> Result<Recorded> {
        let (Some(times), Some(last)) = (self.times, &self.last) else { return Err(Error::NoFrames) };
        let end = (end - times.origin).max(times.max_pts + 1);
        // The duration of the last sample is that of the last frame, or longer if the samples would otherwise last
        // shorter than the movie.
        let next = last.dts + (end - times.max_pts);
        self.settle_last(next.max(end + times.first_dts))?;
        self.close_fragment(out)?;
        Ok(Recorded {
            layout: self.layout,
            header: self.header.clone(),
            samples: std::mem::replace(&mut self.samples, Samples::new(0)),
            movie: end as u64,
            media_time: -times.first_dts as u64,
            reserve: self.reserve,
        })
    }

    /// Returns the decoding and presentation times of a packet, counted from the presentation of the first frame.
    ///
    /// The edit list of a fragmented file is written before the first frame, and lets decoding run ahead by whole
    /// frames of the nominal rate. At a variable rate, the first frames may be longer. Their decoding times are then
    /// moved, since players need only the order.
    fn times_of(&mut self, packet: &Packet<'_>) -> Result<(i64, i64)> {
        let times = self.times.get_or_insert(Times {
            origin: packet.pts,
            first_dts: 0,
            max_pts: 0,
            fragment_dts: 0,
            packets: 0,
        });
        let counted = |time: i64| match time.unsigned_abs() {
            0..=MAX_TIME => Ok(time),
            value => Err(Mp4Error::TooLarge { what: "the time of a packet in ticks", value, limit: MAX_TIME }),
        };
        let (pts, mut dts) = (counted(packet.pts)? - times.origin, counted(packet.dts)? - times.origin);
        let ahead = i64::from(self.header.delay) - i64::from(times.packets) * i64::from(self.header.frame_ticks);
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
            return Err(Mp4Error::PacketOrder { packet: times.packets - 1, dts, pts }.into());
        }
        Ok((dts, pts))
    }

    /// Gathers the last sample. Its duration ends at `next`, the decoding time of the next one.
    fn settle_last(&mut self, next: i64) -> Result<()> {
        let Some(last) = self.last.take() else { return Ok(()) };
        let ticks = next - last.dts;
        let duration = u32::try_from(ticks).map_err(|_| too_large("a frame in ticks", ticks as u64))?;
        if self.samples.count == u32::MAX {
            return Err(too_large("the number of frames", 1 << 32));
        }
        let sample = Sample { size: last.size, duration, offset: last.offset, sync: last.sync };
        self.samples.push(sample);
        self.gathered.push(sample);
        Ok(())
    }

    /// Adds the gathered samples to `out` as a fragment. In the progressive layout, only records them as a chunk.
    fn close_fragment(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let bytes = self.data_bytes;
        let mut head = Vec::new();
        if self.layout != Mp4Layout::Progressive {
            self.fragments += 1;
            let length: u64 = self.gathered.iter().map(|sample| u64::from(sample.duration)).sum();
            // If decoding runs ahead less than the edit list says, samples are presented later by the difference.
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

/// Adds an access unit to `out` as a sample. Unless `sei` is empty, it is inserted at the beginning, after an access
/// unit delimiter.
fn write_sample(data: &[u8], sei: &[u8], out: &mut Vec<u8>) {
    if sei.is_empty() {
        return out.extend_from_slice(data);
    }
    let delimiter = nal::units(data).next().filter(|unit| nal::unit_type(unit) == nal::DELIMITER);
    let (before, after) = data.split_at(delimiter.map_or(0, |unit| 4 + unit.len()));
    out.extend_from_slice(before);
    out.extend_from_slice(&(sei.len() as u32).to_be_bytes());
    out.extend_from_slice(sei);
    out.extend_from_slice(after);
}

/// Returns the error for a number that does not fit into 32 bits.
fn too_large(what: &'static str, value: u64) -> Error {
    Mp4Error::TooLarge { what, value, limit: u32::MAX.into() }.into()
}
