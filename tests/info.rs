//! `MovieInfo`: what a file holds, judged by ffprobe and ffmpeg.

use std::path::Path;

use kinetograph::{
    BitDepth, Chroma, ColorSpace, Error, Layout, Movie, MovieInfo, Preset, Primaries, Quality, Range, Rotation,
    Settings, Tune,
};

mod clips;
mod judge;

use clips::{push, record, settings};

#[test]
fn finished_movies_say_what_their_settings_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let full = ColorSpace { primaries: Primaries::DisplayP3, ..ColorSpace::BT601.full_range() };
    for (layout, finished, rotation) in [
        (Layout::CrashSafe, Layout::Progressive, Rotation::Deg90),
        (Layout::Progressive, Layout::Progressive, Rotation::Deg180),
        (Layout::Fragmented, Layout::Fragmented, Rotation::Deg270),
    ] {
        let settings = settings().layout(layout).rotation(rotation);
        for (chroma, depth) in [
            (Chroma::Yuv420, BitDepth::Eight),
            (Chroma::Yuv422, BitDepth::Ten),
            (Chroma::Yuv444, BitDepth::Eight),
            (Chroma::Gray, BitDepth::Ten),
        ] {
            for (rate, space) in [((30000, 1001), ColorSpace::BT709), ((1, 2), full)] {
                let settings = settings.clone().chroma(chroma).bit_depth(depth).frame_rate(rate).color_space(space);
                let report = record(&path, &settings.pixel_aspect(4, 3), 40);
                let info = MovieInfo::open(&path).unwrap();
                let context = format!("{chroma} {depth} {layout} {rate:?}");
                assert_eq!((info.width, info.height, info.pixel_aspect), (48, 32, (4, 3)), "{context}");
                assert_eq!((info.chroma, info.bit_depth), (chroma, Some(depth)), "{context}");
                assert_eq!((info.color_space, info.rotation), (Some(space), rotation), "{context}");
                assert_eq!((info.layout, info.is_finished), (finished, true), "{context}");
                assert_eq!((info.frames, info.seconds), (40, report.seconds), "{context}");
                assert_eq!((info.frame_rate, info.bytes), (Some(rate.into()), report.bytes), "{context}");
            }
        }
    }
}

#[test]
fn the_rate_factor_is_that_of_the_settings_with_all_its_digits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        for (quality, factor) in [
            (Quality::Crf(23.0), Some(23.0)),
            (Quality::Crf(27.35), Some(27.35)),
            (Quality::Crf(1.001), Some(1.001)),
            (Quality::Qp(20), None),
            (Quality::Bitrate(100), None),
            (Quality::Lossless, None),
        ] {
            let settings = settings().layout(layout).quality(quality).fragment_seconds(0.4).keyframe_interval(10);
            record(&path, &settings.clone(), 30);
            assert_eq!(MovieInfo::open(&path).unwrap().rate_factor, factor, "{layout} {quality:?}");
            // The rest of the stream is what x264 makes of the factor, and plays.
            assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "30");
        }
    }
}

#[test]
fn the_codec_string_is_that_of_ffmpegs_manifests() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for settings in [
        settings(),
        settings().tune(Tune::FastDecode).x264_option("8x8dct", 0),
        settings().preset(Preset::Ultrafast),
        settings().bit_depth(BitDepth::Ten),
        settings().chroma(Chroma::Yuv444),
        Settings::new(1920, 1080).preset(Preset::Ultrafast).x264_option("8x8dct", 1),
    ] {
        let mut movie = Movie::create(&path, &settings).unwrap();
        let codec = movie.codec().to_string();
        let pixels = vec![0; (settings.width() * settings.height()) as usize];
        movie.push(kinetograph::Frame::gray8(&pixels, settings.width(), settings.height())).unwrap();
        movie.finish().unwrap();
        assert_eq!(MovieInfo::open(&path).unwrap().codec, codec);
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
        let copy = ["-v", "error", "-y", "-i", path.to_str().unwrap(), "-c", "copy", "-f", "dash"];
        judge::run("ffmpeg", copy.into_iter().chain([&*at("list.mpd")]));
        let playlist = std::fs::read_to_string(at("list.mpd")).unwrap();
        assert!(playlist.contains(&format!("codecs=\"{codec}\"")), "{codec}: {playlist}");
    }
}

