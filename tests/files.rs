//! The files beside a movie: their names, locks and permissions, and what a movie keeps of the file that it replaces.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kinetograph::{Animation, ContainerSettings, Error, Layout, Movie, OutputError, Settings, join};

mod child;
mod clips;
mod judge;

use clips::{push, record, settings};
use judge::listing;

/// An ordinary user, and another one.
const USER: u32 = 65_534;
const OTHER: u32 = 65_533;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn blank(settings: &Settings) -> Animation<'static> {
    Animation::new(settings.clone(), 2, |_, _| Ok(()))
}

/// The errors of all functions that make a movie in a file.
fn errors(path: &Path) -> [Error; 3] {
    let settings = settings();
    let segment = blank(&settings).encode_segment(0);
    [
        Movie::create(path, &settings).unwrap_err(),
        blank(&settings).save(path).unwrap_err(),
        join([segment], &ContainerSettings::new(), path).unwrap_err(),
    ]
}

#[test]
fn a_second_recording_of_a_movie_is_refused_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        let mut movie = Movie::create(&path, &settings().layout(layout)).unwrap();
        (0..60).for_each(|frame| push(&mut movie, frame).unwrap());
        for error in errors(&path) {
            let Error::StillRecording { path: refused, process, .. } = &error else { panic!("{error:?}") };
            assert_eq!(*refused, path);
            if cfg!(target_os = "linux") {
                assert_eq!(*process, Some(std::process::id()));
                assert!(error.to_string().ends_with(&format!("by process {}", std::process::id())), "{error}");
            }
        }
        assert_eq!(movie.finish().unwrap().frames, 60);
        assert_eq!(judge::hashes(&path).len(), 60, "{layout}");
        assert_eq!(listing(folder.path()), ["movie.mp4"]);
    }
}

/// While a copy is made, the recording stays locked.
#[test]
fn of_many_recordings_of_a_movie_at_once_one_succeeds_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let made = std::thread::scope(|scope| {
        let make = |length: u32| {
            let mut movie = Movie::create(&path, &settings())?;
            (0..length).for_each(|frame| push(&mut movie, frame).unwrap());
            movie.finish()
        };
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || make(20 + number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(made.iter().any(Result::is_ok), "{made:?}");
    for result in &made {
        assert!(matches!(result, Ok(_) | Err(Error::StillRecording { .. })), "{result:?}");
    }
    let frames = judge::hashes(&path).len() as u64;
    assert!(made.iter().flatten().any(|report| report.frames == frames), "{frames} of {made:?}");
    assert_eq!(listing(folder.path()), ["movie.mp4"]);
}

#[test]
fn a_replaced_file_gives_its_mode_and_owner_and_keeps_its_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    for (layout, expected) in [
        (Layout::CrashSafe, Some(3)),
        (Layout::CrashSafe, None), // by a copy
        (Layout::Progressive, None),
        (Layout::Fragmented, None),
    ] {
        for old_mode in [0o600, 0o640, 0o664, 0o755, 0o200] {
            let linked = folder.path().join("linked.mp4");
            fs::write(&path, "an earlier movie").unwrap();
            fs::hard_link(&path, &linked).unwrap();
            if is_root {
                chown(&path, Some(USER), Some(OTHER)).unwrap();
            }
            set_mode(&path, old_mode);
            let settings = expected.into_iter().fold(settings().layout(layout), Settings::expected_frames);
            let mut movie = Movie::create(&path, &settings).unwrap();
            let part = folder.path().join("movie.mp4.part");
            // Nobody can read more meanwhile.
            assert_eq!(mode(&part) & !old_mode, 0, "{old_mode:o}");
            (0..3).for_each(|frame| push(&mut movie, frame).unwrap());
            movie.finish().unwrap();
            assert_eq!(mode(&path), old_mode, "{layout} {old_mode:o}");
            if is_root {
                let there = fs::metadata(&path).unwrap();
                assert_eq!((there.uid(), there.gid()), (USER, OTHER));
            }
            assert_eq!(fs::read(&linked).unwrap(), b"an earlier movie");
            assert!(fs::metadata(&path).unwrap().len() > 16);
            fs::remove_file(&path).unwrap();
            fs::remove_file(&linked).unwrap();
        }
    }
    // A new file has the mode of any new file.
    record(&path, &settings(), 3);
    fs::write(folder.path().join("usual"), "").unwrap();
    assert_eq!(mode(&path), mode(&folder.path().join("usual")));
}

#[test]
fn a_read_only_file_is_refused_before_the_first_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    fs::write(&path, "a movie to keep").unwrap();
    set_mode(&path, 0o444);
    for error in errors(&path) {
        let Error::Output { path: refused, reason: OutputError::ReadOnly, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*refused, path);
    }
    assert_eq!(listing(folder.path()), ["movie.mp4"]);
    assert_eq!(fs::read(&path).unwrap(), b"a movie to keep");
    set_mode(&path, 0o644);
    record(&path, &settings(), 3);
    assert_eq!(judge::hashes(&path).len(), 3);
}

