//! Reads back the `moov` box, and the boxes and fields of others.
//!
//! The bytes may be damaged or hostile. Every field is checked, and no field alone determines the size of an
//! allocation.

use std::io::Cursor;

use mp4::{MoovBox, ReadBox};

use super::boxes::{children, fills, find};
use super::fields::damaged;
use super::header::{AVC1_FIELDS, Header, empty_moov};
use crate::nal;
use crate::{Mp4Error, Result};

/// Frames of a movie and the seconds they last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub frames: u64,
    pub seconds: f64,
}

/// Where the boxes of the sample tables are.
pub(super) const STBL: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];

impl Header {
    /// Reads the `moov` box of a fragmented file.
    pub fn read(moov: &[u8]) -> Result<Self, Mp4Error> {
        let mut times = read_times(moov)?;
        // The fragments say so too. A damaged number would lead to none of them.
        times.traks[0].tkhd.track_id = 1;
        let trex = |offset| field(moov, &[b"moov", b"mvex", b"trex"], offset).ok_or_else(|| damaged("trex"));
        let elst = [b"moov", b"trak", b"edts", b"elst"];
        // Version 0, one entry: duration, media time.
        let delay = field(moov, &elst, 12).filter(|time| *time <= i32::MAX as u32).ok_or_else(|| damaged("elst"))?;
        let udta = find(moov, &[b"moov", b"udta"]).map_or(&[][..], |udta| &moov[udta.start..udta.end]);
        Ok(Self::from_parts(times, Self::entry(moov)?.to_vec(), udta.to_vec(), trex(12)?, delay))
    }

    /// Returns the `avc1` box of a `moov` box.
    pub fn entry(moov: &[u8]) -> Result<&[u8], Mp4Error> {
        let [a, b, c, d, e] = STBL;
        let stsd = find(moov, &[a, b, c, d, e, b"stsd"]).ok_or_else(|| damaged("stsd"))?;
        // After version and flags, and the number of entries.
        let entry = children(moov, stsd.body + 8, stsd.end).next().filter(|entry| &entry.name == b"avc1");
        let entry = entry.map(|entry| &moov[entry.start..entry.end]).ok_or(Mp4Error::NotH264)?;
        if has_parameter_sets(entry) { Ok(entry) } else { Err(damaged("avcC")) }
    }
}

/// Returns whether the `avcC` box in an `avc1` box has one sequence and one picture parameter set, and states what they
/// do (ISO/IEC 14496-15, 5.3.3.1.2).
fn has_parameter_sets(entry: &[u8]) -> bool {
    let avcc = children(entry, 8 + AVC1_FIELDS, entry.len()).find(|child| &child.name == b"avcC");
    let Some(avcc) = avcc.map(|avcc| &entry[avcc.body..avcc.end]) else { return false };
    // Version 1, profile, constraints and level, lengths of four bytes, one sequence parameter set.
    let Some(([1, profile @ .., 0xff, 0xe1], rest)) = avcc.split_first_chunk::<6>() else { return false };
    let Some((sps, rest)) = split_set(rest) else { return false };
    let Some((1, rest)) = rest.split_first() else { return false };
    let Some((pps, _)) = split_set(rest) else { return false };
    nal::unit_type(sps) == nal::SPS && sps.get(1..4) == Some(profile) && nal::unit_type(pps) == nal::PPS
}

/// Splits a parameter set off, which follows its length.
fn split_set(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

/// Reads the headers of the movie, the track and the media.
pub(super) fn read_times(moov: &[u8]) -> Result<MoovBox, Mp4Error> {
    let mut read = empty_moov();
    let whole = find(moov, &[b"moov"]).ok_or_else(|| damaged("moov"))?;
    if !fills(moov, whole.body, whole.end) {
        return Err(damaged("moov"));
    }
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

/// Reads the box at a path with the reader of the mp4 crate, which sees no bytes beyond the box.
pub(super) fn read_box<'a, B>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Result<B, Mp4Error>
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
pub(super) fn field(bytes: &[u8], path: &[&[u8; 4]], offset: usize) -> Option<u32> {
    let span = find(bytes, path)?;
    bytes[span.body..span.end].get(offset..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}
