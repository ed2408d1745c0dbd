//! Recordings that were never finished, and what is recovered of them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kinetograph::{Error, Layout, Movie, Mp4Error, Settings};

#[path = "judge/boxes.rs"]
mod boxes;
mod clips;
mod judge;

use clips::{push, record, settings};

/// Records frames, ends without finishing as `end` says, and returns what is left in the folder.
fn left_behind(folder: &Path, settings: &Settings, frames: u32, end: impl FnOnce(Movie)) -> Vec<PathBuf> {
    let mut movie = Movie::create(folder.join("movie.mp4"), settings).unwrap();
    (0..frames).for_each(|frame| push(&mut movie, frame).unwrap());
    end(movie);
    judge::listing(folder).into_iter().map(|name| folder.join(name)).collect()
}

/// Returns the file that a panic while drawing leaves behind.
fn left_by_a_panic(folder: &Path, settings: &Settings, frames: u32) -> PathBuf {
    let drawn = |movie: Movie| {
        let panic = catch_unwind(AssertUnwindSafe(move || {
            let _movie = movie;
            resume_unwind(Box::new("drawing failed"));
        }));
        assert!(panic.is_err());
    };
    let left = left_behind(folder, settings, frames, drawn);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].extension().unwrap(), "part");
    left[0].clone()
}

#[test]
fn a_panic_while_drawing_costs_no_frame() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings().expected_frames(100), 70);
    assert_eq!(judge::hashes(&part).len(), 70);
    let recovered = kinetograph::recover(&part).unwrap();
    assert_eq!((recovered.frames, recovered.seconds, recovered.lost_bytes), (70, 2.8, 0));
    assert_eq!(judge::hashes(&part).len(), 70);
    let top: Vec<_> = boxes::boxes(&std::fs::read(&part).unwrap()).iter().map(|found| found.name).collect();
    assert_eq!(top, [*b"ftyp", *b"moov", *b"mdat"]);
    assert_eq!(judge::probe(&part, "stream=start_time,duration,nb_frames"), "0.000000,2.800000,70\n");
}

#[test]
fn a_dropped_movie_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(left_behind(folder.path(), &settings(), 70, drop), Vec::<PathBuf>::new());
}

#[test]
#[cfg(unix)]
fn a_recording_under_way_is_not_recovered() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path(), &settings(), 70, |movie| {
        let part = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let error = kinetograph::recover(&part).unwrap_err();
        assert!(matches!(&error, Error::StillRecording { path, .. } if *path == part), "{error}");
        movie.finish().unwrap();
    });
    assert_eq!(judge::hashes(&folder.path().join("movie.mp4")).len(), 70);
}

/// A child that another thread starts has the file for a moment, with its lock.
#[test]
#[cfg(unix)]
fn a_lock_that_is_soon_released_does_not_prevent_recovery() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings(), 30);
    let file = std::fs::File::open(&part).unwrap();
    file.lock().unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        drop(file);
    });
    assert_eq!(kinetograph::recover(&part).unwrap().frames, 30);
    release.join().unwrap();
}

#[test]
fn damaged_files_are_recovered_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings().expected_frames(100), 60);
    let fragmented = folder.path().join("fragmented.mp4");
    record(&fragmented, &settings().layout(Layout::Fragmented).keyframe_interval(20), 60);
    let mut random = fastrand::Rng::with_seed(5);
    for original in [std::fs::read(&part).unwrap(), std::fs::read(&fragmented).unwrap()] {
        // Most damage is to be in the boxes, not in the pictures.
        let heads: Vec<usize> = (0..original.len() - 8)
            .filter(|at| {
                [b"moov", b"moof", b"traf", b"trun", b"mdat", b"free", b"stsz"]
                    .contains(&original[*at + 4..*at + 8].try_into().unwrap())
            })
            .collect();
        for _ in 0..300 {
            let mut bytes = original.clone();
            for _ in 0..random.usize(1..4) {
                let at = match random.u8(..4) {
                    0 => random.usize(..bytes.len() - 8),
                    1 => heads[random.usize(..heads.len())],
                    _ => (heads[random.usize(..heads.len())] + random.usize(8..60)).min(bytes.len() - 8),
                };
                match random.u8(..3) {
                    0 => bytes[at..at + 4].fill(0xff),
                    1 => bytes[at..at + 8].fill(0),
                    _ => bytes[at] = random.u8(..),
                }
            }
            bytes.truncate(random.usize(bytes.len() / 2..=bytes.len()));
            std::fs::write(&part, bytes).unwrap();
            match kinetograph::recover(&part) {
                Ok(recovered) => assert!(recovered.frames >= 1),
                Err(error) => assert!(matches!(error, Error::Mp4 { .. }), "{error}"),
            }
        }
    }
    for nothing in [&b""[..], b"abc", b"\0\0\0\x08ftyp", b"\0\0\0\0ftyp\0\0\0\0moov", &[0; 100]] {
        std::fs::write(&part, nothing).unwrap();
        assert!(matches!(kinetograph::recover(&part), Err(Error::Mp4 { .. })));
    }
    record(&part, &settings().layout(Layout::AnnexB), 3);
    let error = kinetograph::recover(&part).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: it is not an MP4 file", part.display()));
    assert!(matches!(error, Error::Mp4 { reason: Mp4Error::NotMp4, .. }));
    assert!(matches!(kinetograph::recover(folder.path()), Err(Error::Io { .. })));
    assert!(matches!(kinetograph::recover(folder.path().join("none")), Err(Error::Io { .. })));
}

