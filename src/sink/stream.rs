//! A movie that is written as it is made, without seeking.

use std::io::Write;

use super::Sink;
use crate::{Error, Result};

/// Passes the bytes of a movie to a writer, which is flushed after each write.
pub(crate) struct StreamSink<W> {
    writer: W,
    length: u64,
}

/// Where a [`Movie`](crate::Movie) goes that is written to a writer; [`finish`](crate::Movie::finish) returns the writer.
pub struct Stream<W>(pub(crate) W);

impl<W: Write> StreamSink<W> {
    pub fn new(writer: W) -> Self {
        Self { writer, length: 0 }
    }
}

impl<W: Write> Sink for StreamSink<W> {
    type Output = Stream<W>;

    fn len(&self) -> u64 {
        self.length
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.writer.write_all(bytes).and_then(|()| self.writer.flush());
        written.map_err(Error::io("writing to the stream"))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn into_output(self) -> Stream<W> {
        Stream(self.writer)
    }
}
