//! What a full disk leaves of a movie. Only Linux lets a test have a small disk.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kinetograph::{Animation, Error, Frame, Layout, Movie, Preset, Quality, Settings};

mod child;
mod judge;

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
        ("crash-safe sized", wrapper),
        ("progressive sized", wrapper),
        ("fragmented sized", &limit),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let outcome = child::run(name, role, wrapper, folder.path(), Duration::from_secs(60));
        assert!(outcome.passed(), "{role} by {wrapper:?}: {outcome}");
    }
}

/// Returns a square of pixels that do not compress.
fn noise(frame: u64, side: u32) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(frame);
    (0..side * side).map(|_| random.u8(..)).collect()
}

/// Makes a movie of at most so many bytes that its first try fits on the disk, and its second does not.
fn fill_the_disk_by_a_later_try(layout: Layout) {
    // Few large frames: of a short movie, no sample is made.
    const SIDE: u32 = 208;
    struct Noise(Vec<u8>);
    impl<'a> From<&'a Noise> for Frame<'a> {
        fn from(noise: &'a Noise) -> Self {
            Frame::gray8(&noise.0, SIDE, SIDE)
        }
    }
    let path = Path::new("disk/movie.mp4");
    std::fs::write(path, "an earlier movie").unwrap();
    let settings = Settings::new(SIDE, SIDE).preset(Preset::Ultrafast).layout(layout).threads(1);
    let tries = AtomicU32::new(0);
    let make = |quality: Quality, frames: u64| {
        Animation::from_frames(settings.clone().quality(quality), frames, |frame| {
            tries.fetch_add(u32::from(frame.index() == 0), Ordering::Relaxed);
            Ok(Noise(noise(frame.index(), SIDE)))
        })
    };
    let frame_bytes = make(Quality::Crf(23.0), 20).into_bytes().unwrap().1.bytes / 20;
    let frames = (1 << 20) * 3 / 4 / frame_bytes;
    tries.store(0, Ordering::Relaxed);
    let error = make(Quality::MaxBytes(1 << 30), frames).save(path).unwrap_err();
    assert_eq!(tries.load(Ordering::Relaxed), 2, "{layout}, {frames} frames: {error:?}");
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    assert_eq!(listing(Path::new("disk")), ["movie.mp4"], "{layout}: {error:?}");
    assert_eq!(std::fs::read(path).unwrap(), b"an earlier movie");
}

/// Records frames that do not compress until nothing more fits in the folder "disk".
fn fill_the_disk(role: &str) {
    let Some((layout, length)) = role.split_once(' ') else { return };
    let layout: Layout = layout.parse().unwrap();
    if length == "sized" {
        return fill_the_disk_by_a_later_try(layout);
    }
    let settings = Settings::new(64, 64).preset(Preset::Ultrafast).layout(layout).threads(1);
    let settings = settings.keyframe_interval(25); // a fragment a second in every layout
    let name = if layout == Layout::AnnexB { "movie.264" } else { "movie.mp4" };
    let path = &Path::new("disk").join(name);
    let make = |frames: u64| {
        let settings = if length == "known" { settings.clone().expected_frames(frames) } else { settings.clone() };
        let mut movie = Movie::create(path, &settings)?;
        (0..frames).try_for_each(|frame| movie.push(Frame::gray8(&noise(frame, 64), 64, 64)))?;
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
