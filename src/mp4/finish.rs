//! What makes a complete recording a finished movie.

use std::ops::Range;

use super::Mp4Layout;
use super::boxes::{header, mdat_header};
use super::header::{Brands, Header};
use super::index::{Index, Placed};
use super::samples::Samples;
use crate::Result;

/// A change of the output, to be made in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit<'a> {
    /// These bytes go here, over what is there or at the end.
    Write(u64, &'a [u8]),
    /// What has been written must be on the disk before what follows is.
    Sync,
}

/// Takes edits one after another.
pub(crate) type Edits<'a> = &'a mut dyn FnMut(Edit<'_>) -> Result<()>;

/// A recording whose samples are complete, with its index in memory.
///
/// A crash-safe one is finished by [`commit`](Self::commit), which leaves a playable file at every instant; where the
/// index does not fit in the reserve, by copying ([`head`](Self::head) and then [`chunks`](Self::chunks)); where there
/// is no room for a copy, by [`commit_at_end`](Self::commit_at_end). A progressive one is finished by moving its
/// samples up and writing the head before them. A fragmented one is finished.
pub(crate) struct Finished {
    pub(super) form: Mp4Layout,
    pub(super) header: Header,
    pub(super) samples: Samples,
    /// Ticks from the first frame's showing to the end of the last one's.
    pub(super) movie: u64,
    /// When in the media the first frame is shown, in ticks.
    pub(super) media_time: u64,
    /// Where the `free` box begins, and its length.
    pub(super) reserve: (u64, u64),
    /// Of the output, in bytes.
    pub(super) length: u64,
}

impl Finished {
    /// How the file was laid out while it was recorded.
    pub fn form(&self) -> Mp4Layout {
        self.form
    }

    /// Makes a crash-safe file a plain one in place, by writing the index into its reserve; `false`, and no edits, if
    /// it does not fit.
    ///
    /// Within the `free` box stands what shall follow the first 8 bytes of `moov`, then the header of an `mdat` that
    /// spans everything after it; then the box becomes the `moov` by its header.
    pub fn commit(&self, edits: Edits<'_>) -> Result<bool> {
        let (at, reserved) = self.reserve;
        let index = self.index(self.length > u64::from(u32::MAX))?;
        let Some(rest) = reserved.checked_sub(index.len()) else { return Ok(false) };
        let mdat = header(b"mdat", self.length - at - index.len());
        if (mdat.len() as u64) > rest {
            return Ok(false);
        }
        let mut position = at;
        let mut head = [0; 8];
        index.write(Placed::AsRecorded, &mut |block| {
            // The first 8 bytes are the commit.
            let held = if position == at { 8 } else { 0 };
            if held > 0 {
                head.copy_from_slice(&block[..8]);
            }
            edits(Edit::Write(position + held as u64, &block[held..]))?;
            position += block.len() as u64;
            Ok(())
        })?;
        edits(Edit::Write(position, &mdat))?;
        edits(Edit::Sync)?;
        edits(Edit::Write(at, &head))?;
        Ok(true)
    }

    /// Makes a crash-safe file a plain one in place, with the index at its end.
    ///
    /// Until the `free` box becomes the `mdat` that spans everything, readers ignore the second `moov`.
    pub fn commit_at_end(&self, edits: Edits<'_>) -> Result<()> {
        let at = self.reserve.0;
        let index = self.index(self.length > u64::from(u32::MAX))?;
        let mut position = self.length;
        index.write(Placed::AsRecorded, &mut |block| {
            edits(Edit::Write(position, block))?;
            position += block.len() as u64;
            Ok(())
        })?;
        edits(Edit::Write(at + 8, &(self.length - at).to_be_bytes()))?;
        edits(Edit::Sync)?;
        edits(Edit::Write(at, b"\0\0\0\x01mdat"))
    }

    /// Writes the beginning of a progressive file, up to its samples.
    pub fn head(&self, edits: Edits<'_>) -> Result<()> {
        let (ftyp, index, mdat) = self.parts_of_head()?;
        let samples_at = ftyp.len() as u64 + index.len() + mdat.len() as u64;
        edits(Edit::Write(0, &ftyp))?;
        let mut position = ftyp.len() as u64;
        index.write(Placed::From(samples_at), &mut |block| {
            edits(Edit::Write(position, block))?;
            position += block.len() as u64;
            Ok(())
        })?;
        edits(Edit::Write(position, &mdat))
    }

    /// Length of the beginning of a progressive file, up to its samples.
    pub fn head_length(&self) -> Result<u64> {
        let (ftyp, index, mdat) = self.parts_of_head()?;
        Ok(ftyp.len() as u64 + index.len() + mdat.len() as u64)
    }

    fn parts_of_head(&self) -> Result<(Vec<u8>, Index<'_>, Vec<u8>)> {
        let ftyp = Brands::Plain.ftyp()?;
        let mdat = mdat_header(self.samples.bytes);
        let mut index = self.index(false)?;
        if ftyp.len() as u64 + index.len() + mdat.len() as u64 + self.samples.bytes > u64::from(u32::MAX) {
            index = self.index(true)?;
        }
        Ok((ftyp, index, mdat))
    }

    /// Where the first sample of a progressive recording is.
    pub fn samples_at(&self) -> u64 {
        self.reserve.0 + self.reserve.1
    }

    /// Where the samples are in the recording, in order.
    pub fn chunks(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        self.samples.chunks.iter().map(|chunk| chunk.position..chunk.position + chunk.bytes)
    }

    fn index(&self, wide: bool) -> Result<Index<'_>> {
        Index::new(&self.header, &self.samples, self.movie, self.media_time, wide)
    }
}
