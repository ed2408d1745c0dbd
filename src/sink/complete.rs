//! What makes the bytes of a complete recording those of a finished movie.

use super::{Memory, UnfinishedFile};
use crate::Result;
use crate::mp4::{Edit, Finished, Mp4Layout};

impl UnfinishedFile {
    /// Makes a complete recording a finished movie, which has yet to get its name.
    pub fn complete(&mut self, recording: &Finished) -> Result<()> {
        match recording.form() {
            Mp4Layout::Fragmented => Ok(()),
            Mp4Layout::Progressive => {
                self.shift(recording.samples_at(), recording.head_length()?)?;
                recording.head(&mut |edit| self.edit(edit))
            }
            Mp4Layout::CrashSafe => {
                if recording.commit(&mut |edit| self.edit(edit))? {
                    return Ok(());
                }
                match self.progressive_copy(recording) {
                    Ok(copy) => {
                        *self = copy;
                        Ok(())
                    }
                    // No room for a second copy: the index goes to the end.
                    Err(_) => recording.commit_at_end(&mut |edit| self.edit(edit)),
                }
            }
        }
    }

    /// A progressive copy of a crash-safe file, safe on the disk. Its index comes first, so that a copy cut short plays,
    /// but it is the recording that can be recovered.
    fn progressive_copy(&self, recording: &Finished) -> Result<Self> {
        let mut copy = self.another()?;
        recording.head(&mut |edit| copy.edit(edit))?;
        copy.append_parts(self, recording.chunks())?;
        copy.edit(Edit::Sync)?;
        Ok(copy)
    }
}

impl Memory {
    /// Makes a complete recording a finished movie. In memory none is crash-safe.
    pub fn complete(&mut self, recording: &Finished) -> Result<()> {
        if recording.form() == Mp4Layout::Fragmented {
            return Ok(());
        }
        self.shift(recording.samples_at(), recording.head_length()?);
        recording.head(&mut |edit| {
            self.edit(edit);
            Ok(())
        })
    }
}
