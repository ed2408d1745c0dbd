//! `scan`: finds out, box by box, whether a file is a finished movie or a recording that was cut short, and where.

use super::Mp4Layout;
use super::boxes::BoxHead;
use super::read::{FragmentReader, Summary, summarise_plain};
use super::recorded::Recorded;
use crate::sink::ReadAt;
use crate::{Error, Mp4Error, Result};

/// The maximum size of a `moov` or `moof` box in bytes, since they are read into memory. Those of this crate are far
/// smaller.
const MAX_HEAD: u64 = 64 << 20;

/// What a file contains.
pub(crate) enum Scan {
    /// A movie that is finished already.
    Finished(Summary),
    /// A recording of which the first `end` bytes are complete.
    Unfinished { summary: Summary, recorded: Box<Recorded>, end: u64 },
}

/// Reads the boxes of a file.
///
/// # Errors
/// [`Error::Mp4`] if it is neither a finished movie nor a recording of the layouts crash-safe or fragmented; any error
/// of reading.
pub(crate) fn scan(file: &impl ReadAt) -> Result<Scan> {
    let ftyp = box_at(file, 0)?.filter(|first| &first.name == b"ftyp").ok_or(Mp4Error::NotMp4)?;
    let mut layout = Mp4Layout::Fragmented;
    let mut reserve = (ftyp.end, 0);
    let mut next = box_at(file, ftyp.end)?;
    if let Some(free) = next.filter(|second| &second.name == b"free") {
        layout = Mp4Layout::CrashSafe;
        reserve.1 = free.end - free.start;
        next = box_at(file, free.end)?;
    }
    // A movie has its index at the end if it did not fit into the reserve.
    if let Some(mdat) = next.filter(|second| &second.name == b"mdat") {
        next = box_at(file, mdat.end)?;
    }
    let moov = next.filter(|second| &second.name == b"moov").ok_or(Mp4Error::NoIndex)?;
    let bytes = read(file, moov)?;
    if let Some(summary) = summarise_plain(&bytes)? {
        return match box_at(file, moov.end)? {
            Some(mdat) if &mdat.name == b"mdat" => Ok(Scan::Finished(summary)),
            None if moov.end == file.len() => Ok(Scan::Finished(summary)),
            _ => Err(Mp4Error::SamplesIncomplete.into()),
        };
    }
    let mut reader = FragmentReader::new(&bytes)?;
    let mut end = moov.end;
    // Anything but a whole fragment is the incomplete end of the recording.
    while let Some((moof, mdat)) = fragment_at(file, end)? {
        match reader.push(&read(file, moof)?, moof.start, mdat.body..mdat.end, file) {
            Ok(()) => end = mdat.end,
            Err(Error::Mp4 { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    if let Some(next) = fragment_after(file, end)? {
        return Err(Mp4Error::DamagedFragment { at: end, next }.into());
    }
    if end == moov.end {
        return Err(Mp4Error::NoFragment.into());
    }
    Ok(Scan::Unfinished { summary: reader.summarise(), recorded: Box::new(reader.finish(layout, reserve)?), end })
}

/// Where a box is in a file.
#[derive(Clone, Copy)]
struct FileBox {
    name: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

/// Reads the header of the box at `at`. Returns `None` if the file ends inside the box, or if there is no valid box.
fn box_at(file: &impl ReadAt, at: u64) -> Result<Option<FileBox>> {
    let mut bytes = [0; 16];
    let bytes = &mut bytes[..file.len().saturating_sub(at).min(16) as usize];
    file.read_at(at, bytes)?;
    let span = BoxHead::parse(bytes).and_then(|BoxHead { name, length, size }| {
        let end = at.checked_add(size).filter(|end| *end <= file.len())?;
        Some(FileBox { name, start: at, body: at + length, end })
    });
    Ok(span)
}

/// Reads a `moov` or `moof` box, header included.
fn read(file: &impl ReadAt, span: FileBox) -> Result<Vec<u8>> {
    let size = span.end - span.start;
    if size > MAX_HEAD {
        return Err(Mp4Error::TooLarge { what: "its moov box in bytes", value: size, limit: MAX_HEAD }.into());
    }
    let mut bytes = vec![0; size as usize];
    file.read_at(span.start, &mut bytes)?;
    Ok(bytes)
}

/// Finds the fragment at `at`: its `moof` box and its `mdat`.
fn fragment_at(file: &impl ReadAt, at: u64) -> Result<Option<(FileBox, FileBox)>> {
    let is_moof = |span: &FileBox| &span.name == b"moof" && span.end - span.start <= MAX_HEAD;
    let Some(moof) = box_at(file, at)?.filter(is_moof) else { return Ok(None) };
    let mdat = box_at(file, moof.end)?.filter(|span| &span.name == b"mdat");
    Ok(mdat.map(|mdat| (moof, mdat)))
}

/// Finds where a fragment begins after the incomplete one at `at`. Such a file is not cut short but damaged, and
/// cutting it at `at` would lose the fragments that follow.
fn fragment_after(file: &impl ReadAt, at: u64) -> Result<Option<u64>> {
    /// The number of bytes that are searched at a time.
    const BLOCK: u64 = 1 << 20;
    /// The number of bytes of the headers of `moof` and of `mfhd`, its first child.
    const HEADS: u64 = 16;
    let mut from = at + 1;
    let mut block = Vec::new();
    while from + HEADS <= file.len() {
        block.resize((file.len() - from).min(BLOCK) as usize, 0);
        file.read_at(from, &mut block)?;
        let mut heads = block.windows(HEADS as usize);
        if let Some(place) = heads.position(|head| &head[4..8] == b"moof" && &head[12..] == b"mfhd") {
            return Ok(Some(from + place as u64));
        }
        from += block.len() as u64 - (HEADS - 1);
    }
    Ok(None)
}
