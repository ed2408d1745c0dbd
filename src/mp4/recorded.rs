//! `Recorded`: turns a complete recording into a finished movie, in place or by a copy.

use super::Mp4Layout;
use super::boxes::{header, mdat_header};
use super::duration;
use super::fragment;
use super::header::{Brands, Header, Timing};
use super::index::{Index, Placed};
use super::samples::{Chunk, Samples};
use crate::Result;
use crate::sink::Sink;

/// A recording whose samples are complete, with its index in memory.
pub(crate) struct Recorded {
    pub(super) layout: Mp4Layout,
    pub(super) header: Header,
    pub(super) samples: Samples,
    /// Ticks from the presentation of the first frame to the end of the last one's.
    pub(super) movie: u64,
    /// The presentation time of the first frame in the media, in ticks.
    pub(super) media_time: u64,
    /// The beginning and the length of what is replaced when the recording is finished: the `free` box of a crash-safe
    /// file, the header of a progressive file's `mdat`, or the `free` box in the place of a fragmented file's `mehd`.
    pub(super) reserve: (u64, u64),
}

impl Recorded {
    /// Turns the recording in `sink` into a finished movie.
    ///
    /// A crash-safe recording is a playable file at every instant. Its index is written into the reserve. If that is
    /// too small, the index and then the samples are copied to another sink. If that fails, for example because there
    /// is no space for a copy, the index is written at the end. The samples of a progressive recording are shifted, and
    /// the index is written before them.
    pub fn finish<S: Sink>(&self, sink: &mut S) -> Result<()> {
        match self.layout {
            Mp4Layout::Fragmented => self.state_duration(sink),
            Mp4Layout::Progressive => {
                sink.shift(self.reserve.0 + self.reserve.1, self.head_length()?)?;
                self.write_head(sink)
            }
            Mp4Layout::CrashSafe => {
                if self.commit(sink)? {
                    return Ok(());
                }
                match self.progressive_copy(sink) {
                    Ok(copy) => {
                        sink.replace_with(copy);
                        Ok(())
                    }
                    Err(_) => self.commit_at_end(sink),
                }
            }
        }
    }

    /// Returns the `reserve` of a fragmented file whose `moov` box begins at `moov_at`.
    pub(super) fn duration_reserve(moov_at: u64, moov: &[u8]) -> (u64, u64) {
        let place = duration::place(moov);
        (moov_at + place.start as u64, place.len() as u64)
    }

    /// Replaces the `free` box of a fragmented file by `mehd`. A sink that cannot seek stays as it is. The header of the
    /// box comes last, so that the file is right at every instant.
    fn state_duration<S: Sink>(&self, sink: &mut S) -> Result<()> {
        let (at, length) = self.reserve;
        let mehd = duration::known(self.movie);
        if !S::CAN_SEEK || length != mehd.len() as u64 {
            return Ok(());
        }
        sink.write_at(at + 8, &mehd[8..])?;
        sink.write_at(at, &mehd[..8])
    }

    /// Turns a crash-safe file into a plain one in place, by writing the index into its reserve. Returns `false` and
    /// writes nothing if the index does not fit.
    ///
    /// First, everything after the first 8 bytes of `moov` is written into the `free` box. Then follows the header of
    /// an `mdat` that spans everything after it. Finally, the header of `moov` replaces that of `free`.
    pub(super) fn commit(&self, sink: &mut impl Sink) -> Result<bool> {
        let (at, reserved) = self.reserve;
        let index = self.index(sink.len() > u64::from(u32::MAX))?;
        let Some(unused) = reserved.checked_sub(index.len()) else { return Ok(false) };
        let mdat = header(b"mdat", sink.len() - at - index.len());
        if mdat.len() as u64 > unused {
            return Ok(false);
        }
        let commit = write_index(&index, Placed::AsRecorded, at, &mdat, sink)?;
        sink.sync()?;
        sink.write_at(at, &commit)?;
        Ok(true)
    }

    /// Turns a crash-safe file into a plain one in place, with the index at its end.
    ///
    /// Readers ignore the second `moov` until the `free` box becomes the `mdat` that spans everything.
    pub(super) fn commit_at_end(&self, sink: &mut impl Sink) -> Result<()> {
        let (at, length) = (self.reserve.0, sink.len());
        let index = self.index(length > u64::from(u32::MAX))?;
        let mut position = length;
        index.write(Placed::AsRecorded, &mut |block| {
            sink.write_at(position, block)?;
            position += block.len() as u64;
            Ok(())
        })?;
        sink.write_at(at + 8, &(length - at).to_be_bytes())?;
        sink.sync()?;
        sink.write_at(at, b"\0\0\0\x01mdat")
    }

