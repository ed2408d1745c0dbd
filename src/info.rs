//! `MovieInfo::open`: reads what a movie file holds.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::mp4::MovieInfo;
use crate::sink::ReadAt;
use crate::{Error, Result};

impl MovieInfo {
    /// Reads what an MP4 file holds: its boxes, and the beginning of its first sample. The file may be unfinished, and
    /// may be one that is being recorded. It may come from another program, if it has H.264 video.
    ///
    /// ```
    /// use kinetograph::{Animation, MovieInfo, Settings};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("movie.mp4");
    /// Animation::new(Settings::new(64, 36).frame_rate(30), 45, |_, _| Ok(())).save(&path)?;
    /// let info = MovieInfo::open(&path)?;
    /// assert_eq!((info.width, info.height, info.frames, info.seconds), (64, 36, 45, 1.5));
    /// assert_eq!(info.codec, "avc1.64000a"); // High profile, level 1
    /// assert!(info.is_finished);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Mp4`] if it is not an MP4 with H.264 video, or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let reading = || Error::io(format!("reading {}", path.display()));
        // Opening a pipe could block for ever.
        if !fs::metadata(path).map_err(reading())?.is_file() {
            return Err(reading()(std::io::Error::other("it is not a regular file")));
        }
        let file = File::open(path).map_err(reading())?;
        let length = file.metadata().map_err(reading())?.len();
        Self::read(&OpenFile { file, path, length }).map_err(|error| match error {
            Error::Mp4 { reason, .. } => Error::Mp4 { path: Some(path.into()), reason },
            other => other,
        })
    }
}

/// A file that is only read.
struct OpenFile<'a> {
    file: File,
    path: &'a Path,
    length: u64,
}

impl ReadAt for OpenFile<'_> {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        let mut file = &self.file;
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(bytes));
        read.map_err(Error::io(format!("reading {}", self.path.display())))
    }
}
