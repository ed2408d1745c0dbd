//! `MemorySink`: collects a movie in a `Vec<u8>`.

use std::ops::Range;

use super::Sink;
use crate::Result;

/// Collects the bytes of a movie.
#[derive(Default)]
pub(crate) struct MemorySink(Vec<u8>);

impl Sink for MemorySink {
    type Output = Vec<u8>;
    const CAN_SEEK: bool = true;

    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        self.0.clear();
        Ok(())
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let (at, end) = (at as usize, at as usize + bytes.len());
        self.0.resize(self.0.len().max(end), 0);
        self.0[at..end].copy_from_slice(bytes);
        Ok(())
    }

    fn shift(&mut self, from: u64, to: u64) -> Result<()> {
        let (from, to) = (from as usize, to as usize);
        self.0.splice(from..from, std::iter::repeat_n(0, to - from));
        Ok(())
    }

    fn another(&self) -> Result<Self> {
        Ok(Self::default())
    }

    fn append_from(&mut self, other: &Self, range: Range<u64>) -> Result<()> {
        self.append(&other.0[range.start as usize..range.end as usize])
    }

    fn into_output(self) -> Vec<u8> {
        self.0
    }
}

impl MemorySink {
    /// Returns the bytes so far.
    #[cfg(test)]
    pub fn bytes(&self) -> &Vec<u8> {
        &self.0
    }
}
