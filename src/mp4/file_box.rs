//! `FileBox`: finds and reads the outer boxes of a file.

use super::boxes::BoxHead;
use crate::sink::ReadAt;
use crate::{Mp4Error, Result};

/// The maximum size of a `moov` or `moof` box in bytes, since they are read into memory. Those of this crate are far
/// smaller.
pub(super) const MAX_INDEX: u64 = 64 << 20;

/// Where a box is in a file.
#[derive(Clone, Copy)]
pub(super) struct FileBox {
    pub name: [u8; 4],
    pub start: u64,
    pub end: u64,
}

impl FileBox {
    /// Finds the box at `at`. Returns `None` if the file ends inside the box, or if there is no valid box.
    pub fn find(file: &impl ReadAt, at: u64) -> Result<Option<Self>> {
        Ok(head_at(file, at)?.and_then(|BoxHead { name, size, .. }| {
            let end = at.checked_add(size).filter(|end| *end <= file.len())?;
            Some(Self { name, start: at, end })
        }))
    }

    /// Reads a `moov` or `moof` box, header included.
    ///
    /// # Errors
    /// [`Mp4Error::TooLarge`] beyond [`MAX_INDEX`]; any error of reading.
    pub fn read(self, file: &impl ReadAt) -> Result<Vec<u8>> {
        let size = self.end - self.start;
        if size > MAX_INDEX {
            return Err(Mp4Error::TooLarge { what: "its index in bytes", value: size, limit: MAX_INDEX }.into());
        }
        let mut bytes = vec![0; size as usize];
        file.read_at(self.start, &mut bytes)?;
        Ok(bytes)
    }
}

/// Reads the header of the box at `at`, which may extend beyond the end of the file. Returns `None` if it is not valid.
pub(super) fn head_at(file: &impl ReadAt, at: u64) -> Result<Option<BoxHead>> {
    let mut bytes = [0; 16];
    let bytes = &mut bytes[..file.len().saturating_sub(at).min(16) as usize];
    file.read_at(at, bytes)?;
    Ok(BoxHead::parse(bytes))
}
