//! `SegmentFolder`: stores finished segments as files, so that a killed run can be continued, and several runs can share
//! the work.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::buffer::PacketBuffer;
use super::run::{self, Run};
use super::{Segment, SegmentHeader, file, format};
use crate::sink::remove;
use crate::{Error, Result};

/// The extension of segment files.
const EXTENSION: &str = "segment";

/// The extension of the files that say which run makes a segment.
const CLAIM: &str = "claim";

/// How long the text of a claim may come after its file. On a machine with another clock, a segment may be made twice.
const TEXT_WAIT: Duration = Duration::from_secs(2);

/// A folder of finished segments, in files whose names end in `.segment`.
///
/// Segments appear by an atomic rename, and equal settings give equal bytes. So it does no harm if two runs make the same
/// segment, or if one removes a segment that another needs, which is then made again. Claims and announced runs only
/// save work; nothing relies on them.
pub(crate) struct SegmentFolder {
    path: PathBuf,
    movie: SegmentHeader,
    run: Run,
    /// The segments that the folder had when it was opened, and their files.
    kept: BTreeMap<u64, PathBuf>,
    /// The segments that this run has claimed.
    claimed: Mutex<BTreeSet<u64>>,
}

/// Who makes a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// This run.
    Own,
    /// Another run is making it.
    Other,
    /// It is finished.
    Finished,
}

impl SegmentFolder {
    /// Creates the folder if there is none, announces the run, and finds out which segments of the movie the folder has.
    /// `movie` is the header of any segment of that movie.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be created, read or written to; [`Error::Segment`] for a segment of another
    /// movie.
    pub fn open(path: &Path, movie: &SegmentHeader) -> Result<Self> {
        // Announced first: from now on, no other run removes segments.
        let run =
            Run::announce(path).map_err(Error::io(format!("creating a file in the folder {}", path.display())))?;
        let (kept, claimed) = (BTreeMap::new(), Mutex::default());
        let mut folder = Self { path: path.to_owned(), movie: movie.clone(), run, kept, claimed };
        let reading = || Error::io(format!("reading the folder {}", path.display()));
        for entry in fs::read_dir(path).map_err(reading())? {
            let file = entry.map_err(reading())?.path();
            if file.extension().is_some_and(|extension| extension == EXTENSION)
                && let Some(segment) = folder.checked(&file)?
            {
                folder.kept.insert(segment.index(), file);
            }
        }
        Ok(folder)
    }

    /// Returns the indices of the segments that the folder had when it was opened.
    pub fn kept(&self) -> impl Iterator<Item = u64> {
        self.kept.keys().copied()
    }

    /// Reads a segment. Returns `None` if the folder does not have it, or has it no longer.
    pub fn read(&self, index: u64) -> Result<Option<Segment>> {
        for path in self.kept.get(&index).cloned().into_iter().chain([self.file(index, EXTENSION)]) {
            if let Some(segment) = file::if_there(Segment::open(path))? {
                return Ok(Some(segment));
            }
        }
        Ok(None)
    }

    /// Claims a segment for this run, unless it is finished, or a run that is alive has claimed it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn claim(&self, index: u64) -> Result<Claim> {
        let path = self.file(index, CLAIM);
        let create = || file::create_new(&path, &self.run.signature());
        // A claim that cannot be written saves no work, but the segment can be made.
        let mut is_own = create().unwrap_or(true);
        if !is_own && !self.is_claimed(index) {
            remove(&path);
            is_own = create().unwrap_or(true);
        }
        if is_own {
            self.claimed().insert(index);
        }
        // Read after the claim: whoever had it before has stored the segment before it gave up the claim.
        if self.checked(&self.file(index, EXTENSION))?.is_some() {
            self.release(index);
            return Ok(Claim::Finished);
        }
        Ok(if is_own { Claim::Own } else { Claim::Other })
    }

    /// Returns whether a segment that another run has claimed is finished, or the claim is void.
    pub fn is_free(&self, index: u64) -> bool {
        fs::exists(self.file(index, EXTENSION)).unwrap_or(true) || !self.is_claimed(index)
    }

    /// Makes the claim of another run void.
    pub fn remove_claim(&self, index: u64) {
        remove(&self.file(index, CLAIM));
    }

    /// Stores a segment, and gives up the claim.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn store(&self, header: &SegmentHeader, packets: &PacketBuffer) -> Result<()> {
        // If it was removed meanwhile, by hand for example.
        let _ = fs::create_dir_all(&self.path);
        file::store(&self.file(header.index, EXTENSION), &format::to_bytes(header, packets))?;
        self.release(header.index);
        Ok(())
    }

    /// Shows other runs now and then that this one is alive.
    pub fn beat(&self) {
        self.run.beat();
    }

    /// Ends the run, which has finished the movie. If no other run needs the segments, it removes them, and the folder if
    /// nothing else is in it. Errors are ignored, because the movie is finished.
    pub fn finish(self) {
        // First, so that the last of several runs that finish at once sees no other.
        self.run.end();
        let runs = self.names(run::EXTENSION);
        if runs.iter().any(|name| self.run.is_alive(name)) {
            return;
        }
        let others = [EXTENSION, CLAIM, file::UNFINISHED].map(|extension| self.names(extension));
        for name in others.iter().flatten().chain(&runs) {
            remove(&self.path.join(name));
        }
        let path = self.path.clone();
        // Closes the run's file. On some file systems of Windows, a removed file is in its folder until it is closed.
        drop(self);
        let _ = fs::remove_dir(path);
    }

    /// Opens a segment and checks that it is of the movie. Returns `None` if there is no such file.
    fn checked(&self, path: &Path) -> Result<Option<Segment>> {
        let Some(segment) = file::if_there(Segment::open(path))? else { return Ok(None) };
        let Segment { header, packets, .. } = &segment;
        let index = header.index;
        let checked = header.check(&self.movie, index).and_then(|()| header.check_frames(packets.len()));
        checked.map_err(|problem| Error::Segment { index: Some(index), path: Some(path.into()), problem })?;
        Ok(Some(segment))
    }

    /// Returns whether a run that is alive has claimed a segment.
    fn is_claimed(&self, index: u64) -> bool {
        let path = self.file(index, CLAIM);
        match file::text(&path).lines().next() {
            Some(name) => Path::new(name).file_name().is_some_and(|name| self.run.is_alive(name)),
            // Its text is about to be written, or its run was killed just then.
            None => {
                let written = fs::metadata(path).and_then(|there| there.modified());
                written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age < TEXT_WAIT))
            }
        }
    }

    /// Gives up the claim of this run.
    fn release(&self, index: u64) {
        if self.claimed().remove(&index) {
            remove(&self.file(index, CLAIM));
        }
    }

    fn claimed(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, index: u64, extension: &str) -> PathBuf {
        self.path.join(format!("{index:06}.{extension}"))
    }

    /// Returns the names of the files that have this extension.
    fn names(&self, extension: &str) -> Vec<OsString> {
        let names = fs::read_dir(&self.path).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.filter(|name| Path::new(name).extension().is_some_and(|found| found == extension)).collect()
    }
}

impl Drop for SegmentFolder {
    fn drop(&mut self) {
        for index in std::mem::take(&mut *self.claimed()) {
            self.remove_claim(index);
        }
    }
}
