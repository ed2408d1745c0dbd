//! The layouts of the container, as the programs that read it see them.

use kinetograph::{Frame, Layout, Movie, Preset, Quality, Settings};

#[path = "judge/boxes.rs"]
mod boxes;
mod clips;
mod judge;

use clips::{HEIGHT, WIDTH, in_memory, number, picture, push, record, settings};

#[test]
fn layouts_show_the_frames_of_ffmpegs_mux() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for rate in [(24, 1), (25, 1), (30, 1), (60, 1), (24000, 1001), (30000, 1001), (1, 1), (1000, 1)] {
        for bframes in [0, 3] {
            let settings = settings().frame_rate(rate).x264_option("bframes", bframes).keyframe_interval(12);
            let count = 31;
            record(&at("stream.h264"), &settings.clone().layout(Layout::AnnexB), count);
            let mut seen = Vec::new();
            for (name, settings) in [
                ("crash-safe.mp4", settings.clone()),
                ("reserved.mp4", settings.clone().expected_frames(u64::from(count))),
                ("progressive.mp4", settings.clone().layout(Layout::Progressive)),
                ("fragmented.mp4", settings.clone().layout(Layout::Fragmented)),
            ] {
                record(&at(name), &settings, count);
                let (num, den) = (f64::from(rate.0), f64::from(rate.1));
                let duration = format!("{:.6}", f64::from(count) * den / num);
                assert_eq!(
                    judge::probe(&at(name), "stream=start_time,duration:format=start_time,duration"),
                    format!("0.000000,{duration}\n0.000000,{duration}\n"),
                    "{name} at {rate:?} with {bframes} B-frames"
                );
                seen.push((name, judge::frames(&at(name))));
            }
            let copy =
                ["-v", "error", "-y", "-i", at("crash-safe.mp4").to_str().unwrap(), "-c", "copy"].map(String::from);
            judge::run("ffmpeg", copy.into_iter().chain([at("ffmpeg.mp4").to_str().unwrap().to_string()]));
            let reference = judge::frames(&at("ffmpeg.mp4"));
            for (name, frames) in seen {
                assert_eq!(frames, reference, "{name} at {rate:?} with {bframes} B-frames");
            }
            let hashes = judge::hashes(&at("stream.h264"));
            assert_eq!(judge::hashes_in(&reference), hashes);
            assert_eq!(hashes.len(), count as usize);
        }
    }
}

#[test]
fn files_and_memory_get_the_same_bytes_index_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie");
    for layout in Layout::ALL {
        let settings = settings().layout(*layout);
        record(&path, &settings, 60);
        let file = std::fs::read(&path).unwrap();
        assert!(in_memory(&settings, 60) == file, "{layout}");
        if *layout != Layout::AnnexB {
            let top: Vec<_> = boxes::boxes(&file).iter().map(|found| found.name).collect();
            assert_eq!(top[..2], [*b"ftyp", *b"moov"], "{layout}");
        }
    }
}

#[test]
fn variable_times_are_exact_to_the_tick() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // Seconds; the clock of 25 frames a second has 90,000 ticks.
    let times = [0.0, 0.04, 0.1, 1.0, 1.00025, 1.5, 1.75, 2.0, 61.0, 61.25, 61.5, 62.0, 62.1, 62.2, 70.0];
    let ticks: Vec<i64> = times.iter().map(|seconds| (seconds * 90_000f64).round() as i64).collect();
    for bframes in [0, 3] {
        for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
            let settings = settings().variable_rate(true).layout(layout).x264_option("bframes", bframes);
            let mut movie = Movie::create(&path, &settings).unwrap();
            for (frame, seconds) in times.iter().enumerate() {
                movie.push_at(Frame::gray8(&picture(frame as u32), WIDTH, HEIGHT), *seconds).unwrap();
            }
            movie.hold(4.96).unwrap();
            let report = movie.finish().unwrap();
            assert_eq!(report.seconds, 75.0);
            let out = judge::probe(&path, "frame=pts");
            let lines = out.lines().map(|line| line.trim_end_matches(',')).filter(|line| !line.is_empty());
            let shown: Vec<i64> = lines.map(|pts| pts.parse().unwrap()).collect();
            assert_eq!(shown, ticks, "{layout}, {bframes} B-frames");
            assert_eq!(
                judge::probe(&path, "stream=start_time,duration:format=duration"),
                "0.000000,75.000000\n75.000000\n",
                "{layout}, {bframes} B-frames"
            );
            // No package has a mediainfo for Windows.
            if cfg!(unix) {
                assert_eq!(judge::mediainfo(&path, "General;Duration"), "75000", "{layout}, {bframes} B-frames");
            }
        }
    }
}

