//! A movie as large as the soak test asks for, 4 GiB and more, in which ffmpeg finds every frame.

use kinetograph::{Frame, Layout, Movie, Preset, Quality, Settings, Vbv};

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
