//! Files of segments: regular ones are opened, and a file that is written appears when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::sink::create_unique;
use crate::{Error, Result, SegmentError};

/// The extension of unfinished files, which a killed process leaves behind.
pub(super) const UNFINISHED: &str = "unfinished-segment";

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

/// Writes a file that appears under its name when it is complete and on the disk.
pub(super) fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    let writing = || Error::io(format!("writing {}", path.display()));
    let mut file = create_unique(path, &format!(".{UNFINISHED}")).map_err(writing())?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_data()).map_err(writing())?;
    file.persist(path).map_err(|error| writing()(error.error))?;
    Ok(())
}
