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
    let recovered = kinetograph::recover_in_place(&part).unwrap();
    assert_eq!((recovered.frames, recovered.seconds, recovered.lost_bytes), (70, 2.8, 0));
    assert_eq!(judge::hashes(&part).len(), 70);
    let top: Vec<_> = boxes::boxes(&std::fs::read(&part).unwrap()).iter().map(|found| found.name).collect();
    assert_eq!(top, [*b"ftyp", *b"moov", *b"mdat"]);
    assert_eq!(judge::probe(&part, "stream=start_time,duration,nb_frames"), "0.000000,2.800000,70\n");
}

#[test]
fn a_kept_movie_has_every_frame_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = None;
    let left = left_behind(folder.path(), &settings(), 60, |movie| kept = movie.keep().unwrap());
    assert_eq!(left, Vec::from_iter(kept));
    assert_eq!(judge::ffprobe(&left[0], "nb_read_frames"), "60");
    assert_eq!(kinetograph::recover_in_place(&left[0]).unwrap().frames, 60);
    std::fs::remove_file(&left[0]).unwrap();
    let progressive = settings().layout(kinetograph::Layout::Progressive);
    let gone = left_behind(folder.path(), &progressive, 60, |movie| assert_eq!(movie.keep().unwrap(), None));
    assert_eq!(gone, Vec::<PathBuf>::new());
}

#[test]
fn a_dropped_movie_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(left_behind(folder.path(), &settings(), 70, drop), Vec::<PathBuf>::new());
}

#[test]
fn a_recording_under_way_is_not_recovered() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path(), &settings(), 70, |movie| {
        let part = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let error = kinetograph::recover_in_place(&part).unwrap_err();
        assert!(matches!(&error, Error::StillRecording { path, .. } if *path == part), "{error}");
        let error = kinetograph::recover(&part, folder.path().join("copy.mp4")).unwrap_err();
        assert!(matches!(&error, Error::StillRecording { path, .. } if *path == part), "{error}");
        movie.finish().unwrap();
    });
    assert_eq!(judge::hashes(&folder.path().join("movie.mp4")).len(), 70);
}

/// A child that another thread starts has the file for a moment, with its lock.
#[test]
#[cfg(unix)] // on Windows, no child has a file that it was not given
fn a_lock_that_is_soon_released_does_not_prevent_recovery() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings(), 30);
    let file = std::fs::File::open(&part).unwrap();
    file.lock().unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        drop(file);
    });
    assert_eq!(kinetograph::recover_in_place(&part).unwrap().frames, 30);
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
            match kinetograph::recover_in_place(&part) {
                Ok(recovered) => assert!(recovered.frames >= 1),
                Err(error) => assert!(matches!(error, Error::Mp4 { .. }), "{error}"),
            }
        }
    }
    for nothing in [&b""[..], b"abc", b"\0\0\0\x08ftyp", b"\0\0\0\0ftyp\0\0\0\0moov", &[0; 100]] {
        std::fs::write(&part, nothing).unwrap();
        assert!(matches!(kinetograph::recover_in_place(&part), Err(Error::Mp4 { .. })));
    }
    record(&part, &settings().layout(Layout::AnnexB), 3);
    let error = kinetograph::recover_in_place(&part).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: it is not an MP4 file", part.display()));
    assert!(matches!(error, Error::Mp4 { reason: Mp4Error::NotMp4, .. }));
    assert!(matches!(kinetograph::recover_in_place(folder.path()), Err(Error::Io { .. })));
    assert!(matches!(kinetograph::recover_in_place(folder.path().join("none")), Err(Error::Io { .. })));
}

