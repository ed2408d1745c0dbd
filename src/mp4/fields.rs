//! `Fields`: checked reads of the numbers in a box.

use super::boxes::find;
use crate::Mp4Error;

/// The payload of a box, with its name for errors.
pub(super) struct Fields<'a> {
    pub name: &'static str,
    pub bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn of(bytes: &'a [u8], path: &[&'static [u8; 4]]) -> Option<Self> {
        let span = find(bytes, path)?;
        let name = path.last().and_then(|name| std::str::from_utf8(*name).ok()).unwrap_or_default();
        Some(Self { name, bytes: &bytes[span.body..span.end] })
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], Mp4Error> {
        self.bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or_else(|| damaged(self.name))
    }

    pub fn u16(&self, at: usize) -> Result<u16, Mp4Error> {
        self.array(at).map(u16::from_be_bytes)
    }

    pub fn u32(&self, at: usize) -> Result<u32, Mp4Error> {
        self.array(at).map(u32::from_be_bytes)
    }

    /// Reads a composition offset, which has a sign in version 1 of a box.
    pub fn offset(&self, at: usize) -> Result<i64, Mp4Error> {
        let value = self.u32(at)?;
        Ok(if self.is_long() { i64::from(value as i32) } else { i64::from(value) })
    }

    pub fn u64(&self, at: usize) -> Result<u64, Mp4Error> {
        self.array(at).map(u64::from_be_bytes)
    }

    /// Returns whether the box has version 1: most of them have times of 64 bits then.
    pub fn is_long(&self) -> bool {
        self.bytes.first() == Some(&1)
    }

    /// Reads the timescale, which is not 0, and the duration of an `mvhd` or `mdhd` box.
    pub fn timescale_and_duration(&self) -> Result<(u32, u64), Mp4Error> {
        let (timescale, duration) =
            if self.is_long() { (self.u32(20)?, self.u64(24)?) } else { (self.u32(12)?, self.u32(16)?.into()) };
        if timescale == 0 { Err(damaged(self.name)) } else { Ok((timescale, duration)) }
    }
}

pub(super) fn damaged(name: &str) -> Mp4Error {
    Mp4Error::DamagedBox { name: name.into() }
}
