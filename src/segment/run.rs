//! `Run`: announces in the folder that this run makes the movie, and finds out which other runs still do.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::file;

use crate::sink::remove;

/// The extension of the files that announce runs.
pub(super) const EXTENSION: &str = "run";

/// The time after which a run writes its file again, to show that it is alive.
const BEAT: Duration = Duration::from_secs(60);

/// The age of a file after which a run of another machine counts as dead. It allows for clocks that differ by minutes.
const EXPIRY: Duration = Duration::from_secs(600);

/// How many times the creation of the file is tried again.
const TRIES: u128 = 100;

/// A run that makes the whole movie from the segments of a folder. Its file is locked for as long as it is open, and
/// removed when it is dropped.
pub(super) struct Run {
    path: PathBuf,
    file: File,
    /// Host, process and time of the start, each on a line.
    text: String,
    beat: Mutex<Instant>,
}

impl Run {
    /// Creates the folder if there is none, and in it a file that announces the run.
    pub fn announce(folder: &Path) -> io::Result<Self> {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let process = std::process::id();
        let text = format!("{}\nprocess {process}\nstarted {} s after 1970 UTC\n", host(), started.as_secs());
        let create = |path: &Path| -> io::Result<File> {
            fs::create_dir_all(folder)?;
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
            // Waits while another run tries the lock. Locked before the text is written, because a text without a lock
            // is that of a dead run.
            let _ = file.lock();
            write(&file, &text)?;
            // Another run may have taken it for that of a dead run before it was locked, and removed it.
            if fs::exists(path)? { Ok(file) } else { Err(ErrorKind::NotFound.into()) }
        };
        let mut tries = 0;
        let (path, file) = loop {
            let path = folder.join(format!("{process}-{}.{EXTENSION}", started.as_nanos() + tries));
            match create(&path) {
                Ok(file) => break (path, file),
                // Another run has the name, or has just removed the folder.
                Err(error) if !matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
                    return Err(error);
                }
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
        };
        Ok(Self { path, file, text, beat: Mutex::new(Instant::now()) })
    }

    /// Returns what a file of this run says about it: the name of the run's file, and the text in that.
    pub fn signature(&self) -> String {
        format!("{}\n{}", self.name().to_string_lossy(), self.text)
    }

    /// Returns the name of the run's file.
    pub fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// Removes the file that announces the run.
    pub fn end(&self) {
        remove(&self.path);
    }

    /// Shows now and then that the run is alive.
    pub fn beat(&self) {
        let mut beat = self.beat.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if beat.elapsed() > BEAT {
            *beat = Instant::now();
            // If that fails, others may do work twice.
            let _ = write(&self.file, &self.text);
        }
    }

    /// Returns whether another run that is announced by the file of this name in this folder is alive.
    pub fn is_alive(&self, name: &OsStr) -> bool {
        let Ok(other) = file::open(&self.path.with_file_name(name)) else { return false };
        self.beat();
        // The text is empty if the run was killed before it wrote it, or on Windows, where nobody can read a locked file.
        let text = file::text_of(&other);
        let is_here = text.is_empty() || text.lines().next() == self.text.lines().next();
        if is_here && other.try_lock_shared().is_ok() {
            return false;
        }
        let modified = |file: &File| file.metadata().and_then(|there| there.modified());
        match (modified(&self.file), modified(&other)) {
            (Ok(own), Ok(other)) => is_recent(other, own),
            _ => true,
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
    }
}

/// Writes the text, so that the file has the present time of the file system's clock.
fn write(mut file: &File, text: &str) -> io::Result<()> {
    file.rewind().and_then(|()| file.write_all(text.as_bytes())).and_then(|()| file.sync_data())
}

/// Returns whether a file that was modified at `other` is less than [`EXPIRY`] older or newer than one that was modified
/// a minute ago at most. The two times come from the file system, whose clock is often one for all machines.
fn is_recent(other: SystemTime, own: SystemTime) -> bool {
    let difference = own.duration_since(other).unwrap_or_else(|later| later.duration());
    difference < EXPIRY
}

/// Returns the line that names this machine.
fn host() -> String {
    let name = gethostname::gethostname();
    format!("host {}", name.to_string_lossy().replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn announced(folder: &Path) -> Run {
        Run::announce(folder).unwrap()
    }

    /// The file of a run of another machine that has died.
    fn left_behind(folder: &Path, text: &str, modified: SystemTime) -> OsString {
        let name = OsString::from("1-1.run");
        fs::write(folder.join(&name), text).unwrap();
        let file = OpenOptions::new().write(true).open(folder.join(&name)).unwrap();
        file.set_modified(modified).unwrap();
        name
    }

    #[test]
    fn a_run_is_alive_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (announced(folder.path()), announced(folder.path()));
        let name = other.name().to_owned();
        assert!(one.is_alive(&name) && other.is_alive(one.name()));
        drop(other);
        assert!(!one.is_alive(&name));
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [one.name()]);
    }

    #[test]
    fn a_run_of_this_machine_that_has_no_lock_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        let run = announced(folder.path());
        // Killed before or after it has written who it is.
        for text in ["", &run.text] {
            let name = left_behind(folder.path(), text, SystemTime::now());
            assert!(!run.is_alive(&name));
        }
    }

    #[test]
    fn a_run_of_another_machine_expires_whatever_its_clock_says() {
        let folder = tempfile::tempdir().unwrap();
        let run = announced(folder.path());
        let now = SystemTime::now();
        let (minute, year) = (Duration::from_secs(60), Duration::from_secs(365 * 24 * 3600));
        for (modified, expected) in
            [(now - minute, true), (now + minute, true), (now - year, false), (now + year, false)]
        {
            let name = left_behind(folder.path(), "host elsewhere\nprocess 1\n", modified);
            assert_eq!(run.is_alive(&name), expected, "{modified:?}");
        }
        assert!(!run.is_alive("missing.run".as_ref()));
    }
}
