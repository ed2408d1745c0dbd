//! `Sink` and `ReadAt`: the interface to where the bytes of a movie go, which is a file, memory or a stream.

#[cfg(not(test))]
mod fault;
#[cfg(test)]
pub(crate) mod fault;
mod file;
mod lock;
mod memory;
mod name;
mod stream;
mod target;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::{Error, Result};

pub(crate) use file::{FileSink, remove};
pub(crate) use memory::MemorySink;
pub(crate) use name::check_name;
pub use stream::Stream;

/// Takes the bytes of a movie.
///
/// Every sink can append. Layouts that change earlier bytes need a sink that can seek. The methods for that return
/// [`Error::Io`] by default, for sinks that cannot.
pub(crate) trait Sink: Sized {
    /// What [`into_output`](Self::into_output) returns when the movie is finished.
    type Output;

    /// Whether [`keep`](Self::keep) can keep an incomplete movie.
    const CAN_KEEP: bool = false;

    /// Whether bytes that were written can be changed.
    const CAN_SEEK: bool = false;

    /// Returns the number of bytes written so far.
    fn len(&self) -> u64;

    /// Writes bytes at the end. If that fails, a sink that can seek keeps its length.
    fn append(&mut self, bytes: &[u8]) -> Result<()>;

    /// Removes everything written so far, to begin again.
    fn restart(&mut self) -> Result<()> {
        Err(not_seekable())
    }

    /// Writes at least 8 bytes at the end. The first 8 are written last; until all others are written, `guard` is in
    /// their place. A sink that nobody reads meanwhile just appends.
    fn append_guarded(&mut self, _guard: [u8; 8], bytes: &[u8]) -> Result<()> {
        self.append(bytes)
    }

    /// Writes bytes at an offset, over existing bytes or beyond the end.
    fn write_at(&mut self, _at: u64, _bytes: &[u8]) -> Result<()> {
        Err(not_seekable())
    }

    /// Says that nothing more is appended: what follows makes a finished movie of the recording.
    fn end_recording(&mut self) -> Result<()> {
        Ok(())
    }

    /// Waits until everything written is safe on the disk, if it goes to one.
    fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    /// Moves everything from `from` on to `to`, which is at least `from`. The bytes between then have any value.
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

    /// Continues with a complete copy of this sink.
    fn replace_with(&mut self, copy: Self) {
        *self = copy;
    }

    /// Completes the sink, whose contents are a finished movie.
    fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    /// Converts the sink to its output: nothing for a file, the bytes for memory, the writer for a stream.
    fn into_output(self) -> Self::Output;

    /// Keeps an incomplete movie, and returns the path of its file.
    fn keep(&mut self) -> Option<PathBuf> {
        None
    }
}

/// Reads bytes at any offset. It is the counterpart of [`Sink`] for files that were left behind.
pub(crate) trait ReadAt {
    /// Returns the number of bytes.
    fn len(&self) -> u64;

    /// Fills `bytes` with the bytes from `at` on.
    ///
    /// # Errors
    /// [`Error::Io`] if there are fewer.
    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<()>;
}

/// Creates a file of a name that no other file has, in the folder of `path`. It is removed when it is dropped, unless it
/// gets a name with `persist`.
///
/// It has the permissions of any new file, which the process's umask decides. The files of `tempfile` are private, and
/// Windows marks them as temporary.
pub(crate) fn create_unique(path: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    let create =
        |path: &Path| -> io::Result<File> { OpenOptions::new().read(true).write(true).create_new(true).open(path) };
    tempfile::Builder::new().suffix(suffix).make_in(folder_of(path), create)
}

/// Returns the folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the user that this process acts for.
#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn not_seekable() -> Error {
    Error::io("changing earlier bytes")(io::ErrorKind::NotSeekable.into())
}
