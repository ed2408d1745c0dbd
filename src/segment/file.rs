//! Files of segments: regular ones are opened, and a file that is written appears when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use crate::sink::create_unique;
use crate::{Error, Result, SegmentError};

/// The extension of unfinished files, which a killed process leaves behind.
pub(super) const UNFINISHED: &str = "unfinished-segment";

/// How many times a file is written again that another process has removed before it had its name.
const STORE_AGAIN: u32 = 3;

/// The number of bytes of a text that are read.
const MOST_TEXT: u64 = 4096;

/// Opens a file to read it. Nothing but a regular file is opened: a FIFO or a device could block for ever.
///
/// # Errors
/// [`Error::Io`] if it cannot be opened; [`Error::Segment`] if it is not a regular file.
pub(super) fn open(path: &Path) -> Result<File> {
    let reading = || Error::io(format!("reading {}", path.display()));
    let check = |there: fs::Metadata| match there.is_file() {
        true => Ok(()),
        false => Err(Error::Segment { index: None, path: Some(path.to_owned()), problem: SegmentError::NotAFile }),
    };
    check(fs::metadata(path).map_err(reading())?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Another file may have taken the name meanwhile.
        options.custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path).map_err(reading())?;
    check(file.metadata().map_err(reading())?)?;
    Ok(file)
}

/// Returns the text at the beginning of a small file, or what can be read of it.
pub(super) fn text(path: &Path) -> String {
    open(path).map(|file| text_of(&file)).unwrap_or_default()
}

/// Returns the text at the beginning of an open file, or what can be read of it.
pub(super) fn text_of(file: &File) -> String {
    let mut bytes = Vec::new();
    let _ = file.take(MOST_TEXT).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns `None` in place of the error that there is no such file.
pub(super) fn if_there<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Writes a file that appears under its name when it is complete and on the disk.
///
/// # Errors
/// [`Error::Io`] if it cannot be written.
pub(super) fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    let try_store = || {
        let mut file = create_unique(path, &format!(".{UNFINISHED}"))?;
        file.write_all(bytes)?;
        file.as_file().sync_data()?;
        file.persist(path).map_err(|error| error.error)
    };
    // A run that has finished the movie may have removed the unfinished file.
    let mut stored = try_store();
    for _ in 0..STORE_AGAIN {
        match stored {
            Err(error) if error.kind() == ErrorKind::NotFound => stored = try_store(),
            _ => break,
        }
    }
    stored.map(drop).map_err(Error::io(format!("writing {}", path.display())))
}

/// Creates a file, and writes a text to it. Returns `false` if there is a file of that name.
pub(super) fn create_new(path: &Path, text: &str) -> io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}
