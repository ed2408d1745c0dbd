//! `FileSink`: writes a movie to a file beside the final name, and renames it when it is finished.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::lock::{self, Locked, State, leads_to};
use super::target::Target;
use super::{ReadAt, Sink, fault};
use crate::{Error, Result};

/// The number of bytes that are moved at a time.
const BLOCK: usize = 1 << 20;

/// A file beside its final name. It is locked while it is open, and removed when it is dropped.
///
/// A killed process leaves its file behind. The next recording of the same target begins with that file. As long as the
/// new bytes equal those that are there, nothing is written. At the first difference, the earlier file is kept under
/// a numbered name.
pub(crate) struct FileSink {
    file: File,
    path: PathBuf,
    target: Target,
    length: u64,
    /// The length of what an earlier run has left. Up to `length`, this run has made the same.
    found: u64,
    is_removed_on_drop: bool,
    /// The recording that this file is a copy of. It is removed when the copy has its final name.
    recording: Option<Box<FileSink>>,
}

impl FileSink {
    /// Opens the file for a recording, `NAME.part` in the folder of `target`. If `target` is a symbolic link, the file
    /// is beside the one that it leads to.
    ///
    /// The file is empty, or has what an earlier run has left. Then [`reuse`](Self::reuse) or
    /// [`set_aside`](Self::set_aside) says what happens to it.
    ///
    /// # Errors
    /// [`Error::Io`] if the target is not a regular file or has no name, or if the folder does not exist or cannot be
    /// written to; [`Error::Output`] if a file there must not be replaced; [`Error::StillRecording`] if another process
    /// is recording the same movie.
    pub fn create(target: &Path) -> Result<Self> {
        let target = Target::new(target)?;
        let path = target.part();
        let Locked { file, state } = lock::open_or_create(&path, &target)?;
        let mut sink = Self::new(file, path, target);
        match state {
            State::New => sink.target.keep_mode(&sink.file),
            State::LeftOver => {
                sink.target.keep_mode(&sink.file);
                sink.length = sink.file.metadata().map_err(|error| sink.failed("opening", error))?.len();
                sink.is_removed_on_drop = sink.length == 0;
            }
            State::Foreign => {
                sink.is_removed_on_drop = false;
                sink.set_aside()?;
            }
        }
        sink.remove_old_copy()?;
        Ok(sink)
    }