/// As another user, which only root can become.
#[test]
fn files_that_another_user_protects_are_refused_before_the_first_frame() {
    let name = "files_that_another_user_protects_are_refused_before_the_first_frame";
    if child::role().is_some() {
        let refusal = |name: &str| match Movie::create(name, &settings()) {
            Err(Error::Output { reason, .. }) => reason,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(refusal("read-only/movie.mp4"), OutputError::ReadOnly);
        let sticky = refusal("sticky/movie.mp4");
        assert!(matches!(sticky, OutputError::Sticky { owner: OTHER, user: USER, .. }), "{sticky:?}");
        for folder in ["read-only", "sticky"] {
            assert_eq!(listing(Path::new(folder)), ["movie.mp4"]);
        }
        // What this user may replace is replaced.
        record(Path::new("sticky/own.mp4"), &settings(), 3);
        record(Path::new("sticky/own.mp4"), &settings(), 3);
        record(Path::new("own-sticky/movie.mp4"), &settings(), 3);
        return;
    }
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    for (name, folder_mode, file_mode, owner) in
        [("read-only", 0o777, 0o644, OTHER), ("sticky", 0o1777, 0o666, OTHER), ("own-sticky", 0o1777, 0o666, USER)]
    {
        let inner = folder.path().join(name);
        fs::create_dir(&inner).unwrap();
        set_mode(&inner, folder_mode);
        chown(&inner, Some(if name == "own-sticky" { USER } else { 0 }), None).unwrap();
        fs::write(inner.join("movie.mp4"), "").unwrap();
        set_mode(&inner.join("movie.mp4"), file_mode);
        chown(inner.join("movie.mp4"), Some(owner), None).unwrap();
    }
    let test = readable_copy_of_this_test(folder.path());
    let user = USER.to_string();
    let wrapper = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", test.to_str().unwrap()];
    let outcome = child::run_as(name, "user", &wrapper, folder.path(), Duration::from_secs(60));
    assert!(outcome.passed(), "{outcome}");
}

/// The folder of the tests may be closed to other users.
fn readable_copy_of_this_test(folder: &Path) -> PathBuf {
    let copy = folder.join("test");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    set_mode(&copy, 0o755);
    copy
}

#[test]
fn names_too_long_for_a_suffix_are_cut_and_stay_different() {
    let folder = tempfile::tempdir().unwrap();
    for length in [235, 240, 241, 250, 255] {
        let names = ["a", "b"].map(|end| format!("{}{end}", "n".repeat(length - 1)));
        let mut movies = names.clone().map(|name| Movie::create(folder.path().join(name), &settings()).unwrap());
        let parts = listing(folder.path());
        assert_eq!(parts.len(), 2);
        for part in &parts {
            assert!(part.starts_with(&"n".repeat(220)) && part.ends_with(".part"), "{part}");
            let checksum = |name: &String| format!("{}~{:08x}.part", &name[..220], crc(name));
            let repeats = |name: &String| *part == format!("{name}.part") || *part == checksum(name);
            assert!(names.iter().any(repeats), "{part}");
        }
        movies.iter_mut().for_each(|movie| push(movie, 0).unwrap());
        for movie in movies {
            movie.finish().unwrap();
        }
        assert_eq!(listing(folder.path()), names);
        names.iter().for_each(|name| fs::remove_file(folder.path().join(name)).unwrap());
    }
    // Cut between characters.
    let name = "ä".repeat(125);
    let movie = Movie::create(folder.path().join(&name), &settings()).unwrap();
    assert!(listing(folder.path())[0].starts_with(&("ä".repeat(110) + "~")));
    drop(movie);
}

/// CRC-32 as in gzip, bit by bit.
fn crc(name: &str) -> u32 {
    !name.bytes().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

#[test]
fn a_copy_that_a_killed_run_has_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let copy = folder.path().join("movie.mp4.finishing");
    fs::write(&copy, "a part of a copy, longer than the movie will be".repeat(1000)).unwrap();
    let movie = Movie::create(&path, &settings()).unwrap();
    assert_eq!(listing(folder.path()), ["movie.mp4.part"]);
    drop(movie);
    // One that appears later, and is in the way.
    let mut movie = Movie::create(&path, &settings()).unwrap();
    push(&mut movie, 0).unwrap();
    fs::write(&copy, "a part of a copy, longer than the movie will be".repeat(1000)).unwrap();
    movie.finish().unwrap();
    assert_eq!(judge::hashes(&path).len(), 1);
    assert_eq!(listing(folder.path()), ["movie.mp4"]);
}

#[test]
fn links_and_other_kinds_of_files_in_place_of_the_unfinished_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("precious"), "precious").unwrap();
    symlink("precious", at("link.mp4.part")).unwrap();
    symlink("nowhere", at("dangling.mp4.part")).unwrap();
    fs::create_dir(at("folder.mp4.part")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("pipe.mp4.part")).status().unwrap().success());
    for name in ["link.mp4", "dangling.mp4", "folder.mp4", "pipe.mp4"] {
        let error = Movie::create(at(name), &settings()).unwrap_err();
        assert!(judge::chain(&error).contains(&format!("{name}.part: it is not a regular file")), "{error:?}");
    }
    assert_eq!(fs::read(at("precious")).unwrap(), b"precious");
    // A hard link is another name of a file that is somebody's: it is not written to.
    fs::hard_link(at("precious"), at("hard.mp4.part")).unwrap();
    record(&at("hard.mp4"), &settings(), 3);
    assert_eq!(fs::read(at("precious")).unwrap(), b"precious");
    assert_eq!(fs::read(at("hard.mp4.1.part")).unwrap(), b"precious");
}

/// A movie whose unfinished file was moved away does not give its name to another file, and does not remove one.
#[test]
fn only_the_file_that_was_recorded_gets_the_name() {
    // By a rename of the file itself, or of a copy.
    for expected in [Some(1), None] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let settings = expected.into_iter().fold(settings(), Settings::expected_frames);
        let mut movie = Movie::create(at("movie.mp4"), &settings).unwrap();
        push(&mut movie, 0).unwrap();
        fs::rename(at("movie.mp4.part"), at("moved")).unwrap();
        let mut other = Movie::create(at("movie.mp4"), &settings).unwrap();
        let ended = movie.finish();
        assert_eq!(ended.is_ok(), expected.is_none(), "{ended:?}");
        assert_eq!(judge::hashes(&at(if expected.is_some() { "moved" } else { "movie.mp4" })).len(), 1);
        (0..2).for_each(|frame| push(&mut other, frame).unwrap());
        other.finish().unwrap();
        assert_eq!(judge::hashes(&at("movie.mp4")).len(), 2);
        assert_eq!(listing(folder.path()), ["moved", "movie.mp4"]);
    }
}