#[test]
fn unfinished_files_have_their_complete_fragments() {
    let folder = tempfile::tempdir().unwrap();
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        let path = folder.path().join("movie.mp4");
        let settings = settings().layout(layout).fragment_seconds(0.4).keyframe_interval(10);
        let mut movie = Movie::create(&path, &settings).unwrap();
        (0..95).for_each(|frame| push(&mut movie, frame).unwrap());
        let part = || {
            let names = judge::listing(folder.path());
            folder.path().join(names.iter().find(|name| name.ends_with(".part")).unwrap())
        };
        // The encoder's thread is still at work.
        let begin = std::time::Instant::now();
        while MovieInfo::open(part()).map_or(0, |info| info.frames) < 20 {
            assert!(begin.elapsed().as_secs() < 60, "{layout}: no fragment");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let copy = folder.path().join("copy.mp4");
        std::fs::copy(part(), &copy).unwrap();
        drop(movie);
        let bytes = std::fs::read(&copy).unwrap();
        let whole = MovieInfo::open(&copy).unwrap();
        assert_eq!((whole.layout, whole.is_finished), (layout, layout == Layout::Fragmented));
        assert_eq!(whole.frames.to_string(), judge::ffprobe(&copy, "nb_read_frames"));
        assert_eq!((whole.seconds, whole.rate_factor), (whole.frames as f64 / 25.0, Some(23.0)));
        std::fs::write(&copy, &bytes[..bytes.len() - 1]).unwrap();
        let cut = MovieInfo::open(&copy).unwrap();
        assert!(!cut.is_finished && cut.frames < whole.frames, "{cut:?}");
        std::fs::remove_file(copy).unwrap();
    }
}

#[test]
fn a_finished_movie_that_was_cut_short_is_not_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::CrashSafe, Layout::Progressive] {
        record(&path, &settings().layout(layout), 30);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(!MovieInfo::open(&path).unwrap().is_finished);
    }
}

#[test]
fn times_that_vary_have_no_rate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let rate = |holds: &[u32]| {
        let mut movie = Movie::create(&path, &settings()).unwrap();
        for frame in 0..5 {
            push(&mut movie, frame).unwrap();
            if holds.contains(&frame) {
                movie.hold(0.2).unwrap();
            }
        }
        let report = movie.finish().unwrap();
        let info = MovieInfo::open(&path).unwrap();
        assert_eq!(info.seconds, report.seconds);
        info.frame_rate
    };
    assert_eq!(rate(&[]), Some(25.into()));
    assert_eq!(rate(&[4]), Some(25.into()), "the last frame may last longer");
    assert_eq!(rate(&[2]), None);
}

#[test]
fn movies_of_other_programs_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=2"];
    let sound = ["-f", "lavfi", "-i", "sine=duration=2"];
    let video =
        ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "21.5", "-colorspace", "bt709", "-color_primaries", "bt709"];
    let video = video.into_iter().chain(["-color_trc", "bt709", "-color_range", "tv"]);
    for flags in ["+faststart", "0", "frag_keyframe+empty_moov", "frag_keyframe+empty_moov+default_base_moof"] {
        let arguments = ["-v", "error", "-y"].into_iter().chain(sound).chain(source).chain(video.clone());
        judge::run("ffmpeg", arguments.chain(["-movflags", flags, path.to_str().unwrap()]));
        let info = MovieInfo::open(&path).unwrap();
        assert_eq!((info.width, info.height, info.frames, info.seconds), (320, 180, 48, 2.0), "{flags}: {info:?}");
        assert_eq!((info.frame_rate, info.is_finished), (Some(24.into()), true), "{flags}: {info:?}");
        assert_eq!(info.rate_factor, Some(21.5), "{flags}: {info:?}");
        let space = info.color_space.unwrap();
        assert_eq!((space.range, space.primaries), (Range::Limited, Primaries::Bt709), "{flags}");
    }
}

#[test]
fn what_is_no_movie_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let refused = |path: &Path| judge::chain(&MovieInfo::open(path).unwrap_err());
    std::fs::write(at("empty"), "").unwrap();
    std::fs::write(at("text"), "not a movie, but long enough for a box").unwrap();
    let sound =
        ["-v", "error", "-f", "lavfi", "-i", "sine=duration=0.1", at("sound.mp4").to_str().unwrap()].map(String::from);
    judge::run("ffmpeg", sound);
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    for (name, why) in [
        ("empty", "it is not an MP4 file"),
        ("text", "it is not an MP4 file"),
        ("sound.mp4", "its track is not H.264 video"),
        ("pipe", "it is not a regular file"),
        ("missing", "No such file or directory"),
        (".", "it is not a regular file"),
    ] {
        let error = refused(&at(name));
        assert!(error.contains(why) && error.contains(at(name).to_str().unwrap()), "{error}");
    }
}

#[test]
fn damaged_files_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let mut random = fastrand::Rng::with_seed(3);
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        record(&path, &settings().layout(layout).fragment_seconds(0.2).keyframe_interval(5), 12);
        let bytes = std::fs::read(&path).unwrap();
        let mut outcomes = [0; 2];
        for _ in 0..clips::number(3000) {
            let mut damaged = bytes.clone();
            for _ in 0..random.usize(1..4) {
                // The boxes are at the beginning.
                let at = random.usize(..bytes.len().min(1500));
                damaged[at] = if random.bool() { random.u8(..) } else { 255 };
            }
            damaged.truncate(random.usize(bytes.len() / 2..bytes.len() * 2).min(bytes.len()));
            std::fs::write(&path, &damaged).unwrap();
            match MovieInfo::open(&path) {
                Ok(_) => outcomes[0] += 1,
                Err(Error::Mp4 { .. }) => outcomes[1] += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert!(outcomes.iter().all(|count| *count > 100), "{outcomes:?}");
    }
}