/// ffmpeg takes a keyframe to last as long as its decoding, which B-frames make the length of an earlier frame's showing.
#[test]
fn slides_after_a_long_one_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for bframes in [0, 3, 16] {
        for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
            for shown in
                [&[10, 10, 10, 1, 1][..], &[30, 1, 1, 1, 1, 1, 1, 1], &[9, 1, 5, 1, 3, 1, 1], &[20, 8, 4, 2, 1]]
            {
                let mut movie =
                    Movie::create(&path, &settings().frame_rate(1).layout(layout).x264_option("bframes", bframes))
                        .unwrap();
                for (slide, seconds) in shown.iter().enumerate() {
                    movie.force_keyframe();
                    push(&mut movie, slide as u32).unwrap();
                    movie.hold(f64::from(seconds - 1)).unwrap();
                }
                movie.finish().unwrap();
                let begins = shown.iter().scan(0, |time, seconds| Some(std::mem::replace(time, *time + seconds)));
                let expected: String = begins.map(|time| format!("{time}.000000\n")).collect();
                let times = judge::probe(&path, "frame=pts_time").replace(",", "").replace("\n\n", "\n");
                assert_eq!(times, expected, "{layout}, {bframes} B-frames, {shown:?}");
                let duration = format!("{}.000000\n", shown.iter().sum::<i32>());
                assert_eq!(judge::probe(&path, "format=duration"), duration);
            }
        }
    }
}

#[test]
fn keyframes_keep_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // x264 by itself would raise the interval to this least one.
    record(&path, &settings().keyframe_interval(10).x264_option("min-keyint", 40), 100);
    let flags = judge::probe(&path, "packet=flags");
    let keyframes: Vec<usize> =
        flags.lines().enumerate().filter(|(_, flag)| flag.contains('K')).map(|at| at.0).collect();
    assert!(keyframes.len() >= 10 && keyframes.windows(2).all(|pair| pair[1] - pair[0] <= 10), "{keyframes:?}");
}

#[test]
fn fragments_of_that_layout_begin_with_keyframes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    record(&path, &settings().layout(Layout::Fragmented).keyframe_interval(40), 200);
    let bytes = std::fs::read(&path).unwrap();
    let mut fragments = 0;
    for found in boxes::boxes(&bytes).iter().filter(|found| &found.name == b"moof") {
        let trun = boxes::find(found.bytes, "moof/traf/trun").unwrap().body;
        let flags = boxes::u32_at(trun, 0) & 0xff_ffff;
        // First-sample-flags stand third; a sync sample depends on no other.
        assert_eq!((flags & 0x404, boxes::u32_at(trun, 12)), (4, 0x0200_0000));
        fragments += 1;
    }
    let keyframes = judge::probe(&path, "packet=flags").lines().filter(|line| line.starts_with('K')).count();
    assert_eq!(fragments, keyframes, "no keyframe comes sooner than a second here");
    assert!(fragments >= 5);
}

#[test]
fn the_shortest_movies_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        for count in [1, 2, 3] {
            record(&path, &settings().layout(layout), count);
            assert_eq!(judge::hashes(&path).len(), count as usize, "{layout}");
            let duration = format!("{:.6}", f64::from(count) / 25.0);
            let expected = format!("0.000000,{duration}\n{duration}\n");
            assert_eq!(
                judge::probe(&path, "stream=start_time,duration:format=duration"),
                expected,
                "{layout}, {count}"
            );
        }
    }
}

#[test]
fn long_movies_are_no_special_case() {
    let count = number(5000);
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(16, 16).frame_rate(30).preset(Preset::Ultrafast).threads(1).quality(Quality::Qp(51));
    let mut seen = Vec::new();
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        let path = folder.path().join(format!("{layout}.mp4"));
        let mut movie = Movie::create(&path, &settings.clone().layout(layout)).unwrap();
        for frame in 0..count {
            movie.push(Frame::gray8(&[(frame / 7 % 256) as u8; 256], 16, 16)).unwrap();
        }
        assert_eq!(movie.finish().unwrap().frames, u64::from(count));
        let duration = format!("{:.6}", f64::from(count) / 30.0);
        let expected = format!("0.000000,{duration}\n{duration}\n");
        assert_eq!(judge::probe(&path, "stream=start_time,duration:format=duration"), expected);
        seen.push(judge::frames(&path));
        assert_eq!(seen[0].lines().filter(|line| !line.starts_with('#')).count(), count as usize);
    }
    assert!(seen[0] == seen[1]);
}
