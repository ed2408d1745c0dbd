//! Segments as bytes.
//!
//! ```text
//! magic and version | CRC-32 of everything behind it | index, frames, unit, count (u64)
//! | stream (u32 each) | identity | SPS | PPS | version SEI | packet entries | packet data
//! ```
//!
//! The last six are preceded by their length (u64). Numbers are little-endian.

use std::io::Write;
use std::path::Path;

use super::buffer::{PacketBuffer, PacketEntry};
use super::plan::SegmentPlan;
use super::{Segment, SegmentHeader};
use crate::settings::{BitDepth, Chroma, ColorSpace, Matrix, Primaries, Range, Transfer};
use crate::stream::{StreamHeaders, StreamInfo};
use crate::time::Clock;
use crate::{Error, Result, SegmentError};

/// The first bytes of a segment. The last two are the version of the format.
const MAGIC: &[u8; 16] = b"kinetograph sg01";

/// The extension of the files that a killed process leaves.
pub(super) const UNFINISHED: &str = "unfinished-segment";

/// Numbers of a [`StreamInfo`].
const STREAM_WORDS: usize = 16;

/// Bytes of a packet's entry: size, pts, dts, sync.
const ENTRY: usize = 4 + 8 + 8 + 1;

impl Segment {
    /// Returns the segment as bytes, with a checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_bytes(&self.header, &self.packets)
    }

    /// Reads a segment from the bytes that [`to_bytes`](Self::to_bytes) returned.
    ///
    /// # Errors
    /// [`Error::Segment`] if the bytes are not those of a segment, or are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        from_bytes(bytes).map_err(|problem| Error::Segment { index: None, path: None, problem })
    }

    /// Writes the segment to a file, which appears under its name when it is complete.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        store(path.as_ref(), &self.to_bytes())
    }

    /// Reads a segment from a file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Segment`] if it is not a segment, or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(Error::io(format!("reading {}", path.display())))?;
        match from_bytes(&bytes) {
            Ok(segment) => Ok(Self { path: Some(path.to_owned()), ..segment }),
            Err(problem) => Err(Error::Segment { index: None, path: Some(path.to_owned()), problem }),
        }
    }
}

/// Writes a file that appears under its name when it is complete and on the disk.
pub(super) fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    let writing = || Error::io(format!("writing {}", path.display()));
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().suffix(&format!(".{UNFINISHED}")).tempfile_in(folder).map_err(writing())?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_data()).map_err(writing())?;
    file.persist(path).map_err(|error| writing()(error.error))?;
    Ok(())
}

