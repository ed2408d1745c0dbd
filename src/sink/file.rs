//! A file that has its name only when it is finished.

use std::fs;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::mp4::Edit;
use crate::{Error, Result};

/// How many bytes are moved at a time.
const BLOCK: usize = 1 << 20;

/// The longest file name that the unfinished file's name repeats; file systems have 255 bytes for a name.
const MAX_NAME: usize = 240;

/// A file beside its final name, removed when dropped.
pub(crate) struct UnfinishedFile {
    file: NamedTempFile,
    target: PathBuf,
    length: u64,
}

impl UnfinishedFile {
    /// Creates an empty `NAME.XXXXXX.part` in the folder of `target`; a `target` that is a symbolic link stands for
    /// what it leads to.
    ///
    /// # Errors
    /// [`Error::Io`] if the target is no regular file or has no name, or if the folder does not exist or cannot be
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
        if target.file_name().is_none() {
            return Err(wrong("it has no file name"));
        }
        let file = create_beside(&target)?;
        Ok(Self { file, target, length: 0 })
    }

    /// Adds bytes at the end. If that fails, the file ends where it did before.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let length = self.length;
        let written = self.write(length, bytes);
        if written.is_err() {
            // What cannot be cut off is an incomplete box at the end, which readers skip.
            let _ = self.file.as_file().set_len(length);
            self.length = length;
        }
        written
    }

    /// Makes a change.
    pub fn edit(&mut self, edit: Edit<'_>) -> Result<()> {
        match edit {
            Edit::Write(at, bytes) => self.write(at, bytes),
            Edit::Sync => self.file.as_file().sync_data().map_err(self.failed("writing")),
        }
    }

    /// Moves everything from `from` on to `to`, which lies behind it.
    pub fn shift(&mut self, from: u64, to: u64) -> Result<()> {
        let by = to - from;
        let mut block = vec![0; BLOCK.min((self.length - from) as usize)];
        let mut end = self.length;
        while end > from {
            let length = (end - from).min(BLOCK as u64);
            let block = &mut block[..length as usize];
            end -= length;
            self.read(end, block)?;
            self.write(end + by, block)?;
        }
        Ok(())
    }

    /// A new file for the same target, which begins with `head` zeros and goes on with parts of this one.
    pub fn copy(&mut self, head: u64, parts: impl Iterator<Item = Range<u64>>) -> Result<Self> {
        let mut copy = Self { file: create_beside(&self.target)?, target: self.target.clone(), length: head };
        copy.file.as_file().set_len(head).map_err(copy.failed("writing"))?;
        let mut parts = parts.peekable();
        while let Some(mut part) = parts.next() {
            while let Some(next) = parts.next_if(|next| next.start == part.end) {
                part.end = next.end;
            }
            copy.seek(copy.length)?;
            self.seek(part.start)?;
            let length = part.end - part.start;
            // Both are files, so the kernel copies.
            let copied = io::copy(&mut self.file.as_file().take(length), &mut copy.file.as_file());
            if copied.map_err(copy.failed("writing"))? != length {
                return Err(self.failed("reading")(ErrorKind::UnexpectedEof.into()));
            }
            copy.length += length;
        }
        Ok(copy)
    }

    /// Gives the file its name, in place of an earlier file of that name; returns its length.
    pub fn finish(&mut self) -> Result<u64> {
        fs::rename(self.file.path(), &self.target)
            .map_err(self.failed(&format!("renaming to {}", self.target.display())))?;
        self.file.disable_cleanup(true);
        Ok(self.length)
    }

    /// Leaves the file where it is, and tells where.
    pub fn keep(&mut self) -> PathBuf {
        self.file.disable_cleanup(true);
        self.file.path().to_owned()
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.seek(at)?;
        self.file.as_file().write_all(bytes).map_err(self.failed("writing"))?;
        self.length = self.length.max(at + bytes.len() as u64);
        Ok(())
    }

    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Result<()> {
        self.seek(at)?;
        self.file.as_file().read_exact(bytes).map_err(self.failed("reading"))
    }

    fn seek(&self, at: u64) -> Result<()> {
        self.file.as_file().seek(SeekFrom::Start(at)).map_err(self.failed("seeking in")).map(drop)
    }

    fn failed(&self, doing: &str) -> impl FnOnce(io::Error) -> Error + use<> {
        Error::io(format!("{doing} {}", self.file.path().display()))
    }
}

/// An empty file in the target's folder, with the permissions of any new file.
fn create_beside(target: &Path) -> Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = target.file_name().filter(|name| name.len() <= MAX_NAME).unwrap_or("movie".as_ref());
    let mut prefix = name.to_owned();
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666)); // the process's umask applies
    }
    builder.tempfile_in(folder).map_err(Error::io(format!("creating a file beside {}", target.display())))
}

/// What a path leads to, if its last component is a symbolic link, be it to something that does not exist yet.
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