#[test]
fn a_run_without_sizes_is_not_counted_through() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4.part");
    // Found by fuzz/fuzz_targets/recover.rs: 31·2²⁴ samples in a run of 32 bytes, no byte for any of them.
    std::fs::write(&path, include_bytes!("hostile/run-without-sizes.bin")).unwrap();
    let begin = Instant::now();
    kinetograph::recover(&path).unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

/// Returns where each fragment begins and ends; its `mdat` begins between.
fn fragments(file: &[u8]) -> Vec<(usize, usize, usize)> {
    let found = boxes::boxes(file);
    let start = |found: &boxes::Mp4Box<'_>| found.bytes.as_ptr() as usize - file.as_ptr() as usize;
    let pairs = found.windows(2).filter(|pair| pair[0].name == *b"moof" && pair[1].name == *b"mdat");
    pairs.map(|pair| (start(&pair[0]), start(&pair[1]), start(&pair[1]) + pair[1].bytes.len())).collect()
}

#[test]
fn a_file_cut_anywhere_keeps_its_complete_fragments() {
    let folder = tempfile::tempdir().unwrap();
    let whole_movie = folder.path().join("whole.mp4");
    let usual = settings().keyframe_interval(35).fragment_seconds(0.5);
    record(&whole_movie, &usual, 60);
    let all = judge::shown(&whole_movie);
    std::fs::remove_file(&whole_movie).unwrap();
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        for settings in [usual.clone().layout(layout), usual.clone().layout(layout).expected_frames(60)] {
            let part = left_by_a_panic(folder.path(), &settings, 60);
            let whole = std::fs::read(&part).unwrap();
            let header = fragments(&whole)[0].0;
            for step in 0..=14 {
                let cut = header + (whole.len() - header) * step / 14;
                let mut left = whole[..cut].to_vec();
                let (complete, end) = boxes::complete_fragments(&left);
                // A fragment is a `free` box until it is complete.
                if let Some(head) = left[end.max(header)..].first_chunk_mut() {
                    *head = *b"\0\x10\0\0free";
                }
                std::fs::write(&part, &left).unwrap();
                if complete > 0 {
                    let frames = judge::shown(&part);
                    assert!(frames.len() >= complete, "{layout} cut at {cut}: {} of {complete}", frames.len());
                    assert!(frames.iter().all(|frame| all.contains(frame)), "{layout} cut at {cut}");
                }
                match kinetograph::recover(&part) {
                    Ok(recovered) => {
                        assert_eq!(recovered.frames, complete as u64);
                        let frames = judge::shown(&part);
                        assert_eq!(frames.len(), complete);
                        assert!(frames.iter().all(|frame| all.contains(frame)), "{layout} cut at {cut}, recovered");
                        let again = kinetograph::recover(&part).unwrap();
                        assert_eq!((again.frames, again.bytes), (recovered.frames, recovered.bytes));
                        assert_eq!(again.lost_bytes, 0);
                    }
                    Err(error) => {
                        assert_eq!(complete, 0, "{error}");
                        assert!(matches!(error, Error::Mp4 { reason: Mp4Error::NoFragment, .. }), "{error}");
                    }
                }
            }
            std::fs::remove_file(&part).unwrap();
        }
    }
}

/// To cut the file where it is damaged would lose the good fragments that follow.
#[test]
fn a_file_damaged_before_good_fragments_is_refused_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings().keyframe_interval(35).fragment_seconds(0.5), 60);
    let whole = std::fs::read(&part).unwrap();
    let fragments = fragments(&whole);
    assert!(fragments.len() >= 3, "{fragments:?}");
    let [(first, first_mdat, _), (second, second_mdat, _), (third, ..)] = fragments[..3] else { unreachable!() };
    // The second fragment's head, its size, its samples; the head of the first.
    for (damage, at, next) in [
        (second + 30, second, third),
        (second, second, third),
        (second + 4, second, third),
        (second_mdat + 8, second, third),
        (first_mdat, first, second),
        (first + 4, first, second),
    ] {
        let mut damaged = whole.clone();
        damaged[damage] ^= 0x55;
        std::fs::write(&part, &damaged).unwrap();
        match kinetograph::recover(&part) {
            Err(Error::Mp4 { reason: Mp4Error::DamagedFragment { at: found, next: following, .. }, .. }) => {
                assert_eq!((found, following), (at as u64, next as u64), "damaged at {damage}");
            }
            other => panic!("damaged at {damage}: {other:?}"),
        }
        assert!(std::fs::read(&part).unwrap() == damaged);
    }
    // As after a power cut: the length is there, the last bytes are not.
    let (last, last_mdat, end) = fragments[fragments.len() - 1];
    let mut zeros = whole.clone();
    zeros[last_mdat + 8..end].fill(0);
    std::fs::write(&part, &zeros).unwrap();
    let recovered = kinetograph::recover(&part).unwrap();
    let complete = boxes::complete_fragments(&whole[..last]).0;
    assert_eq!((recovered.frames, judge::shown(&part).len()), (complete as u64, complete));
}