    /// Creates an empty file `NAME.finishing` in the folder of `target`, for a copy of a recording. A copy that a killed
    /// process has left is replaced, because its recording is still there.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_copy(target: &Path) -> Result<Self> {
        Self::copy_for(Target::new(target)?)
    }

    fn copy_for(target: Target) -> Result<Self> {
        let path = target.copy();
        let Locked { mut file, state } = lock::open_or_create(&path, &target)?;
        let failed = || Error::io(format!("replacing {}", path.display()));
        match state {
            State::New => {}
            State::LeftOver => file.set_len(0).map_err(failed())?,
            State::Foreign => {
                fs::remove_file(&path).map_err(failed())?;
                file = lock::open_or_create(&path, &target)?.file;
            }
        }
        target.keep_mode(&file);
        Ok(Self::new(file, path, target))
    }

    /// Opens an unfinished file that was left behind. It is not removed when dropped, and keeps its name when it is
    /// finished.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read and written; [`Error::StillRecording`] if a process is recording into it.
    pub fn open(path: &Path) -> Result<Self> {
        let sink = Self::open_with(lock::open_existing, path)?;
        sink.remove_old_copy()?;
        Ok(sink)
    }

    /// Opens an unfinished file to read it. It and the files beside it stay as they are.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::StillRecording`] if a process is recording into it.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        Self::open_with(lock::open_to_read, path)
    }

    fn open_with(open: fn(&Path) -> Result<File>, path: &Path) -> Result<Self> {
        let target = Target::in_place(path).map_err(Error::io(format!("opening {}", path.display())))?;
        let file = open(target.path())?;
        let mut sink = Self::new(file, target.path().to_owned(), target);
        sink.is_removed_on_drop = false;
        sink.length = sink.file.metadata().map_err(|error| sink.failed("opening", error))?.len();
        Ok(sink)
    }

    fn new(file: File, path: PathBuf, target: Target) -> Self {
        Self { file, path, target, length: 0, found: 0, is_removed_on_drop: true, recording: None }
    }

    /// Cuts the file off at `length`.
    pub fn truncate(&mut self, length: u64) -> Result<()> {
        self.file.set_len(length).map_err(|error| self.failed("cutting", error))?;
        self.length = length;
        Ok(())
    }

    /// Begins again in a file that an earlier run has left, of which the first `length` bytes are complete. Unless they
    /// are none, the file is not removed when dropped.
    pub fn reuse(&mut self, length: u64) -> Result<()> {
        self.truncate(length)?;
        (self.length, self.found) = (0, length);
        self.is_removed_on_drop = length == 0;
        Ok(())
    }

    /// Keeps the file of an earlier run under a numbered name, and continues in a new file with a copy of what this run
    /// has made so far.
    pub fn set_aside(&mut self) -> Result<()> {
        let length = if self.found > 0 { self.length } else { 0 };
        let kept = self.target.numbered_part();
        let renamed = fault::point().and_then(|()| fs::rename(&self.path, &kept));
        renamed.map_err(|error| self.failed(&format!("renaming to {} from", kept.display()), error))?;
        let created = lock::open_or_create(&self.path, &self.target).and_then(|Locked { file, state }| match state {
            State::New => Ok(file),
            _ => Err(self.failed("creating", ErrorKind::AlreadyExists.into())),
        });
        let earlier = match created {
            Ok(file) => std::mem::replace(&mut self.file, file),
            Err(error) => {
                if !self.path.exists() {
                    let _ = fs::rename(&kept, &self.path);
                }
                return Err(error);
            }
        };
        log::warn!(
            "{} has other frames than this movie, of an earlier run. They are kept in {}: recover it or delete it",
            self.path.display(),
            kept.display()
        );
        self.target.keep_mode(&self.file);
        (self.length, self.found, self.is_removed_on_drop) = (0, 0, true);
        let mut earlier = Self::new(earlier, kept, self.target.clone());
        earlier.is_removed_on_drop = false;
        self.append_from(&earlier, 0..length)
    }

    /// Returns whether the next bytes are there already, from an earlier run. If that run made other bytes, its file is
    /// set aside.
    fn is_there(&mut self, bytes: &[u8]) -> Result<bool> {
        let known = self.found.saturating_sub(self.length).min(bytes.len() as u64) as usize;
        if known == 0 {
            return Ok(false);
        }
        let mut there = vec![0; known];
        self.read_at(self.length, &mut there)?;
        if there != bytes[..known] {
            self.set_aside()?;
            return Ok(false);
        }
        if known == bytes.len() {
            self.length += known as u64;
        }
        Ok(known == bytes.len())
    }

    /// Removes a copy that a killed process has left.
    fn remove_old_copy(&self) -> Result<()> {
        let copy = self.target.copy();
        if !copy.exists() {
            return Ok(());
        }
        match lock::open_existing(&copy) {
            Ok(_) => remove(&copy),
            // Something else recovers a movie of this name.
            Err(Error::StillRecording { process, .. }) => {
                return Err(Error::StillRecording { path: self.target.path().into(), process });
            }
            Err(error) => log::warn!("removing {}: {error:?}", copy.display()),
        }
        Ok(())
    }

    /// Cuts off the bytes of a failed write. If that fails too, readers skip them.
    fn cut_back(&mut self, length: u64, error: Error) -> Error {
        if fault::point().is_ok() {
            let _ = self.file.set_len(length);
        }
        self.length = length;
        error
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.seek(at)?;
        if let Err(error) = fault::point() {
            // As on a full disk, some bytes are written, but none of the few that commit: they are in one sector.
            let part = if bytes.len() > 8 { bytes.len() / 2 } else { 0 };
            let _ = self.file.write_all(&bytes[..part]);
            return Err(self.failed("writing", error));
        }
        self.file.write_all(bytes).map_err(|error| self.failed("writing", error))?;
        self.length = self.length.max(at + bytes.len() as u64);
        Ok(())
    }

    fn seek(&self, at: u64) -> Result<()> {
        (&self.file).seek(SeekFrom::Start(at)).map(drop).map_err(|error| self.failed("seeking in", error))
    }

    fn failed(&self, doing: &str, error: io::Error) -> Error {
        Error::io(format!("{doing} {}", self.path.display()))(error)
    }

    fn rename_to_target(&self) -> io::Result<()> {
        fault::point()?;
        // Somebody may have moved the file away, and another process may be recording under its name.
        if !leads_to(&self.path, &self.file) {
            return Err(ErrorKind::NotFound.into());
        }
        fs::rename(&self.path, self.target.path())
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if self.is_removed_on_drop && leads_to(&self.path, &self.file) {
            remove(&self.path);
        }
    }
}

