//! The box in `mvex` that states how long a fragmented file lasts. Until that is known, a `free` box is in its place,
//! with a checksum of what a decoder needs.

use std::ops::Range;

use super::boxes::{find, header};

/// The number of bytes of either box.
const BYTES: u64 = 20;

/// Returns the `mehd` box, which states the duration (ISO/IEC 14496-12, 8.8.2).
pub(super) fn known(ticks: u64) -> Vec<u8> {
    // Version 1, whose duration has 64 bits.
    [&header(b"mehd", BYTES)[..], &[1, 0, 0, 0], &ticks.to_be_bytes()].concat()
}

/// Returns the `free` box that is in the place of `mehd` while recording.
pub(super) fn unknown(checksum: [u8; 8]) -> Vec<u8> {
    let mut free = header(b"free", BYTES);
    free.extend_from_slice(&checksum);
    free.resize(BYTES as usize, 0);
    free
}

/// Returns where the `free` box is in a `moov` box. The range is empty if there is none.
pub(super) fn place(moov: &[u8]) -> Range<usize> {
    let free = find(moov, &[b"moov", b"mvex", b"free"]).map(|free| free.start..free.end);
    free.filter(|place| place.len() as u64 == BYTES).unwrap_or(0..0)
}
