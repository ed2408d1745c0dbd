//! `recover` and `recover_in_place`: make a finished movie of a recording that a crash has left unfinished.

use std::path::Path;

pub use crate::mp4::LeftOut;
use crate::mp4::{ReadBack, Scan, Summary, scan};
use crate::settings::Layout;
use crate::sink::{FileSink, Sink, check_name};
use crate::{Error, Mp4Error, Result};

/// The movie that [`recover`] or [`recover_in_place`] made of an unfinished file. Its `Display` states all of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recovered {
    /// Frames in the movie, without the impaired frames.
    pub frames: u64,
    /// Further frames in the movie, between a part that was left out and the next keyframe. They may show damage or not
    /// show at all, because they depend on frames that are missing.
    pub impaired_frames: u64,
    /// Duration of the movie in seconds.
    pub seconds: f64,
    /// Size of the movie in bytes.
    pub bytes: u64,
    /// Bytes of an incomplete fragment at the end that the movie does not have. No player shows anything of them.
    pub lost_bytes: u64,
    /// Damaged parts that the movie does not have, in order.
    pub left_out: Vec<LeftOut>,
}

impl Recovered {
    /// `length` is that of the unfinished file, `bytes` that of the movie.
    fn of_unfinished(read: ReadBack, length: u64, bytes: u64) -> Self {
        let Summary { frames, seconds } = read.summary;
        let known = read.left_out.last().map_or(0, |part| part.bytes.end).max(read.end);
        Self {
            frames,
            impaired_frames: read.impaired,
            seconds,
            bytes,
            lost_bytes: length.saturating_sub(known),
            left_out: read.left_out,
        }
    }

    fn of_finished(Summary { frames, seconds }: Summary, bytes: u64) -> Self {
        Self { frames, impaired_frames: 0, seconds, bytes, lost_bytes: 0, left_out: Vec::new() }
    }
}

impl std::fmt::Display for Recovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { frames, impaired_frames, seconds, bytes, lost_bytes, left_out } = self;
        write!(f, "{frames} frames, {seconds:.3} s, {bytes} bytes")?;
        if *lost_bytes > 0 {
            write!(f, "; {lost_bytes} bytes of an incomplete fragment are left out")?;
        }
        left_out.iter().try_for_each(|part| write!(f, "; damaged and left out: {part}"))?;
        if *impaired_frames > 0 {
            write!(f, "; {impaired_frames} more frames may show damage, because they depend on frames left out")?;
        }
        Ok(())
    }
}

/// Makes a finished movie of an unfinished file, and leaves that file as it is. The file may be read-only.
///
/// A recording that is killed, or that runs out of disk space or power, leaves a file like `demo.mp4.part` in
/// the folder of the movie. The file plays as it is, up to where it was cut short. The movie made of it has the layout
/// of a finished movie. It appears at `to` only when it is complete, in place of an earlier file.
///
/// The movie has every frame that a player can show of the unfinished file. What is missing is in [`Recovered`]: an
/// incomplete fragment at the end, and parts that are damaged. In place of these, the frame before them is shown for
/// longer. Of a movie that is already finished, a copy is made.
///
/// ```no_run
/// let movie = kinetograph::recover("demo.mp4.part", "demo.mp4")?;
/// println!("{movie}");
/// std::fs::remove_file("demo.mp4.part").expect("a file that is not needed any more");
/// # Ok::<(), kinetograph::Error>(())
/// ```
///
/// # Errors
/// - [`Error::SameFile`] if both paths lead to the same file.
/// - [`Error::Setting`] if a movie cannot have the name `to`, as in [`Movie::create`](crate::Movie::create).
/// - [`Error::Io`] if a file cannot be read or written.
/// - [`Error::StillRecording`] if a process is recording into the unfinished file.
/// - [`Error::Mp4`] if it is not a recording of the layouts crash-safe or fragmented, has no frame that can be shown,
///   or has damage before its first fragment, so that a player could not decode the frames.
pub fn recover(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Recovered> {
    let (from, to) = (from.as_ref(), to.as_ref());
    if is_same_file(from, to) {
        return Err(Error::SameFile { path: from.into() });
    }
    check_name(to, Layout::CrashSafe)?;
    let source = FileSink::open_to_read(from)?;
    let found = scan(&source).map_err(|error| of_file(error, from))?;
    let mut movie = FileSink::create_copy(to)?;
    match &found {
        Scan::Finished(_) => movie.append_from(&source, 0..Sink::len(&source))?,
        Scan::Unfinished(read) => read.recorded.copy(&source, &mut movie)?,
    }
    movie.commit()?;
    let bytes = Sink::len(&movie);
    Ok(match found {
        Scan::Finished(summary) => Recovered::of_finished(summary, bytes),
        Scan::Unfinished(read) => Recovered::of_unfinished(read, Sink::len(&source), bytes),
    })
}

/// Turns an unfinished file into a finished movie, in place.
///
/// This needs no space for a copy if the index fits into the reserve or at the end of the file. The file keeps its name,
/// and can be renamed. An incomplete fragment is cut off if no player shows anything of it. After a power cut or a kill
/// meanwhile, the file can be recovered as before. A movie that is already finished is not changed.
///
/// # Errors
/// As for [`recover`]. [`Mp4Error::DamagedFragment`] if a part of the file is damaged in such a way that players may
/// show more of it than the movie would. The file is not changed then. If writing failed, it can be recovered as before.
pub fn recover_in_place(path: impl AsRef<Path>) -> Result<Recovered> {
    let path = path.as_ref();
    let mut file = FileSink::open(path)?;
    let length = Sink::len(&file);
    match scan(&file).map_err(|error| of_file(error, path))? {
        Scan::Finished(summary) => Ok(Recovered::of_finished(summary, length)),
        Scan::Unfinished(read) => {
            if let Some(at) = read.damaged_in_place() {
                return Err(of_file(Mp4Error::DamagedFragment { at }.into(), path));
            }
            file.truncate(read.end)?;
            read.recorded.finish(&mut file)?;
            file.commit()?;
            Ok(Recovered::of_unfinished(read, length, Sink::len(&file)))
        }
    }
}

/// Adds the path to the error of a file that cannot be recovered.
fn of_file(error: Error, path: &Path) -> Error {
    match error {
        Error::Mp4 { reason, .. } => Error::Mp4 { path: Some(path.into()), reason },
        other => other,
    }
}

/// Returns whether two paths lead to the same file, by links too. A path that leads to no file is no other's.
fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |path| std::fs::metadata(path).map(|there| (there.dev(), there.ino())).ok();
        identity(one).is_some_and(|found| Some(found) == identity(other))
    }
    #[cfg(not(unix))]
    {
        same_file::is_same_file(one, other).unwrap_or(false)
    }
}
