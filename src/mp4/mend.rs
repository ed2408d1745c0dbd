//! Mends the sizes in a damaged `moof` box: those of the boxes, which are nested, and those of the samples, which fill
//! `mdat`.

use super::boxes::children;
use super::fragment::{TRUN_DATA_OFFSET, TRUN_FIRST_FLAGS};
use super::picture::Picture;
use super::samples::Sample;
use crate::Result;
use crate::sink::ReadAt;

/// The number of bytes before `traf` in a `moof` box: the header of `moof`, and `mfhd`.
pub(super) const BEFORE_TRAF: usize = 8 + 16;

/// The flags of the two fields of `trun` before its entries.
const OPTIONAL_FIELDS: u32 = TRUN_DATA_OFFSET | TRUN_FIRST_FLAGS;

/// Mends the bytes of a `moof` box, which this crate has written up to the beginning of `mdat`: `traf` is the last box
/// in `moof`, and `trun` the last in `traf`. Boxes of others are left as they are.
pub(super) fn mend(moof: &mut [u8]) {
    let length = moof.len();
    let set = |moof: &mut [u8], at: usize, value: usize| {
        if let Some(word) = moof.get_mut(at..at + 4) {
            word.copy_from_slice(&(value as u32).to_be_bytes());
        }
    };
    let is = |moof: &[u8], at: usize, name: &[u8; 4]| moof.get(at + 4..at + 8) == Some(name);
    set(moof, 0, length);
    if !is(moof, 8, b"mfhd") || !is(moof, BEFORE_TRAF, b"traf") {
        return;
    }
    set(moof, BEFORE_TRAF, length - BEFORE_TRAF);
    let before = children(moof, BEFORE_TRAF + 8, length).take_while(|child| &child.name != b"trun");
    let trun = before.last().map_or(BEFORE_TRAF + 8, |last| last.end);
    if !is(moof, trun, b"trun") {
        return;
    }
    set(moof, trun, length - trun);
    // Version and flags, the number of entries, fields that the flags announce, the entries (ISO/IEC 14496-12, 8.8.8).
    let word = |moof: &[u8], at: usize| Some(u32::from_be_bytes(*moof.get(at..at + 4)?.first_chunk()?));
    let (Some(mut flags), Some(count)) = (word(moof, trun + 8), word(moof, trun + 12)) else { return };
    let entry = 4 * (flags & 0xf00).count_ones() as usize;
    let first_entry = |flags: u32| trun + 16 + 4 * (flags & OPTIONAL_FIELDS).count_ones() as usize;
    let fits = |flags: u32| (count as usize).checked_mul(entry).and_then(|all| all.checked_add(first_entry(flags)));
    let is_after_moof = |offset: u32| [length + 8, length + 16].contains(&(offset as usize));
    let is_damaged = flags & TRUN_DATA_OFFSET == 0 || fits(flags) != Some(length);
    if is_damaged && word(moof, trun + 16).is_some_and(is_after_moof) {
        let fields = [TRUN_DATA_OFFSET, OPTIONAL_FIELDS].map(|fields| flags & !0xff | fields);
        if let Some(mended) = fields.into_iter().find(|flags| fits(*flags) == Some(length)) {
            flags = mended;
            set(moof, trun + 8, flags as usize);
        }
    }
    let entries = first_entry(flags);
    if let Some(bytes) = length.checked_sub(entries).filter(|bytes| entry > 0 && bytes.is_multiple_of(entry)) {
        set(moof, trun + 12, bytes / entry);
    }
}

/// Returns what a decoder finds in each of the samples from `begin` on. If their sizes do not add up to `payload`, one
/// of them is damaged. It is mended if every sample then has a picture.
pub(super) fn pictures(
    samples: &mut [Sample],
    begin: u64,
    payload: Option<u64>,
    file: &impl ReadAt,
) -> Result<Vec<Option<Picture>>> {
    let found = Picture::find_all(samples, begin, file)?;
    let sum: u64 = samples.iter().map(|sample| u64::from(sample.size)).sum();
    let Some(payload) = payload.filter(|payload| *payload != sum) else { return Ok(found) };
    // A sample that is too long or too short may still have a picture. Then the next one has none, or none follows.
    let candidates = match found.iter().position(Option::is_none) {
        Some(broken) => [Some(broken), broken.checked_sub(1)],
        None => [samples.len().checked_sub(1), None],
    };
    for index in candidates.into_iter().flatten() {
        let damaged = samples[index].size;
        let others = sum - u64::from(damaged);
        let Some(size) = payload.checked_sub(others).and_then(|size| u32::try_from(size).ok()) else { continue };
        samples[index].size = size;
        let mended = Picture::find_all(samples, begin, file)?;
        if mended.iter().all(Option::is_some) {
            return Ok(mended);
        }
        samples[index].size = damaged;
    }
    Ok(found)
}
