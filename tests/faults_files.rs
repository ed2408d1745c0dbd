//! What the file system can do to a movie: folders that go away, names that nobody expects, links.

use std::path::PathBuf;

use kinetograph::{Error, Movie};

mod clips;
mod judge;

use clips::{push, settings};
use judge::listing;

#[test]
#[cfg(unix)] // Windows keeps a folder in which a file is open
fn a_folder_that_goes_away_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let mut movie = Movie::create(inner.join("movie.mp4"), &settings()).unwrap();
    (0..5).for_each(|frame| push(&mut movie, frame).unwrap());
    std::fs::remove_dir_all(&inner).unwrap();
    let error = movie.finish().unwrap_err();
    assert!(error.to_string().contains("movie.mp4"), "{error}");
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn a_movie_does_not_replace_what_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let mut movie = Movie::create(&path, &settings()).unwrap();
    (0..5).for_each(|frame| push(&mut movie, frame).unwrap());
    std::fs::create_dir(&path).unwrap();
    let Err(Error::Unfinished { kept, .. }) = movie.finish() else { panic!("a movie in place of a folder") };
    assert_eq!(judge::ffprobe(&kept, "nb_read_frames"), "5");
    let mut paths = vec!["/", "."];
    // The kernel's own folders are read-only even for root.
    paths.extend(["/sys/movie.mp4", "/proc/movie.mp4", "/dev/null", "/dev/full"].iter().filter(|_| cfg!(unix)));
    for path in paths {
        let Err(error) = Movie::create(path, &settings()) else { panic!("a movie at {path}") };
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(path), "{error}");
    }
}

#[test]
fn any_name_is_taken_or_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let long = "ä".repeat(127) + "x"; // 255 bytes, the most that a name has
    let mut names = vec!["a movie", "кино.mp4", "🎞️", "-y", "%s%n", "movie.mp4.part", "'$(x)", ".hidden", &long];
    names.extend(["new\nline", "\"\\"].iter().filter(|_| cfg!(unix)));
    for name in names {
        let path = folder.path().join(name);
        let mut movie = Movie::create(&path, &settings()).unwrap();
        push(&mut movie, 0).unwrap();
        movie.finish().unwrap();
        assert_eq!(listing(folder.path()), [name]);
        std::fs::remove_file(path).unwrap();
    }
    #[cfg(unix)]
    {
        let bytes: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff\xfe\x80.mp4");
        let mut movie = Movie::create(folder.path().join(bytes), &settings()).unwrap();
        push(&mut movie, 0).unwrap();
        movie.finish().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().file_name(), bytes);
        std::fs::remove_file(folder.path().join(bytes)).unwrap();
    }
    let too_long = "x".repeat(256);
    let deep = "x/".repeat(4000);
    let mut names = vec!["", "..", "movie.mp4/", "movie.mp4/.", "nul\0inside", "no/such/folder", &deep];
    // Wine takes it until the file is renamed.
    names.extend(cfg!(unix).then_some(&*too_long));
    for name in names {
        let path = if name.is_empty() { PathBuf::new() } else { folder.path().join(name) };
        match Movie::create(&path, &settings()) {
            Err(error) => assert!(matches!(error, Error::Io { .. } | Error::Setting { .. }), "{error:?}"),
            Ok(_) => panic!("a movie called {name:?}"),
        }
        assert_eq!(listing(folder.path()), [""; 0], "{name:?}");
    }
}

#[test]
#[cfg(unix)]
fn links_are_followed_and_other_kinds_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere/real.mp4", at("link.mp4")).unwrap();
    // Once to a file that is not there yet, once to one that is.
    for _ in 0..2 {
        clips::record(&at("link.mp4"), &settings(), 3);
        assert!(std::fs::symlink_metadata(at("link.mp4")).unwrap().is_symlink());
        assert_eq!(judge::hashes(&at("elsewhere/real.mp4")).len(), 3);
    }
    std::os::unix::fs::symlink("loop.mp4", at("loop.mp4")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(at("pipe.mp4")).status().unwrap();
    assert!(pipe.success());
    for (name, why) in [
        ("elsewhere", "it is a folder"),
        ("pipe.mp4", "it is not a regular file; use Movie::stream"),
        ("loop.mp4", "too many symbolic links"),
        ("..", "it is a folder"),
        ("nowhere/movie.mp4", "there is no folder"),
        ("elsewhere/real.mp4/movie.mp4", "Not a directory"),
    ] {
        let error = Movie::create(at(name), &settings()).unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && judge::chain(&error).contains(why), "{name}: {error}");
    }
    // Nothing was left behind, and a new file has the permissions that any new file has.
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["elsewhere", "link.mp4", "loop.mp4", "pipe.mp4"]);
    std::fs::write(at("usual"), "").unwrap();
    let permissions = |name: &str| std::fs::metadata(at(name)).unwrap().permissions();
    assert_eq!(permissions("elsewhere/real.mp4"), permissions("usual"));
    // A name as long as names can be.
    let long = format!("{}.mp4", "n".repeat(251));
    clips::record(&at(&long), &settings(), 1);
    assert_eq!(judge::hashes(&at(&long)).len(), 1);
}
