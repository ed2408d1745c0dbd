//! `Picture`: what a decoder finds in a sample that is read back from a file.

use std::ops::Range;

use super::samples::Sample;
use crate::Result;
use crate::nal;
use crate::sink::ReadAt;

/// A sample that a decoder shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    /// An IDR picture. It and those after it depend on no earlier one.
    Idr,
    /// Any other picture.
    Other,
}

impl Picture {
    /// Returns what a decoder finds in the bytes `place` of a file, or `None` if it finds no picture there.
    ///
    /// The rules are those of ffmpeg's H.264 decoder (`ff_h2645_packet_split`), which Chromium uses too. A NAL unit
    /// that is empty or does not fit into its sample makes the decoder discard the whole sample. Less than the four
    /// bytes of a length at the end do no harm. After a power cut, a sample may consist of zeros, because the system
    /// had not written it yet.
    pub fn find(place: Range<u64>, file: &impl ReadAt) -> Result<Option<Self>> {
        let (mut at, mut found) = (place.start, None);
        if place.end > file.len() {
            return Ok(None);
        }
        while place.end - at >= 4 {
            let mut head = [0; 5];
            let read = (place.end - at).min(5) as usize;
            file.read_at(at, &mut head[..read])?;
            let [a, b, c, d, header] = head;
            let length = u64::from(u32::from_be_bytes([a, b, c, d]));
            if length == 0 || length > place.end - at - 4 {
                return Ok(None);
            }
            match nal::unit_type(&[header]) {
                // The decoder skips a unit whose first bit is set.
                _ if header & 0x80 != 0 => {}
                nal::IDR_SLICE => found = Some(Self::Idr),
                nal::SLICE => found = found.or(Some(Self::Other)),
                _ => {}
            }
            at += 4 + length;
        }
        Ok(found)
    }

    /// Returns what a decoder finds in each of the samples from `begin` on.
    pub fn find_all(samples: &[Sample], begin: u64, file: &impl ReadAt) -> Result<Vec<Option<Self>>> {
        let mut at = begin;
        let find = |sample: &Sample| {
            let start = at;
            at = at.saturating_add(sample.size.into());
            Self::find(start..at, file)
        };
        samples.iter().map(find).collect()
    }
}
