//! What the file system can do to a movie: full disks, folders that go away, names that nobody expects.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kinetograph::{Error, Frame, Layout, Movie, Preset, Settings};

mod child;
mod clips;
mod judge;

use clips::{push, record, settings};
use judge::listing;

#[test]
fn a_full_disk_leaves_the_frames_so_far_or_a_movie() {
    let name = "a_full_disk_leaves_the_frames_so_far_or_a_movie";
    if let Some(role) = child::role() {
        return fill_the_disk(&role);
    }
    // A file system of a megabyte where mounting is allowed; elsewhere files of at most a megabyte, which fail alike.
    let disk = "mkdir disk && mount -t tmpfs -o size=1m none disk && exec \"$@\"";
    let limit = "mkdir disk && trap '' XFSZ && exec prlimit --fsize=1048576 \"$@\"";
    let mounting = child::run(
        name,
        "try",
        &["unshare", "-rm", "sh", "-c", disk, "sh"],
        tempfile::tempdir().unwrap().path(),
        Duration::from_secs(20),
    );
    let (disk, limit) = (["unshare", "-rm", "sh", "-c", disk, "sh"], ["sh", "-c", limit, "sh"]);
    let wrapper: &[&str] = if mounting.passed() { &disk } else { &limit };
    for (role, wrapper) in [
        ("crash-safe known", wrapper),
        ("crash-safe unknown", wrapper),
        ("crash-safe unknown", &limit),
        ("progressive unknown", wrapper),
        ("fragmented unknown", wrapper),
        ("annexb unknown", wrapper),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let outcome = child::run(name, role, wrapper, folder.path(), Duration::from_secs(60));
        assert!(outcome.passed(), "{role} by {wrapper:?}: {outcome}");
    }
}

/// Records frames that do not compress until nothing more fits in the folder "disk".
fn fill_the_disk(role: &str) {
    let Some((layout, length)) = role.split_once(' ') else { return };
    let layout: Layout = layout.parse().unwrap();
    let noise = |frame: u64| {
        let mut random = fastrand::Rng::with_seed(frame);
        (0..64 * 64).map(|_| random.u8(..)).collect::<Vec<u8>>()
    };
    let settings = Settings::new(64, 64).preset(Preset::Ultrafast).layout(layout).threads(1);
    let settings = settings.keyframe_interval(25); // a fragment a second in every layout
    let name = if layout == Layout::AnnexB { "movie.264" } else { "movie.mp4" };
    let path = &Path::new("disk").join(name);
    let make = |frames: u64| {
        let settings = if length == "known" { settings.clone().expected_frames(frames) } else { settings.clone() };
        let mut movie = Movie::create(path, &settings)?;
        (0..frames).try_for_each(|frame| movie.push(Frame::gray8(&noise(frame), 64, 64)))?;
        movie.finish()
    };
    let frame_bytes = make(40).unwrap().bytes / 40;
    std::fs::remove_file(path).unwrap();
    // Frames that fill the disk in recording, or only while the movie is being finished.
    for percent in [60, 98, 130] {
        let frames = (1 << 20) * percent / 100 / frame_bytes;
        let made = make(frames);
        let names = listing(Path::new("disk"));
        println!("{role} {frames}: {made:?} {names:?}");
        match made {
            Ok(report) => {
                assert!(names == [name] && percent <= 100);
                assert_eq!(judge::ffprobe(path, "nb_read_frames"), report.frames.to_string());
            }
            Err(Error::Unfinished { kept, source, .. }) => {
                assert!(matches!(*source, Error::Io { .. }), "{source:?}");
                assert_eq!(names, [kept.file_name().unwrap().to_str().unwrap()]);
                let playable: u64 = judge::ffprobe(&kept, "nb_read_frames").parse().unwrap();
                assert!((frames * 60 / percent.max(90)..=frames).contains(&playable), "{playable} of {frames} frames");
            }
            Err(Error::Io { .. }) => assert_eq!((layout, names.len()), (Layout::Progressive, 0)),
            Err(error) => panic!("{error:?}"),
        }
        for name in names {
            std::fs::remove_file(Path::new("disk").join(name)).unwrap();
        }
    }
    let Err(error) = Movie::create("disk/movie.mp4", &Settings::new(64, 64).expected_frames(u64::MAX)) else {
        panic!("a reserve of 16 MB fits in 1 MB");
    };
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    assert_eq!(listing(Path::new("disk")), [""; 0]);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let mut movie = Movie::create(inner.join("movie.mp4"), &settings()).unwrap();
    (0..5).for_each(|frame| push(&mut movie, frame).unwrap());
    std::fs::remove_dir_all(&inner).unwrap();
    let error = movie.finish().unwrap_err();
    assert!(error.to_string().contains("movie.mp4"), "{error}");
    assert_eq!(listing(folder.path()), [""; 0]);
    // A folder in place of the movie.
    let path = folder.path().join("movie.mp4");
    let mut movie = Movie::create(&path, &settings()).unwrap();
    (0..5).for_each(|frame| push(&mut movie, frame).unwrap());
    std::fs::create_dir(&path).unwrap();
    let Err(Error::Unfinished { kept, .. }) = movie.finish() else { panic!("a movie in place of a folder") };
    assert_eq!(judge::ffprobe(&kept, "nb_read_frames"), "5");
    // The kernel's own folders are read-only even for root.
    for path in ["/sys/movie.mp4", "/proc/movie.mp4", "/dev/null", "/dev/full", "/", "."] {
        let Err(error) = Movie::create(path, &settings()) else { panic!("a movie at {path}") };
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(path), "{error}");
    }
}

#[test]
fn any_name_is_taken_or_refused_at_once() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let long = "ä".repeat(127) + "x"; // 255 bytes, the most that a name has
    for name in
        ["a movie", "кино.mp4", "🎞️", "new\nline", "-y", "%s%n", "movie.mp4.part", "'\"\\$(x)", ".hidden", &long]
    {
        let path = folder.path().join(name);
        let mut movie = Movie::create(&path, &settings()).unwrap();
        push(&mut movie, 0).unwrap();
        movie.finish().unwrap();
        assert_eq!(listing(folder.path()), [name]);
        std::fs::remove_file(path).unwrap();
    }
    let bytes = OsStr::from_bytes(b"\xff\xfe\x80.mp4");
    let mut movie = Movie::create(folder.path().join(bytes), &settings()).unwrap();
    push(&mut movie, 0).unwrap();
    movie.finish().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().file_name(), bytes);
    std::fs::remove_file(folder.path().join(bytes)).unwrap();
    let too_long = "x".repeat(256);
    let deep = "x/".repeat(4000);
    for name in ["", "..", "movie.mp4/", "movie.mp4/.", "nul\0inside", "no/such/folder", &too_long, &deep] {
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
        record(&at("link.mp4"), &settings(), 3);
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
    record(&at(&long), &settings(), 1);
    assert_eq!(judge::hashes(&at(&long)).len(), 1);
}
