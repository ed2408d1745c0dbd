//! `Beginning`: what a recording begins with, and how much of a file that a killed run has left it can use.

use super::duration;
use super::index::BLOCK;
use super::scan::{Scan, scan};
use crate::sink::{ReadAt, Sink};
use crate::{Error, Mp4Error, Result};

/// The bytes of a recording before its samples.
pub(super) struct Beginning {
    pub ftyp: Vec<u8>,
    /// The header of the reserve, a `free` box; or the header of a progressive file's `mdat`. Empty in the fragmented
    /// layout.
    pub reserve: Vec<u8>,
    /// The number of zeros in the reserve.
    pub zeros: u64,
    /// Empty in the progressive layout.
    pub moov: Vec<u8>,
}

impl Beginning {
    pub fn write(&self, sink: &mut impl Sink) -> Result<()> {
        if self.zeros == 0 {
            return sink.append(&[&*self.ftyp, &self.reserve, &self.moov].concat());
        }
        sink.append(&[&*self.ftyp, &self.reserve].concat())?;
        self.zero_blocks(|zeros| sink.append(zeros))?;
        sink.append(&self.moov)
    }

    /// See [`Muxer::reusable`](super::Muxer::reusable).
    pub fn reusable(&self, file: &mut (impl Sink + ReadAt)) -> Result<Option<u64>> {
        let at = self.ftyp.len() as u64;
        let zeros_at = at + self.reserve.len() as u64;
        let moov_at = zeros_at + self.zeros;
        let mehd = if self.reserve.is_empty() { duration::place(&self.moov) } else { 0..0 };
        let after_mehd = moov_at + mehd.end as u64;
        if !has(file, 0, &self.ftyp)?
            || !has(file, moov_at, &self.moov[..mehd.start])?
            || !has(file, after_mehd, &self.moov[mehd.end..])?
        {
            return Ok(None);
        }
        if self.moov.is_empty() {
            // Nothing plays without the index, which is written last.
            return Ok(has(file, at, &self.reserve)?.then_some(0));
        }
        if ReadAt::len(file) < moov_at + self.moov.len() as u64 {
            return Ok(Some(0));
        }
        // A run that was killed while it finished the movie has written over the reserve, or the place of the duration.
        let (at, reserve) = match mehd.is_empty() {
            true => (at, &*self.reserve),
            false => (moov_at + mehd.start as u64, &self.moov[mehd]),
        };
        let mut there = vec![0; reserve.len()];
        file.read_at(at, &mut there)?;
        if there != reserve {
            file.write_at(at, reserve)?;
        }
        let end = match scan(file) {
            Ok(Scan::Unfinished(read)) if !read.is_damaged() => read.end,
            Err(Error::Mp4 { reason: Mp4Error::NoFragment, .. }) => return Ok(Some(0)),
            Ok(_) | Err(Error::Mp4 { .. }) => {
                if there != reserve {
                    file.write_at(at, &there)?;
                }
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut position = zeros_at;
        self.zero_blocks(|zeros| {
            if !has(file, position, zeros)? {
                file.write_at(position, zeros)?;
            }
            position += zeros.len() as u64;
            Ok(())
        })?;
        Ok(Some(end))
    }

    /// Calls `take` with the zeros of the reserve, block by block.
    fn zero_blocks(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let block = vec![0; self.zeros.min(BLOCK as u64) as usize];
        let mut left = self.zeros;
        while left > 0 {
            let length = left.min(block.len() as u64);
            take(&block[..length as usize])?;
            left -= length;
        }
        Ok(())
    }
}

/// Returns whether a file has these bytes at `at`, as far as it has any there.
fn has(file: &impl ReadAt, at: u64, bytes: &[u8]) -> Result<bool> {
    let mut there = vec![0; file.len().saturating_sub(at).min(bytes.len() as u64) as usize];
    file.read_at(at, &mut there)?;
    Ok(bytes.starts_with(&there))
}
