//! The file format of segments: writes and parses it.
//!
//! ```text
//! magic and version | CRC-32 of everything behind it | index, frames, unit, count (u64)
//! | stream (u32 each) | identity | SPS | PPS | version SEI | packet entries | packet data
//! ```
//!
//! The length of each of the last six fields precedes it, as a u64. Numbers are little-endian.

use std::io::Read;
use std::path::Path;

use super::buffer::{PacketBuffer, PacketEntry};
use super::plan::SegmentPlan;
use super::{Segment, SegmentHeader, file};
use crate::stream::{StreamHeaders, StreamInfo};
use crate::{Error, Result, SegmentError};

/// The first bytes of a segment. The last two are the version of the format.
const MAGIC: &[u8; 16] = b"kinetograph sg01";

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
        file::store(path.as_ref(), &self.to_bytes())
    }

    /// Reads a segment from a file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Segment`] if it is not a regular file, not a segment, or is
    /// damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        let read = file::open(path)?.read_to_end(&mut bytes);
        read.map_err(Error::io(format!("reading {}", path.display())))?;
        match from_bytes(&bytes) {
            Ok(segment) => Ok(Self { path: Some(path.to_owned()), ..segment }),
            Err(problem) => Err(Error::Segment { index: None, path: Some(path.to_owned()), problem }),
        }
    }
}

pub(super) fn to_bytes(header: &SegmentHeader, packets: &PacketBuffer) -> Vec<u8> {
    let SegmentHeader { index, plan: SegmentPlan { frames, unit, count }, identity, stream } = header;
    let mut bytes = Vec::with_capacity(packets.data.len() + packets.entries.len() * ENTRY + 4096);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend([index, frames, unit, count].into_iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend(stream.numbers().into_iter().flat_map(u32::to_le_bytes));
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
    read_fields(fields).ok_or(SegmentError::Damaged)
}

fn read_fields(mut bytes: &[u8]) -> Option<Segment> {
    let index = u64(&mut bytes)?;
    let plan = SegmentPlan { frames: u64(&mut bytes)?, unit: u64(&mut bytes)?, count: u64(&mut bytes)? };
    let mut numbers = [0; StreamInfo::NUMBERS];
    for number in &mut numbers {
        *number = u32(&mut bytes)?;
    }
    let identity = String::from_utf8(field(&mut bytes)?.to_vec()).ok()?;
    let [sps, pps, version_sei] = [field(&mut bytes)?, field(&mut bytes)?, field(&mut bytes)?].map(<[u8]>::to_vec);
    let stream = StreamInfo::from_numbers(numbers, StreamHeaders { sps, pps, version_sei })?;
    let entries: Option<Vec<_>> = field(&mut bytes)?.chunks(ENTRY).map(read_entry).collect();
    let packets = PacketBuffer { entries: entries?, data: field(&mut bytes)?.to_vec() };
    let data_bytes: u64 = packets.entries.iter().map(|entry| u64::from(entry.bytes)).sum();
    // The plan is used in calculations, so its numbers must be possible for a movie.
    let is_plan = (1..=SegmentPlan::MAX_FRAMES).contains(&plan.frames)
        && (1..=plan.frames).contains(&plan.count)
        && (1..=u64::from(u32::MAX)).contains(&plan.unit)
        && index < plan.count;
    (is_plan && bytes.is_empty() && data_bytes == packets.data.len() as u64).then_some(Segment {
        header: SegmentHeader { index, plan, identity, stream },
        packets,
        path: None,
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

fn read_entry(mut bytes: &[u8]) -> Option<PacketEntry> {
    let (size, pts, dts) = (u32(&mut bytes)?, u64(&mut bytes)? as i64, u64(&mut bytes)? as i64);
    let &[sync] = bytes else { return None };
    Some(PacketEntry { bytes: size, pts, dts, sync: sync != 0 })
}

/// Reads a number from the front.
fn u32(bytes: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.split_off(..4)?.first_chunk()?))
}

/// Reads a number from the front.
fn u64(bytes: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.split_off(..8)?.first_chunk()?))
}

/// Reads bytes behind their length from the front.
fn field<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(u64(bytes)?).ok()?;
    bytes.split_off(..length)
}