#[test]
fn a_run_without_sizes_is_not_counted_through() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4.part");
    // Found by fuzz/fuzz_targets/recover.rs: 31·2²⁴ samples in a run of 32 bytes, no byte for any of them.
    std::fs::write(&path, include_bytes!("hostile/run-without-sizes.bin")).unwrap();
    let begin = Instant::now();
    kinetograph::recover_in_place(&path).unwrap_err();
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
                match kinetograph::recover_in_place(&part) {
                    Ok(recovered) => {
                        assert_eq!(recovered.frames, complete as u64);
                        let frames = judge::shown(&part);
                        assert_eq!(frames.len(), complete);
                        assert!(frames.iter().all(|frame| all.contains(frame)), "{layout} cut at {cut}, recovered");
                        let again = kinetograph::recover_in_place(&part).unwrap();
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

/// Players may show more of such a fragment than the recovered movie has, so it must not be lost for good.
#[test]
fn a_fragment_that_cannot_be_read_is_left_out_of_a_copy_alone() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings().keyframe_interval(20).fragment_seconds(0.5), 60);
    let whole = std::fs::read(&part).unwrap();
    let fragments = fragments(&whole);
    let last = fragments.len() - 1;
    let movie = folder.path().join("copy.mp4");
    // The type of moof, and that of traf.
    for (damaged, offset) in [(0, 4), (1, 4), (1, 30), (last, 4), (last, 30)] {
        let (begin, _, end) = fragments[damaged];
        let mut bytes = whole.clone();
        bytes[begin + offset] ^= 0x55;
        std::fs::write(&part, &bytes).unwrap();
        let context = format!("fragment {damaged}, byte {offset}");
        let error = kinetograph::recover_in_place(&part).unwrap_err();
        let at = begin as u64;
        assert!(
            matches!(error, Error::Mp4 { reason: Mp4Error::DamagedFragment { at: found, .. }, .. } if found == at),
            "{context}: {error}"
        );
        let recovered = kinetograph::recover(&part, &movie).unwrap();
        assert!(std::fs::read(&part).unwrap() == bytes, "{context}");
        let left_out = &recovered.left_out[0];
        assert_eq!(left_out.bytes, at..end as u64, "{context}");
        // Half a second, of which the frames are counted unless no later fragment tells the time.
        let expected = if damaged == last { (None, None) } else { (Some(13), Some(0.52)) };
        assert_eq!((left_out.frames, left_out.seconds), expected, "{context}");
        assert_eq!(left_out.start_seconds, f64::from(13 * damaged as u32) / 25.0, "{context}");
        assert_eq!(recovered.lost_bytes, 0, "{context}");
        // What comes later is shown at its time.
        let (shown, all) = (judge::shown(&movie), judge::shown(&part));
        assert!(shown.len() as u64 >= recovered.frames, "{context}: {} of {recovered}", shown.len());
        if damaged == 1 {
            assert_eq!(shown.last().unwrap(), all.last().unwrap(), "{context}");
        }
    }
}

#[test]
fn damage_that_no_player_minds_is_mended_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings().keyframe_interval(20).fragment_seconds(0.5), 60);
    let whole = std::fs::read(&part).unwrap();
    let all = judge::shown(&part);
    let fragments = fragments(&whole);
    let [(begin, mdat, _), (later, later_mdat, _)] = [fragments[1], fragments[fragments.len() - 1]];
    // The sizes of moof and of mdat, the type of mdat, the size of traf.
    for damage in [begin, mdat, mdat + 4, begin + 26, later, later_mdat + 1, later_mdat + 5, later + 26] {
        let mut bytes = whole.clone();
        bytes[damage] ^= 0x55;
        std::fs::write(&part, &bytes).unwrap();
        let recovered = kinetograph::recover_in_place(&part).unwrap();
        assert_eq!((recovered.frames, recovered.impaired_frames, recovered.left_out.len()), (60, 0, 0));
        assert!(judge::shown(&part) == all, "damaged at {damage}");
    }
}

/// Chromium stops at such a sample, and ffmpeg shows nothing of it.
#[test]
fn a_sample_without_a_picture_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings().keyframe_interval(20).fragment_seconds(0.5), 60);
    let whole = std::fs::read(&part).unwrap();
    let all = judge::shown(&part);
    let (_, mdat, end) = fragments(&whole)[1];
    let mut bytes = whole.clone();
    bytes[mdat + 8] ^= 0x40; // the length of a NAL unit
    std::fs::write(&part, &bytes).unwrap();
    let movie = folder.path().join("copy.mp4");
    let recovered = kinetograph::recover(&part, &movie).unwrap();
    let in_place = kinetograph::recover_in_place(&part).unwrap();
    assert_eq!(in_place.left_out, recovered.left_out);
    let [left_out] = &*recovered.left_out else { panic!("{recovered}") };
    assert_eq!((left_out.frames, left_out.start_seconds, left_out.seconds), (Some(1), 0.52, Some(0.04)));
    assert!(left_out.bytes.start == mdat as u64 + 8 && left_out.bytes.end < end as u64);
    // The next keyframe is the frame 20, after six that may depend on the one left out.
    assert_eq!((recovered.frames, recovered.impaired_frames), (53, 6));
    for path in [&part, &movie] {
        let shown = judge::shown(path);
        assert!((53..=59).contains(&shown.len()) && shown[shown.len() - 40..] == all[20..], "{}", shown.len());
    }
    assert_eq!(
        recovered.to_string(),
        format!(
            "53 frames, 2.400 s, {} bytes; damaged and left out: 1 frame at 0.520 s of 0.040 s (bytes {} to {}); 6 more \
             frames may show damage, because they depend on frames left out",
            recovered.bytes, left_out.bytes.start, left_out.bytes.end
        )
    );
}

