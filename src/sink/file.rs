//! `FileSink`: writes a movie to a temporary file beside the final name, and renames it when it is finished.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::{Duration, Instant};

use tempfile::{NamedTempFile, TempPath};

use super::{ReadAt, Sink};
use crate::{Error, Result};

/// The number of bytes that are moved at a time.
const BLOCK: usize = 1 << 20;

/// The longest file name, in bytes, that the unfinished file's name repeats. File systems allow 255 bytes for a name.
const MAX_NAME: usize = 240;

/// How long a lock is waited for.
#[cfg(unix)]
const LOCK_WAIT: Duration = Duration::from_secs(1);

/// A file beside its final name, removed when dropped.
pub(crate) struct FileSink {
    file: NamedTempFile,
    target: PathBuf,
    length: u64,
}

impl FileSink {
    /// Creates an empty `NAME.XXXXXX.part` in the folder of `target`. If `target` is a symbolic link, the target is the
    /// file that it leads to.
    ///
    /// # Errors
    /// [`Error::Io`] if the target is not a regular file or has no name, or if the folder does not exist or cannot be
    /// written to.
    pub fn create(target: &Path) -> Result<Self> {
        let wrong = |why: &str| Error::io(format!("creating {}", target.display()))(io::Error::other(why));
        let target = resolve(target).map_err(Error::io(format!("creating {}", target.display())))?;
        match fs::metadata(&target) {
            Ok(there) if there.is_dir() => return Err(wrong("it is a folder")),
            Ok(there) if !there.is_file() => return Err(wrong("it is not a regular file; use Movie::stream")),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io(format!("creating {}", target.display()))(error));
            }
            _ => {}
        }
        // A name with a separator or a dot after it could be created, but no file could be renamed to it.
        let ends_in = |name: &std::ffi::OsStr| target.as_os_str().as_encoded_bytes().ends_with(name.as_encoded_bytes());
        if !target.file_name().is_some_and(ends_in) {
            return Err(wrong("it has no file name"));
        }
        let file = create_beside(&target, ".part")?;
        Ok(Self { file, target, length: 0 })
    }

    /// Opens an unfinished file that was left behind. It is not removed when dropped, and keeps its name when it is
    /// finished.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read and written; [`Error::StillRecording`] if a process is recording into it.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = || Error::io(format!("opening {}", path.display()));
        let target = resolve(path).map_err(failed())?;
        let file = fs::OpenOptions::new().read(true).write(true).open(&target).map_err(failed())?;
        let there = file.metadata().map_err(failed())?;
        if !there.is_file() {
            return Err(failed()(io::Error::other("it is not a regular file")));
        }
        if !lock(&file) {
            return Err(Error::StillRecording { path: path.into() });
        }
        let mut kept = TempPath::try_from_path(&target).map_err(failed())?;
        kept.disable_cleanup(true);
        Ok(Self { file: NamedTempFile::from_parts(file, kept), target, length: there.len() })
    }

    /// Cuts the file off at `length`.
    pub fn truncate(&mut self, length: u64) -> Result<()> {
        self.file.as_file().set_len(length).map_err(|error| self.failed("cutting", error))?;
        self.length = length;
        Ok(())
    }

    /// Cuts off the bytes of a failed write. If that fails too, readers skip them.
    fn cut_back(&mut self, length: u64, error: Error) -> Error {
        if fault::point().is_ok() {
            let _ = self.file.as_file().set_len(length);
        }
        self.length = length;
        error
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.seek(at)?;
        if let Err(error) = fault::point() {
            // As on a full disk, some bytes are written, but none of the few that commit: they are in one sector.
            let part = if bytes.len() > 8 { bytes.len() / 2 } else { 0 };
            let _ = self.file.as_file().write_all(&bytes[..part]);
            return Err(self.failed("writing", error));
        }
        self.file.as_file().write_all(bytes).map_err(|error| self.failed("writing", error))?;
        self.length = self.length.max(at + bytes.len() as u64);
        Ok(())
    }

    fn seek(&self, at: u64) -> Result<()> {
        let found = self.file.as_file().seek(SeekFrom::Start(at));
        found.map(drop).map_err(|error| self.failed("seeking in", error))
    }

    fn failed(&self, doing: &str, error: io::Error) -> Error {
        Error::io(format!("{doing} {}", self.file.path().display()))(error)
    }
}

impl Sink for FileSink {
    type Output = ();

    const CAN_KEEP: bool = true;

    fn len(&self) -> u64 {
        self.length
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let length = self.length;
        self.write(length, bytes).map_err(|error| self.cut_back(length, error))
    }

