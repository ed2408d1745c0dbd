//! `Stream`: passes the bytes of a movie to any writer while it is made, without seeking.

use std::io::Write;

use super::Sink;
use crate::{Error, Result};

/// A writer that a [`Movie`](crate::Movie) is written to; [`finish`](crate::Movie::finish) returns the writer.
pub struct Stream<W> {
    pub(crate) writer: W,
    length: u64,
}

impl<W: Write> Stream<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer, length: 0 }
    }
}

impl<W: Write> Sink for Stream<W> {
    type Output = Self;

    fn len(&self) -> u64 {
        self.length
    }

    /// Writes and flushes, so that a fragment reaches the other end at once.
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.writer.write_all(bytes).and_then(|()| self.writer.flush());
        written.map_err(Error::io("writing to the stream"))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn into_output(self) -> Self {
        self
    }
}
