//! What a process does that permissions bind, as they do not bind root: it recovers files that it may not write, and logs
//! which files it could not remove.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use kinetograph::{Error, Movie};

mod child;
mod clips;
mod judge;

use judge::listing;

const LIMIT: Duration = Duration::from_secs(60);

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs the test of this name again in `folder`, in a child that permissions bind.
fn run_bound(test: &str, folder: &Path) {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let wrapper: &[_] = if is_root { &["setpriv", "--bounding-set=-dac_override,-dac_read_search"] } else { &[] };
    let outcome = child::run(test, "bound", wrapper, folder, LIMIT);
    assert!(outcome.passed(), "{outcome}");
}

/// Leaves an unfinished file of 30 frames, `movie.mp4.part`.
fn leave_unfinished(folder: &Path) {
    let mut movie = Movie::create(folder.join("movie.mp4"), &clips::settings()).unwrap();
    (0..30).for_each(|frame| clips::push(&mut movie, frame).unwrap());
    movie.keep().unwrap().unwrap();
}

#[test]
fn a_file_that_may_not_be_written_is_recovered_to_another() {
    if child::role().is_some() {
        let part = Path::new("old/movie.mp4.part");
        let opened = fs::File::options().write(true).open(part);
        assert_eq!(opened.unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(kinetograph::recover(part, "movie.mp4").unwrap().frames, 30);
        match kinetograph::recover_in_place(part) {
            Err(Error::Io { source, .. }) => assert_eq!(source.kind(), ErrorKind::PermissionDenied),
            other => panic!("{other:?}"),
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    fs::create_dir(&old).unwrap();
    leave_unfinished(&old);
    // A copy that a killed process has left is not the reader's to remove.
    fs::write(old.join("movie.mp4.finishing"), "a part of a copy").unwrap();
    set_mode(&old.join("movie.mp4.part"), 0o444);
    set_mode(&old, 0o555);
    run_bound("a_file_that_may_not_be_written_is_recovered_to_another", folder.path());
    set_mode(&old, 0o755);
    assert_eq!(listing(&old), ["movie.mp4.finishing", "movie.mp4.part"]);
    assert_eq!(judge::hashes(&folder.path().join("movie.mp4")).len(), 30);
}

/// Keeps what is logged.
struct Logger(Mutex<Vec<String>>);

static LOGGER: Logger = Logger(Mutex::new(Vec::new()));

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push(format!("{}: {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

#[test]
fn a_file_that_cannot_be_removed_is_logged() {
    if child::role().is_some() {
        log::set_logger(&LOGGER).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
        let logged = || std::mem::take(&mut *LOGGER.0.lock().unwrap());
        let movie = Movie::create("closed/dropped.mp4", &clips::settings()).unwrap();
        assert_eq!(logged(), [""; 0]);
        set_mode(Path::new("closed"), 0o555);
        drop(movie);
        assert_eq!(logged(), ["WARN: removing closed/dropped.mp4.part: Permission denied (os error 13)"]);
        let _ = kinetograph::recover_in_place("closed/movie.mp4.part");
        assert_eq!(logged()[0], "WARN: removing closed/movie.mp4.finishing: Permission denied (os error 13)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    leave_unfinished(&closed);
    fs::write(closed.join("movie.mp4.finishing"), "a part of a copy").unwrap();
    run_bound("a_file_that_cannot_be_removed_is_logged", folder.path());
    set_mode(&closed, 0o755);
}