pub(super) fn to_bytes(header: &SegmentHeader, packets: &PacketBuffer) -> Vec<u8> {
    let SegmentHeader { index, plan: SegmentPlan { frames, unit, count }, identity, stream } = header;
    let mut bytes = Vec::with_capacity(packets.data.len() + packets.entries.len() * ENTRY + 4096);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend([index, frames, unit, count].into_iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend(stream_words(stream).into_iter().flat_map(u32::to_le_bytes));
    let entries: Vec<u8> = packets.entries.iter().flat_map(entry_bytes).collect();
    let StreamHeaders { sps, pps, version_sei } = &stream.headers;
    for field in [identity.as_bytes(), sps, pps, version_sei, &entries, &packets.data] {
        bytes.extend_from_slice(&(field.len() as u64).to_le_bytes());
        bytes.extend_from_slice(field);
    }
    let checksum = crc32fast::hash(&bytes[MAGIC.len() + 4..]);
    bytes[MAGIC.len()..][..4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn from_bytes(bytes: &[u8]) -> Result<Segment, SegmentError> {
    let checked = bytes.strip_prefix(MAGIC).ok_or(SegmentError::NotASegment)?;
    let (checksum, fields) = checked.split_first_chunk().ok_or(SegmentError::Damaged)?;
    if crc32fast::hash(fields) != u32::from_le_bytes(*checksum) {
        return Err(SegmentError::Damaged);
    }
    read_fields(Bytes(fields)).ok_or(SegmentError::Damaged)
}

fn read_fields(mut bytes: Bytes<'_>) -> Option<Segment> {
    let index = bytes.u64()?;
    let plan = SegmentPlan { frames: bytes.u64()?, unit: bytes.u64()?, count: bytes.u64()? };
    let mut words = [0; STREAM_WORDS];
    for word in &mut words {
        *word = bytes.u32()?;
    }
    let identity = String::from_utf8(bytes.field()?.to_vec()).ok()?;
    let [sps, pps, version_sei] = [bytes.field()?, bytes.field()?, bytes.field()?].map(<[u8]>::to_vec);
    let stream = stream_from(words, StreamHeaders { sps, pps, version_sei })?;
    let entries: Option<Vec<_>> = bytes.field()?.chunks(ENTRY).map(|entry| read_entry(Bytes(entry))).collect();
    let packets = PacketBuffer { entries: entries?, data: bytes.field()?.to_vec() };
    let data_bytes: u64 = packets.entries.iter().map(|entry| u64::from(entry.bytes)).sum();
    // A plan is used to calculate with: its numbers must be those of a movie.
    let is_plan = (1..=u64::from(u32::MAX)).contains(&plan.frames)
        && (1..=plan.frames).contains(&plan.count)
        && (1..=u64::from(u32::MAX)).contains(&plan.unit)
        && index < plan.count;
    (is_plan && bytes.0.is_empty() && data_bytes == packets.data.len() as u64).then_some(Segment {
        header: SegmentHeader { index, plan, identity, stream },
        packets,
        path: None,
    })
}

/// The fields of a [`StreamInfo`] that are numbers or choices, the latter by their place among all.
fn stream_words(stream: &StreamInfo) -> [u32; STREAM_WORDS] {
    fn place<T: PartialEq>(all: &[T], choice: T) -> u32 {
        all.iter().position(|other| *other == choice).map_or(u32::MAX, |place| place as u32)
    }
    let StreamInfo { headers: _, coded_size, pixel_aspect, color_space, chroma, bit_depth, clock, .. } = *stream;
    [
        coded_size.0,
        coded_size.1,
        pixel_aspect.0,
        pixel_aspect.1,
        place(Matrix::ALL, color_space.matrix),
        place(Range::ALL, color_space.range),
        place(Primaries::ALL, color_space.primaries),
        place(Transfer::ALL, color_space.transfer),
        place(Chroma::ALL, chroma),
        place(BitDepth::ALL, bit_depth),
        clock.timescale,
        clock.frame,
        clock.variable.into(),
        stream.reorder_frames,
        stream.buffer_bytes,
        stream.max_bitrate,
    ]
}

fn stream_from(words: [u32; STREAM_WORDS], headers: StreamHeaders) -> Option<StreamInfo> {
    fn choice<T: Copy>(all: &[T], place: u32) -> Option<T> {
        all.get(place as usize).copied()
    }
    let [width, height, wide, high, matrix, range, primaries, transfer, chroma, depth, clock @ ..] = words;
    let [timescale, frame, variable, reorder_frames, buffer_bytes, max_bitrate] = clock;
    // The muxer divides by these.
    if [width, height, wide, high, timescale, frame].contains(&0) {
        return None;
    }
    Some(StreamInfo {
        headers,
        coded_size: (width, height),
        pixel_aspect: (wide, high),
        color_space: ColorSpace {
            matrix: choice(Matrix::ALL, matrix)?,
            range: choice(Range::ALL, range)?,
            primaries: choice(Primaries::ALL, primaries)?,
            transfer: choice(Transfer::ALL, transfer)?,
        },
        chroma: choice(Chroma::ALL, chroma)?,
        bit_depth: choice(BitDepth::ALL, depth)?,
        clock: Clock { timescale, frame, variable: variable != 0 },
        reorder_frames,
        buffer_bytes,
        max_bitrate,
    })
}

fn entry_bytes(entry: &PacketEntry) -> [u8; ENTRY] {
    let mut bytes = [0; ENTRY];
    bytes[..4].copy_from_slice(&entry.bytes.to_le_bytes());
    bytes[4..12].copy_from_slice(&entry.pts.to_le_bytes());
    bytes[12..20].copy_from_slice(&entry.dts.to_le_bytes());
    bytes[20] = entry.sync.into();
    bytes
}

fn read_entry(mut bytes: Bytes<'_>) -> Option<PacketEntry> {
    let (size, pts, dts) = (bytes.u32()?, bytes.u64()? as i64, bytes.u64()? as i64);
    let &[sync] = bytes.0 else { return None };
    Some(PacketEntry { bytes: size, pts, dts, sync: sync != 0 })
}

/// Bytes that are read from front to back.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn u32(&mut self) -> Option<u32> {
        let (bytes, after) = self.0.split_first_chunk()?;
        self.0 = after;
        Some(u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        let (bytes, after) = self.0.split_first_chunk()?;
        self.0 = after;
        Some(u64::from_le_bytes(*bytes))
    }

    /// Reads bytes behind their length.
    fn field(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u64()?).ok()?;
        let (field, after) = self.0.split_at_checked(length)?;
        self.0 = after;
        Some(field)
    }
}