impl Sink for FileSink {
    type Output = ();

    const CAN_KEEP: bool = true;
    const CAN_SEEK: bool = true;

    fn len(&self) -> u64 {
        self.length
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        if self.is_there(bytes)? {
            return Ok(());
        }
        let length = self.length;
        self.write(length, bytes).map_err(|error| self.cut_back(length, error))
    }

    /// Sets aside what an earlier run has left, if it is still in the file.
    fn restart(&mut self) -> Result<()> {
        if let Some(recording) = self.recording.take() {
            *self = *recording;
        }
        if self.found > 0 {
            self.set_aside()?;
        }
        self.truncate(0)
    }

    fn append_guarded(&mut self, guard: [u8; 8], bytes: &[u8]) -> Result<()> {
        let Some((head, others)) = bytes.split_first_chunk::<8>() else { return self.append(bytes) };
        if self.is_there(bytes)? {
            return Ok(());
        }
        let length = self.length;
        self.write(length, &guard)
            .and_then(|()| self.write(length + 8, others))
            .and_then(|()| self.write(length, head))
            .map_err(|error| self.cut_back(length, error))
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.write(at, bytes)
    }

    /// Sets aside a file with more frames of an earlier run than this movie has.
    fn end_recording(&mut self) -> Result<()> {
        if self.found > self.length { self.set_aside() } else { Ok(()) }
    }

    fn sync(&mut self) -> Result<()> {
        fault::point().and_then(|()| self.file.sync_data()).map_err(|error| self.failed("writing", error))
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

    /// Creates an empty file `NAME.finishing` for the same target.
    fn another(&self) -> Result<Self> {
        Self::copy_for(self.target.clone())
    }

    fn append_from(&mut self, other: &Self, range: Range<u64>) -> Result<()> {
        self.seek(self.length)?;
        other.seek(range.start)?;
        let length = range.end - range.start;
        // Both are files, so that the kernel copies on Linux.
        let copied = fault::point().and_then(|()| io::copy(&mut (&other.file).take(length), &mut self.file));
        if copied.map_err(|error| self.failed("writing", error))? != length {
            return Err(other.failed("reading", ErrorKind::UnexpectedEof.into()));
        }
        self.length += length;
        Ok(())
    }

    fn replace_with(&mut self, copy: Self) {
        let recording = std::mem::replace(self, copy);
        self.recording = Some(Box::new(recording));
    }

    /// Waits until the file is safe on the disk, and renames it to its final name, in place of an earlier file. When
    /// the name is safe too, the recording is removed that it is a copy of.
    fn commit(&mut self) -> Result<()> {
        self.target.keep_owner_and_mode(&self.file);
        self.sync()?;
        if cfg!(not(unix)) {
            // Not every file system of Windows replaces a file that is open.
            drop(self.recording.take_if(|recording| recording.path == self.target.path()));
        }
        let to = format!("renaming to {} from", self.target.path().display());
        self.rename_to_target().map_err(|error| self.failed(&to, error))?;
        self.is_removed_on_drop = false;
        self.target.sync_folder();
        if let Some(mut recording) = self.recording.take() {
            recording.is_removed_on_drop = recording.path != self.target.path();
        }
        Ok(())
    }

    fn into_output(self) {}

    /// Keeps the recording. A copy of it is removed, even if it is complete, so that one file is left to recover.
    fn keep(&mut self) -> Option<PathBuf> {
        let kept = match &mut self.recording {
            Some(recording) => &mut **recording,
            None => self,
        };
        kept.is_removed_on_drop = false;
        Some(kept.path.clone())
    }
}

impl ReadAt for FileSink {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        self.seek(at)?;
        (&self.file).read_exact(bytes).map_err(|error| self.failed("reading", error))
    }
}

/// Removes a file. If that fails, it logs why: nobody can be told otherwise. A file that is not there is no failure.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        log::warn!("removing {}: {error}", path.display());
    }
}