/// A copy of a recording that was interrupted, for example.
#[test]
fn the_whole_frames_of_an_incomplete_fragment_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        let part = left_by_a_panic(folder.path(), &settings().layout(layout).keyframe_interval(20), 60);
        let whole = std::fs::read(&part).unwrap();
        let all = judge::shown(&part);
        let (begin, mdat, end) = *fragments(&whole).last().unwrap();
        let before = boxes::complete_fragments(&whole[..begin]).0;
        let movie = folder.path().join("copy.mp4");
        std::fs::write(&part, &whole[..mdat + 8 + (end - mdat) * 2 / 3]).unwrap();
        let recovered = kinetograph::recover(&part, &movie).unwrap();
        assert!(recovered.frames > before as u64 && recovered.lost_bytes > 0, "{layout}: {recovered}");
        assert!(recovered.left_out.is_empty() && recovered.impaired_frames == 0, "{layout}: {recovered}");
        let shown = judge::shown(&movie);
        assert_eq!(shown.len() as u64, recovered.frames, "{layout}");
        assert!(shown.iter().all(|frame| all.contains(frame)), "{layout}");
        match (layout, kinetograph::recover_in_place(&part)) {
            (Layout::CrashSafe, result) => {
                assert_eq!(result.unwrap().frames, recovered.frames);
                assert!(judge::shown(&part) == shown);
            }
            // Nothing can be left out of a fragmented file in place.
            (_, result) => {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::Mp4 { reason: Mp4Error::DamagedFragment { .. }, .. }), "{error}");
            }
        }
        std::fs::remove_file(&part).unwrap();
        std::fs::remove_file(&movie).unwrap();
    }
}

#[test]
fn an_undamaged_fragmented_recording_is_copied_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("movie.mp4");
    record(&movie, &settings().layout(Layout::Fragmented).keyframe_interval(20).title("A title"), 60);
    let copy = folder.path().join("copy.mp4");
    assert_eq!(kinetograph::recover(&movie, &copy).unwrap().frames, 60);
    assert!(std::fs::read(&movie).unwrap() == std::fs::read(&copy).unwrap());
}

#[test]
fn a_finished_movie_is_copied_unless_it_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let (movie, copy) = (folder.path().join("movie.mp4"), folder.path().join("copy.mp4"));
    for layout in [Layout::CrashSafe, Layout::Progressive] {
        record(&movie, &settings().layout(layout).expected_frames(60), 60);
        let bytes = std::fs::read(&movie).unwrap();
        let recovered = kinetograph::recover(&movie, &copy).unwrap();
        assert_eq!((recovered.frames, recovered.bytes), (60, bytes.len() as u64));
        assert!(std::fs::read(&copy).unwrap() == bytes);
        assert_eq!(kinetograph::recover_in_place(&movie).unwrap(), recovered);
        std::fs::remove_file(&copy).unwrap();
        // The number of samples, the position of a chunk, the length of a NAL unit.
        let at = |name: &[u8; 4]| bytes.windows(4).position(|window| window == name).unwrap();
        for damage in [at(b"stsz") + 15, at(b"stco") + 15, bytes.len() - 1 - at(b"stco") % 2, at(b"stsz") + 20] {
            let mut damaged = bytes.clone();
            damaged[damage] ^= 0x40;
            std::fs::write(&movie, &damaged).unwrap();
            match kinetograph::recover(&movie, &copy) {
                Ok(recovered) => assert_eq!(judge::hashes(&copy).len() as u64, recovered.frames),
                Err(Error::Mp4 { .. }) => assert!(!copy.exists()),
                Err(error) => panic!("{error}"),
            }
            let _ = std::fs::remove_file(&copy);
        }
    }
}

#[test]
fn a_file_is_not_recovered_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings(), 60);
    let before = std::fs::read(&part).unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::hard_link(&part, at("hard.mp4")).unwrap();
    // On Windows, not everybody may make a symbolic link.
    #[cfg(unix)]
    std::os::unix::fs::symlink(&part, at("soft.mp4")).unwrap();
    for (from, to) in [
        (part.clone(), part.clone()),
        (part.clone(), at("hard.mp4")),
        #[cfg(unix)]
        (at("soft.mp4"), part.clone()),
        #[cfg(unix)]
        (part.clone(), at("soft.mp4")),
    ] {
        let error = kinetograph::recover(&from, &to).unwrap_err();
        assert!(matches!(&error, Error::SameFile { path, .. } if *path == from), "{error}");
        assert!(error.to_string().contains("recover_in_place"), "{error}");
        assert!(std::fs::read(&part).unwrap() == before);
    }
}

#[test]
fn zeros_after_a_power_cut_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), &settings().keyframe_interval(20).fragment_seconds(0.5), 60);
    let whole = std::fs::read(&part).unwrap();
    let fragments = fragments(&whole);
    // As after a power cut: the length is there, the last bytes are not.
    let (last, last_mdat, end) = fragments[fragments.len() - 1];
    let mut zeros = whole.clone();
    zeros[last_mdat + 8..end].fill(0);
    std::fs::write(&part, &zeros).unwrap();
    let recovered = kinetograph::recover_in_place(&part).unwrap();
    let complete = boxes::complete_fragments(&whole[..last]).0;
    assert_eq!((recovered.frames, judge::shown(&part).len()), (complete as u64, complete));
}