    fn append_guarded(&mut self, guard: [u8; 8], bytes: &[u8]) -> Result<()> {
        let length = self.length;
        let Some((head, others)) = bytes.split_first_chunk::<8>() else { return self.append(bytes) };
        self.write(length, &guard)
            .and_then(|()| self.write(length + 8, others))
            .and_then(|()| self.write(length, head))
            .map_err(|error| self.cut_back(length, error))
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.write(at, bytes)
    }

    fn sync(&mut self) -> Result<()> {
        let synced = fault::point().and_then(|()| self.file.as_file().sync_data());
        synced.map_err(|error| self.failed("writing", error))
    }

    fn shift(&mut self, from: u64, to: u64) -> Result<()> {
        let by = to - from;
        let mut block = vec![0; BLOCK.min((self.length - from) as usize)];
        let mut end = self.length;
        while end > from {
            let length = (end - from).min(BLOCK as u64);
            let block = &mut block[..length as usize];
            end -= length;
            self.read_at(end, block)?;
            self.write(end + by, block)?;
        }
        Ok(())
    }

    /// Creates an empty file `NAME.XXXXXX.copy` for the same target.
    fn another(&self) -> Result<Self> {
        let file = create_beside(&self.target, ".copy")?;
        Ok(Self { file, target: self.target.clone(), length: 0 })
    }

    fn append_from(&mut self, other: &Self, range: Range<u64>) -> Result<()> {
        self.seek(self.length)?;
        other.seek(range.start)?;
        let length = range.end - range.start;
        // Both are files, so the kernel copies.
        let copied =
            fault::point().and_then(|()| io::copy(&mut other.file.as_file().take(length), &mut self.file.as_file()));
        if copied.map_err(|error| self.failed("writing", error))? != length {
            return Err(other.failed("reading", ErrorKind::UnexpectedEof.into()));
        }
        self.length += length;
        Ok(())
    }

    /// Waits until the file is safe on the disk, and renames it to its final name, in place of an earlier file.
    fn commit(&mut self) -> Result<()> {
        self.sync()?;
        let renamed = fault::point().and_then(|()| fs::rename(self.file.path(), &self.target));
        renamed.map_err(|error| self.failed(&format!("renaming to {} from", self.target.display()), error))?;
        self.file.disable_cleanup(true);
        Ok(())
    }

    fn into_output(self) {}

    fn keep(&mut self) -> Option<PathBuf> {
        self.file.disable_cleanup(true);
        Some(self.file.path().to_owned())
    }
}

impl ReadAt for FileSink {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        self.seek(at)?;
        self.file.as_file().read_exact(bytes).map_err(|error| self.failed("reading", error))
    }
}

/// Creates an empty file in the target's folder, with the permissions of any new file.
fn create_beside(target: &Path, suffix: &str) -> Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = target.file_name().filter(|name| name.len() <= MAX_NAME).unwrap_or("movie".as_ref());
    let mut prefix = name.to_owned();
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(suffix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666)); // the process's umask applies
    }
    let file = fault::point()
        .and_then(|()| builder.tempfile_in(folder))
        .map_err(Error::io(format!("creating a file beside {}", target.display())))?;
    lock(file.as_file());
    Ok(file)
}

/// Locks the file as long as it is open, so that other processes know that it is being written. Returns `false` if
/// another process holds the lock. Returns `true` where the system or the file system has no such advisory locks.
///
/// A process that any thread starts has the lock of every open file until it executes its program, even of a file that
/// is closed meanwhile. So the lock may be held for a moment when nobody is writing.
fn lock(file: &File) -> bool {
    #[cfg(unix)]
    {
        let begin = Instant::now();
        while matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            if begin.elapsed() > LOCK_WAIT {
                return false;
            }
            std::thread::sleep(LOCK_WAIT / 100);
        }
    }
    true
}

/// Follows a path whose last component is a symbolic link, even one to a file that does not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // As many links as Linux follows.
    for _ in 0..40 {
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_symlink() => {
                let link = fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(link);
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// The points at which tests make the system fail.
#[cfg(not(test))]
mod fault {
    pub fn point() -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod fault {
    use std::cell::Cell;
    use std::io::{Error, ErrorKind, Result};

    thread_local! {
        static PASSED: Cell<u32> = const { Cell::new(0) };
        static FAILING: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    }

    /// Calls `run` while the points `from..to` fail. Returns its result and the number of points that it passed.
    pub fn with_failing<T>(from: u32, to: u32, run: impl FnOnce() -> T) -> (T, u32) {
        PASSED.set(0);
        FAILING.set((from, to));
        let result = run();
        FAILING.set((0, 0));
        (result, PASSED.get())
    }

    pub fn point() -> Result<()> {
        let number = PASSED.replace(PASSED.get() + 1);
        let (from, to) = FAILING.get();
        if (from..to).contains(&number) { Err(Error::from(ErrorKind::StorageFull)) } else { Ok(()) }
    }
}