    /// Makes a progressive copy of a crash-safe file, and waits until it is safe on the disk. A copy that is cut short
    /// has its index and plays, but only the recording can be recovered.
    pub(super) fn progressive_copy<S: Sink>(&self, sink: &S) -> Result<S> {
        let mut copy = sink.another()?;
        self.copy_progressive(sink, &mut copy)?;
        copy.sync()?;
        Ok(copy)
    }

    /// Copies the samples in `sink` to an empty sink, as a finished movie: of a fragmented recording a fragmented one,
    /// otherwise a progressive one.
    pub fn copy<S: Sink>(&self, sink: &S, copy: &mut S) -> Result<()> {
        match self.layout {
            Mp4Layout::Fragmented => self.copy_fragments(sink, copy),
            Mp4Layout::CrashSafe | Mp4Layout::Progressive => self.copy_progressive(sink, copy),
        }
    }

    fn copy_progressive<S: Sink>(&self, sink: &S, copy: &mut S) -> Result<()> {
        self.write_head(copy)?;
        let mut chunks =
            self.samples.chunks.iter().map(|chunk| chunk.position..chunk.position + chunk.bytes).peekable();
        while let Some(mut range) = chunks.next() {
            while let Some(next) = chunks.next_if(|next| next.start == range.end) {
                range.end = next.end;
            }
            copy.append_from(sink, range)?;
        }
        Ok(())
    }

    /// Writes a fragment for each chunk.
    fn copy_fragments<S: Sink>(&self, sink: &S, copy: &mut S) -> Result<()> {
        copy.append(&[Brands::Fragmented.ftyp(), self.header.fragmented(Some(self.movie))].concat())?;
        let mut samples = self.samples.iter();
        let mut decode_time = 0;
        for (Chunk { position, bytes, samples: count }, sequence) in self.samples.chunks.iter().zip(1..) {
            let samples: Vec<_> = samples.by_ref().take(*count as usize).collect();
            copy.append(&fragment::head(sequence, decode_time, &samples)?)?;
            copy.append_from(sink, *position..position + bytes)?;
            decode_time += samples.iter().map(|sample| u64::from(sample.duration)).sum::<u64>();
        }
        Ok(())
    }

    /// Writes the beginning of a progressive file, up to its samples. The header of `moov` comes last, so that a file is
    /// complete or obviously not.
    pub(super) fn write_head(&self, sink: &mut impl Sink) -> Result<()> {
        let (ftyp, index, mdat) = self.head()?;
        let samples_at = ftyp.len() as u64 + index.len() + mdat.len() as u64;
        sink.write_at(0, &ftyp)?;
        let commit = write_index(&index, Placed::From(samples_at), ftyp.len() as u64, &mdat, sink)?;
        sink.write_at(ftyp.len() as u64, &commit)
    }

    /// Returns the number of bytes of a progressive file before its samples.
    pub(super) fn head_length(&self) -> Result<u64> {
        let (ftyp, index, mdat) = self.head()?;
        Ok(ftyp.len() as u64 + index.len() + mdat.len() as u64)
    }

    fn head(&self) -> Result<(Vec<u8>, Index<'_>, Vec<u8>)> {
        let ftyp = Brands::Plain.ftyp();
        let mdat = mdat_header(self.samples.bytes);
        let mut index = self.index(false)?;
        if ftyp.len() as u64 + index.len() + mdat.len() as u64 + self.samples.bytes > u64::from(u32::MAX) {
            index = self.index(true)?;
        }
        Ok((ftyp, index, mdat))
    }

    fn index(&self, wide: bool) -> Result<Index<'_>> {
        let timing = Timing { movie: self.movie, media: self.samples.duration, media_time: self.media_time };
        Index::new(&self.header, &self.samples, timing, wide)
    }
}

/// Writes an index at `at` but for its first 8 bytes, which are returned, and the header of an `mdat` behind it.
fn write_index(index: &Index<'_>, placed: Placed, at: u64, mdat: &[u8], sink: &mut impl Sink) -> Result<[u8; 8]> {
    let mut position = at;
    let mut head = [0; 8];
    index.write(placed, &mut |block| {
        let held = if position == at { head.len() } else { 0 };
        if held > 0 {
            head.copy_from_slice(&block[..held]);
        }
        sink.write_at(position + held as u64, &block[held..])?;
        position += block.len() as u64;
        Ok(())
    })?;
    sink.write_at(position, mdat)?;
    Ok(head)
}
