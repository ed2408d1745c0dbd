//! `recover`: finishes a recording that a crash has left unfinished.

use std::path::Path;

use crate::mp4::{Scan, Summary, scan};
use crate::sink::{FileSink, Sink};
use crate::{Error, Result};

/// The movie that [`recover`] made of an unfinished file.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recovered {
    /// Frames in the movie.
    pub frames: u64,
    /// Duration of the movie in seconds.
    pub seconds: f64,
    /// Size of the movie in bytes.
    pub bytes: u64,
    /// Bytes of an incomplete fragment that were cut off at the end.
    pub lost_bytes: u64,
}

impl std::fmt::Display for Recovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { frames, seconds, bytes, lost_bytes } = self;
        write!(
            f,
            "{frames} frames, {seconds:.3} s, {bytes} bytes; {lost_bytes} bytes of an incomplete fragment cut off"
        )
    }
}

/// Turns an unfinished file into a finished movie, in place.
///
/// A recording that is killed, or that runs out of disk space or power, leaves a file like `demo.mp4.k3Xz9Q.part` in
/// the folder of the movie. The file plays as it is. Recovering gives it the index and the layout of a finished movie.
/// It loses at most the incomplete fragment at the end and, after a power cut, the bytes that the system had not
/// written yet. The file keeps its name, and can be renamed. After a power cut or a kill during recovery, it can be
/// recovered as before. A movie that is already finished is not changed.
///
/// ```no_run
/// let movie = kinetograph::recover("demo.mp4.k3Xz9Q.part")?;
/// println!("{movie}");
/// std::fs::rename("demo.mp4.k3Xz9Q.part", "demo.mp4").expect("the same folder");
/// # Ok::<(), kinetograph::Error>(())
/// ```
///
/// # Errors
/// - [`Error::Io`] if the file cannot be read or written.
/// - [`Error::StillRecording`] if a process is recording into it.
/// - [`Error::Mp4`] if it is not a recording of the layouts crash-safe or fragmented, has no complete fragment, or is
///   damaged before later fragments.
///
/// The file is not changed then. If writing failed, it can be recovered as before.
pub fn recover(path: impl AsRef<Path>) -> Result<Recovered> {
    let path = path.as_ref();
    let mut file = FileSink::open(path)?;
    let length = file.len();
    let scanned = scan(&file).map_err(|error| match error {
        Error::Mp4 { reason, .. } => Error::Mp4 { path: Some(path.into()), reason },
        other => other,
    })?;
    match scanned {
        Scan::Finished(Summary { frames, seconds }) => {
            Ok(Recovered { frames: frames.into(), seconds, bytes: length, lost_bytes: 0 })
        }
        Scan::Unfinished { summary: Summary { frames, seconds }, recorded, end } => {
            file.truncate(end)?;
            recorded.finish(&mut file)?;
            file.commit()?;
            Ok(Recovered { frames: frames.into(), seconds, bytes: file.len(), lost_bytes: length - end })
        }
    }
}
