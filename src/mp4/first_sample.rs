//! Finds the first sample of a track, and reads the rate factor that x264 states in it.

use super::boxes::{children, find};
use super::fields::Fields;
use crate::Result;
use crate::nal;
use crate::sink::ReadAt;
use crate::version_sei::rate_factor;

/// The maximum number of bytes that are read. x264's SEI has less than 1000, and comes before the first picture.
const MAX_BYTES: u64 = 1 << 14;

/// Returns where the first chunk of a plain file's track begins.
pub(super) fn in_tables(trak: &[u8]) -> Option<u64> {
    let table = |name| Fields::of(trak, &[b"trak", b"mdia", b"minf", b"stbl", name]);
    match table(b"stco") {
        Some(stco) => stco.u32(8).ok().map(u64::from),
        None => table(b"co64")?.u64(8).ok(),
    }
}

/// Returns where the samples of a track begin in a fragment. `start` is where its `moof` box is in the file.
pub(super) fn in_fragment(moof: &[u8], start: u64, track: u32) -> Option<u64> {
    let whole = find(moof, &[b"moof"])?;
    let trafs = children(moof, whole.body, whole.end).filter(|child| &child.name == b"traf");
    trafs.map(|traf| &moof[traf.start..traf.end]).find_map(|traf| {
        let (tfhd, trun) = (Fields::of(traf, &[b"traf", b"tfhd"])?, Fields::of(traf, &[b"traf", b"trun"])?);
        if tfhd.u32(4).ok()? != track || trun.u32(0).ok()? & 1 == 0 {
            return None;
        }
        // The offset counts from a base that the track has, or from the beginning of the box.
        let base = if tfhd.u32(0).ok()? & 1 != 0 { tfhd.u64(8).ok()? } else { start };
        base.checked_add_signed((trun.u32(8).ok()? as i32).into())
    })
}

/// Reads the rate factor that x264 states in the sample at `at`, whose units have lengths of 4 bytes.
///
/// # Errors
/// Any error of reading.
pub(super) fn rate_factor_at(file: &impl ReadAt, at: u64) -> Result<Option<f32>> {
    // A damaged box may state any place.
    let Some(length) = file.len().checked_sub(at) else { return Ok(None) };
    let mut bytes = vec![0; length.min(MAX_BYTES) as usize];
    file.read_at(at, &mut bytes)?;
    let before_picture =
        nal::units(&bytes).take_while(|unit| !matches!(nal::unit_type(unit), nal::SLICE | nal::IDR_SLICE));
    Ok(before_picture.filter_map(rate_factor).next())
}
