//! Where the bytes of a movie go: a file, memory, a stream.

mod file;
mod memory;
mod stream;

use std::ops::Range;
use std::path::PathBuf;

use crate::{Error, Result};

pub(crate) use file::FileSink;
#[cfg(test)]
pub(crate) use file::fault;
pub(crate) use memory::MemorySink;
pub use stream::Stream;

/// Takes the bytes of a movie.
///
/// Every sink appends. Layouts that change what is written already need a sink that seeks; one that does not returns
/// [`Error::Io`] from the methods with a default that says so.
pub(crate) trait Sink: Sized {
    /// What is left of the sink when the movie is finished.
    type Output;

    /// Whether [`keep`](Self::keep) can keep anything.
    const CAN_KEEP: bool = false;

    /// Bytes written so far.
    fn len(&self) -> u64;

    /// Writes bytes at the end. If that fails, a sink that seeks ends where it did before.
    fn append(&mut self, bytes: &[u8]) -> Result<()>;

    /// Writes bytes at the end, at least 8, of which the first 8 are written last: until all others are there, `guard` is
    /// in their place. A sink that nobody reads meanwhile just appends.
    fn append_guarded(&mut self, _guard: [u8; 8], bytes: &[u8]) -> Result<()> {
        self.append(bytes)
    }

    /// Writes bytes at an offset, over bytes that are there or beyond the end.
    fn write_at(&mut self, _at: u64, _bytes: &[u8]) -> Result<()> {
        Err(not_seekable())
    }

    /// Waits until everything written is safe on the disk, if it goes to one.
    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    /// Moves everything from `from` on to `to`, which is at least `from`. The bytes between are then of any value.
    fn shift(&mut self, _from: u64, _to: u64) -> Result<()> {
        Err(not_seekable())
    }

    /// Creates an empty sink that can replace this one.
    fn another(&self) -> Result<Self> {
        Err(not_seekable())
    }

    /// Writes a part of another sink at the end.
    fn append_from(&mut self, _other: &Self, _range: Range<u64>) -> Result<()> {
        Err(not_seekable())
    }

    /// Completes the sink, whose contents are a finished movie.
    fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    /// Returns what is left of the sink.
    fn into_output(self) -> Self::Output;

    /// Keeps an incomplete movie, and returns the file where it is.
    fn keep(&mut self) -> Option<PathBuf> {
        None
    }
}

/// Reads bytes at any offset: the counterpart of [`Sink`] for what was left behind.
pub(crate) trait ReadAt {
    /// Bytes that there are.
    fn len(&self) -> u64;

    /// Fills `bytes` with the bytes from `at` on.
    ///
    /// # Errors
    /// [`Error::Io`] if there are fewer.
    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<()>;
}

fn not_seekable() -> Error {
    Error::io("changing what is written")(std::io::ErrorKind::NotSeekable.into())
}
