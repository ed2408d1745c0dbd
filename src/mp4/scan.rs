//! `scan`: finds out, box by box, whether a file is a finished movie or a recording that was cut short, and where.

use super::Mp4Layout;
use super::fields::damaged;
use super::file_box::{FileBox, MAX_INDEX};
use super::fragments::{FragmentReader, ReadBack};
use super::header::Header;
use super::mend;
use super::plain;
use super::read::Summary;
use super::recorded::Recorded;
use crate::sink::ReadAt;
use crate::{Error, Mp4Error, Result};

/// What a file contains.
pub(crate) enum Scan {
    /// A movie that is finished already.
    Finished(Summary),
    /// A recording that was cut short or damaged.
    Unfinished(ReadBack),
}

/// Reads the boxes of a file.
///
/// # Errors
/// [`Error::Mp4`] if it is neither a finished movie nor a recording of the layouts crash-safe or fragmented; any error
/// of reading.
pub(crate) fn scan(file: &impl ReadAt) -> Result<Scan> {
    let ftyp = FileBox::find(file, 0)?.filter(|first| &first.name == b"ftyp").ok_or(Mp4Error::NotMp4)?;
    let mut layout = Mp4Layout::Fragmented;
    let mut reserve = (ftyp.end, 0);
    let mut next = FileBox::find(file, ftyp.end)?;
    if let Some(free) = next.filter(|second| &second.name == b"free") {
        layout = Mp4Layout::CrashSafe;
        reserve.1 = free.end - free.start;
        next = FileBox::find(file, free.end)?;
    }
    // A movie has its index at the end if it did not fit into the reserve.
    if let Some(mdat) = next.filter(|second| &second.name == b"mdat") {
        next = FileBox::find(file, mdat.end)?;
    }
    let moov = next.filter(|second| &second.name == b"moov").ok_or(Mp4Error::NoIndex)?;
    let bytes = moov.read(file)?;
    if let Some(summary) = plain::summarise(&bytes, file)? {
        return Ok(Scan::Finished(summary));
    }
    let header = Header::read(&bytes)?;
    if !header.agrees_with(&bytes) {
        return Err(damaged("moov").into());
    }
    if layout == Mp4Layout::Fragmented {
        reserve = Recorded::duration_reserve(moov.start, &bytes);
    }
    let mut reader = FragmentReader::new(header);
    read_fragments(&mut reader, moov.end, file)?;
    Ok(Scan::Unfinished(reader.finish(layout, reserve)?))
}

/// Reads the fragments from `at` to the end of the file. Where there is none, it continues at the next one.
fn read_fragments(reader: &mut FragmentReader, mut at: u64, file: &impl ReadAt) -> Result<()> {
    while at < file.len() {
        let found = FileBox::find(file, at)?;
        if let Some(free) = found.filter(|found| &found.name == b"free") {
            at = free.end;
            continue;
        }
        let added = moof_at(file, at).and_then(|moof| moof.map(|moof| reader.push(&moof, at, file)).transpose());
        match added {
            Ok(Some(Some(end))) => {
                at = end;
                continue;
            }
            Ok(_) | Err(Error::Mp4 { .. }) => {}
            Err(error) => return Err(error),
        }
        let next = next_fragment(file, at + 1)?;
        let is_known = matches!(added, Ok(Some(None)));
        if !is_known && (next.is_some() || !is_cut_short(file, at)?) {
            reader.skip(at..next.unwrap_or(file.len()));
        }
        let Some(next) = next else { break };
        at = next;
    }
    Ok(())
}

/// Reads the `moof` box at `at`, and mends it. Where its size is damaged, that of the `traf` box in it leads to `mdat`.
fn moof_at(file: &impl ReadAt, at: u64) -> Result<Option<Vec<u8>>> {
    const HEADS: usize = mend::BEFORE_TRAF + 8;
    let mut heads = [0; HEADS];
    if file.len() - at < HEADS as u64 {
        return Ok(None);
    }
    file.read_at(at, &mut heads)?;
    let word = |at: usize| heads[at..].first_chunk().map_or(0, |word| u64::from(u32::from_be_bytes(*word)));
    if &heads[4..8] != b"moof" {
        return Ok(None);
    }
    let mut fitting = None;
    for size in [word(0), word(mend::BEFORE_TRAF) + mend::BEFORE_TRAF as u64] {
        if !(HEADS as u64..=MAX_INDEX.min(file.len() - at)).contains(&size) {
            continue;
        }
        if FileBox::find(file, at + size)?.is_some_and(|next| &next.name == b"mdat") {
            fitting = Some(size);
            break;
        }
        fitting = fitting.or(Some(size));
    }
    let Some(size) = fitting else { return Ok(None) };
    let mut moof = vec![0; size as usize];
    file.read_at(at, &mut moof)?;
    mend::mend(&mut moof);
    Ok(Some(moof))
}

/// Returns whether the file ends after `at` in a way that an interruption explains: within a fragment that was being
/// written or an index at the end, or with zeros that a power cut has left.
fn is_cut_short(file: &impl ReadAt, at: u64) -> Result<bool> {
    let mut head = [0; 8];
    let Some(head) = head.get_mut(..(file.len() - at).min(8) as usize) else { return Ok(true) };
    file.read_at(at, head)?;
    let Some((size, name)) = head.split_first_chunk::<4>() else { return Ok(true) };
    let is_beyond_end = u64::from(u32::from_be_bytes(*size)) > file.len() - at;
    Ok(name.len() < 4
        || (matches!(name, b"free" | b"moof" | b"moov") && is_beyond_end)
        || name == b"moov"
        || head == [0; 8])
}

/// Finds where the next fragment begins, at `from` or later.
fn next_fragment(file: &impl ReadAt, mut from: u64) -> Result<Option<u64>> {
    /// The number of bytes that are searched at a time.
    const BLOCK: u64 = 1 << 20;
    /// The number of bytes of the headers of `moof` and of `mfhd`, its first child.
    const HEADS: u64 = 16;
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
