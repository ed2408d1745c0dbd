//! `SegmentFolder`: stores finished segments as files, so that a killed run can be continued.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::buffer::PacketBuffer;
use super::format;
use super::{Segment, SegmentHeader, file};
use crate::{Error, Result};

/// The extension of segment files.
const EXTENSION: &str = "segment";

/// A folder of finished segments, in files whose names end in `.segment`.
pub(crate) struct SegmentFolder {
    path: PathBuf,
    /// The segments that the folder had when it was opened, and their files.
    kept: BTreeMap<u64, PathBuf>,
}

impl SegmentFolder {
    /// Creates the folder if there is none, and finds out which segments of the movie it has. `movie` is the header of
    /// any segment of that movie.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be created or read; [`Error::Segment`] for a segment of another movie.
    pub fn open(path: &Path, movie: &SegmentHeader) -> Result<Self> {
        let reading = || Error::io(format!("reading the folder {}", path.display()));
        fs::create_dir_all(path).map_err(Error::io(format!("creating the folder {}", path.display())))?;
        let mut kept = BTreeMap::new();
        for entry in fs::read_dir(path).map_err(reading())? {
            let file = entry.map_err(reading())?.path();
            if file.extension().is_some_and(|extension| extension == EXTENSION) {
                let Segment { header, packets, path } = Segment::open(&file)?;
                let index = header.index;
                header
                    .check(movie, index)
                    .and_then(|()| header.check_frames(packets.len()))
                    .map_err(|problem| Error::Segment { index: Some(index), path, problem })?;
                kept.insert(index, file);
            }
        }
        Ok(Self { path: path.to_owned(), kept })
    }

    /// Returns the indices of the segments that the folder had when it was opened.
    pub fn kept(&self) -> impl Iterator<Item = u64> {
        self.kept.keys().copied()
    }

    /// Reads a segment that the folder had when it was opened. Returns `None` if it had no such segment.
    pub fn read(&self, index: u64) -> Option<Result<Segment>> {
        self.kept.get(&index).map(Segment::open)
    }

    pub fn store(&self, header: &SegmentHeader, packets: &PacketBuffer) -> Result<()> {
        let path = self.path.join(format!("{:06}.{EXTENSION}", header.index));
        file::store(&path, &format::to_bytes(header, packets))
    }

    /// Removes the segments, and the folder if nothing else is in it. Errors are ignored, because the movie is
    /// finished.
    pub fn clear(&self) {
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let file = entry.path();
            if file.extension().is_some_and(|extension| extension == EXTENSION || extension == file::UNFINISHED) {
                let _ = fs::remove_file(file);
            }
        }
        let _ = fs::remove_dir(&self.path);
    }
}
