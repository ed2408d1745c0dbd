//! Finished parts that outlive the process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Identity, Segment, UNFINISHED, store, to_bytes};
use crate::packet::ParameterSets;
use crate::segment::plan::{PacketBuffer, SegmentPlan};
use crate::{Error, Result};

/// The extension of the files of pieces.
const PIECE: &str = "piece";

/// Finished parts that are kept in a folder, in files that end in `.piece`.
pub(crate) struct Folder {
    path: PathBuf,
    identity: Identity,
    /// The files of parts that were there from the beginning.
    kept: BTreeMap<u64, PathBuf>,
}

impl Folder {
    /// Looks what is in the folder.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such folder and none can be made; [`Error::Segment`] for a piece of another movie.
    pub fn scan(path: &Path, identity: Identity, parts: &SegmentPlan, sets: &ParameterSets) -> Result<Self> {
        let reading = || Error::io(format!("reading the folder {}", path.display()));
        fs::create_dir_all(path).map_err(Error::io(format!("making the folder {}", path.display())))?;
        let mut kept = BTreeMap::new();
        for entry in fs::read_dir(path).map_err(reading())? {
            let file = entry.map_err(reading())?.path();
            if file.extension().is_some_and(|extension| extension == PIECE) {
                let piece = Segment::open(&file)?;
                piece.check(&identity, parts, sets).map_err(|error| match error {
                    Error::Segment { reason, .. } => Error::Segment { piece: file.display().to_string(), reason },
                    other => other,
                })?;
                kept.insert(piece.part(), file);
            }
        }
        Ok(Self { path: path.to_path_buf(), identity, kept })
    }

    /// The parts that were there from the beginning.
    pub fn kept(&self) -> impl Iterator<Item = u64> {
        self.kept.keys().copied()
    }

    /// Whether a part was there from the beginning.
    pub fn has(&self, part: u64) -> bool {
        self.kept.contains_key(&part)
    }

    /// A part that was there from the beginning.
    pub fn film(&self, part: u64) -> Result<PacketBuffer> {
        Ok(Segment::open(self.kept.get(&part).unwrap_or(&self.file(part)))?.into_film())
    }

    pub fn store(&self, part: u64, sets: &ParameterSets, film: &PacketBuffer) -> Result<()> {
        store(&self.file(part), &to_bytes(part, &self.identity.0, sets, film))
    }

    /// Removes the pieces, and the folder if nothing else is in it.
    pub fn clear(&self) {
        // The movie is finished: what cannot be removed does no harm to it.
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let file = entry.path();
            if file.extension().is_some_and(|extension| extension == PIECE || extension == UNFINISHED) {
                let _ = fs::remove_file(file);
            }
        }
        let _ = fs::remove_dir(&self.path);
    }

    fn file(&self, part: u64) -> PathBuf {
        self.path.join(format!("{part:06}.{PIECE}"))
    }
}
