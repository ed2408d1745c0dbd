//! Reads the index of a finished movie, to see whether its frames are there.

use super::boxes::find;
use super::fields::damaged;
use super::header::Header;
use super::picture::Picture;
use super::read::{STBL, Summary, field, read_times};
use crate::sink::ReadAt;
use crate::{Mp4Error, Result};

/// Returns the summary of a finished movie from its `moov` box, or `None` if the box is that of a fragmented file.
///
/// # Errors
/// [`Error::Mp4`](crate::Error::Mp4) if a box is damaged, or if a decoder would not find a picture in every sample.
pub(super) fn summarise(moov: &[u8], file: &impl ReadAt) -> Result<Option<Summary>> {
    if find(moov, &[b"moov", b"mvex"]).is_some() {
        return Ok(None);
    }
    let times = read_times(moov)?;
    Header::entry(moov)?;
    let frames = field(moov, &path(b"stsz"), 8).ok_or_else(|| damaged("stsz"))?;
    // The second word is the size of all samples, if they have the same. This crate writes the size of each.
    let mut sizes = words(moov, b"stsz", 1, 1)?;
    let positions: Vec<u64> = match find(moov, &path(b"co64")) {
        Some(_) => {
            let halves: Vec<u32> = words(moov, b"co64", 0, 2)?.collect();
            halves.chunks_exact(2).map(|pair| u64::from(pair[0]) << 32 | u64::from(pair[1])).collect()
        }
        None => words(moov, b"stco", 0, 1)?.map(u64::from).collect(),
    };
    let runs: Vec<u32> = words(moov, b"stsc", 0, 3)?.collect();
    let mut runs = runs.chunks_exact(3).peekable();
    let mut samples_a_chunk = 0;
    let mut found = 0;
    for (position, chunk) in positions.into_iter().zip(1..) {
        if let Some(run) = runs.next_if(|run| run[0] == chunk) {
            samples_a_chunk = run[1];
        }
        let mut at = position;
        for size in sizes.by_ref().take(samples_a_chunk as usize) {
            let end = at.saturating_add(size.into());
            if Picture::find(at..end, file)?.is_none() {
                return Err(Mp4Error::SamplesIncomplete.into());
            }
            at = end;
            found += 1;
        }
    }
    if found != frames || frames == 0 {
        return Err(Mp4Error::SamplesIncomplete.into());
    }
    let seconds = times.mvhd.duration as f64 / f64::from(times.mvhd.timescale);
    Ok(Some(Summary { frames: frames.into(), seconds }))
}

/// Returns the path of a sample table.
fn path(table: &[u8; 4]) -> [&[u8; 4]; 6] {
    let [a, b, c, d, e] = STBL;
    [a, b, c, d, e, table]
}

/// Iterates over the words of a sample table's entries, of which each has `entry` words. `before` words are between the
/// flags and the number of entries.
fn words<'a>(
    moov: &'a [u8],
    table: &[u8; 4],
    before: usize,
    entry: usize,
) -> Result<impl Iterator<Item = u32> + use<'a>, Mp4Error> {
    let missing = || damaged(&table.escape_ascii().to_string());
    let span = find(moov, &path(table)).ok_or_else(missing)?;
    let count = field(moov, &path(table), 4 + 4 * before).ok_or_else(missing)? as usize;
    let entries = &moov[span.body + 8 + 4 * before..span.end];
    if count.checked_mul(4 * entry) != Some(entries.len()) {
        return Err(missing());
    }
    Ok(entries.as_chunks().0.iter().map(|word| u32::from_be_bytes(*word)))
}
