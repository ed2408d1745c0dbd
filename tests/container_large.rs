//! Movies of 4 GiB and more, in which ffmpeg finds every frame: one as large as the soak test asks for, and sparse
//! unfinished files.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use kinetograph::{Frame, Layout, Movie, Preset, Quality, Settings, Vbv};

#[path = "judge/boxes.rs"]
mod boxes;
mod clips;
mod judge;

#[test]
fn large_movies_have_all_their_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // x264 fills each frame up to the bit rate: 3.8 MB a frame, so that 23 times as many pass 4 GiB.
    let count = clips::number(50);
    let settings = Settings::new(64, 48).frame_rate(25).preset(Preset::Ultrafast).threads(1).keyframe_interval(10);
    let settings = settings.quality(Quality::Bitrate(800_000)).vbv(Vbv::new(800_000, 800_000));
    let settings = settings.x264_option("filler", 1);
    let hashes_of = |layout: Layout, expected: Option<u64>| {
        let settings = expected.into_iter().fold(settings.clone().layout(layout), Settings::expected_frames);
        let mut movie = Movie::create(&path, &settings).unwrap();
        for frame in 0..count {
            movie.push(Frame::gray8(&[(frame * 53 % 251) as u8; 64 * 48], 64, 48)).unwrap();
        }
        let report = movie.finish().unwrap();
        assert!(report.bytes > 3_700_000 * u64::from(count), "{report}");
        let hashes = judge::hashes(&path);
        assert_eq!(hashes.len(), count as usize, "{layout}");
        std::fs::remove_file(&path).unwrap();
        hashes
    };
    let first = hashes_of(Layout::Fragmented, None);
    assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
    // A crash-safe movie has its index in the reserve, or is copied behind it.
    for (layout, expected) in
        [(Layout::CrashSafe, Some(count.into())), (Layout::CrashSafe, None), (Layout::Progressive, None)]
    {
        assert!(hashes_of(layout, expected) == first, "{layout}, {expected:?}");
    }
}

/// Inserts a box of 4.5 GB before the last fragment of a file. It takes no room on the disk.
#[cfg_attr(not(unix), expect(dead_code))]
fn widen(path: &Path) {
    const GAP: u64 = 4_500_000_000;
    let mut bytes = std::fs::read(path).unwrap();
    let last = boxes::boxes(&bytes).iter().rev().find(|found| &found.name == b"moof").unwrap().bytes.as_ptr();
    let tail = bytes.split_off(last as usize - bytes.as_ptr() as usize);
    bytes.extend_from_slice(&[&1_u32.to_be_bytes()[..], b"free", &GAP.to_be_bytes()].concat());
    let begin = bytes.len() as u64 - 16;
    std::fs::write(path, bytes).unwrap();
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(begin + GAP).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(&tail).unwrap();
}

#[test]
#[cfg(unix)] // elsewhere, the file would not be sparse
fn unfinished_files_beyond_4_gib_are_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.mp4");
    for (layout, expected) in [(Layout::CrashSafe, Some(60)), (Layout::CrashSafe, None), (Layout::Fragmented, None)] {
        let settings = clips::settings().layout(layout).keyframe_interval(25);
        let settings = expected.into_iter().fold(settings, Settings::expected_frames);
        let mut movie = Movie::create(folder.path().join("movie.mp4"), &settings).unwrap();
        (0..60).for_each(|frame| clips::push(&mut movie, frame).unwrap());
        let part = movie.keep().unwrap().unwrap();
        let whole = judge::shown(&part);
        assert_eq!(whole.len(), 60);
        widen(&part);
        let length = part.metadata().unwrap().len();
        assert!(length > 4_500_000_000);
        let recovered = kinetograph::recover(&part, &copy).unwrap();
        assert_eq!((recovered.frames, recovered.lost_bytes, recovered.left_out.len()), (60, 0, 0), "{layout}");
        assert!(recovered.bytes < 100_000 && judge::shown(&copy) == whole, "{layout}");
        let recovered = kinetograph::recover_in_place(&part).unwrap();
        assert_eq!((recovered.frames, recovered.lost_bytes), (60, 0), "{layout}");
        // Without room for the index, the samples are copied.
        assert_eq!(recovered.bytes > 4_500_000_000, layout == Layout::Fragmented || expected.is_some(), "{layout}");
        assert!(judge::shown(&part) == whole, "{layout} in place");
        std::fs::remove_file(&part).unwrap();
        std::fs::remove_file(&copy).unwrap();
    }
}
