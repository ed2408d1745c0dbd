//! The container, as the programs that read it see it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use kinetograph::color::{Converter, Planes};
use kinetograph::{
    BitDepth, Chroma, ColorSpace, Error, Frame, FrameRate, Layout, Movie, Mp4Error, Preset, Quality, Report, Rotation,
    Settings, Tag,
};

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;

const WIDTH: u32 = 48;
const HEIGHT: u32 = 32;

/// A grey picture that moves a little from frame to frame.
fn picture(frame: u32) -> Vec<u8> {
    let level = |x: u32, y: u32| (x * 5 + y * 3 + frame * 7) as u8 ^ if (x + frame) % 16 < 4 { 0x80 } else { 0 };
    (0..WIDTH * HEIGHT).map(|at| level(at % WIDTH, at / WIDTH)).collect()
}

fn settings(rate: impl Into<FrameRate>) -> Settings {
    // x264's macroblock tree for AVX-512 reads memory that it has not set: with it equal films differ now and then.
    Settings::new(WIDTH, HEIGHT).frame_rate(rate).preset(Preset::Veryfast).threads(1).x264_option("mbtree", 0)
}

/// A movie of so many frames at `path`.
fn record(path: &Path, settings: &Settings, frames: u32) -> Report {
    let mut movie = Movie::create(path, settings).unwrap();
    for frame in 0..frames {
        movie.push(Frame::gray8(&picture(frame), WIDTH, HEIGHT)).unwrap();
    }
    movie.finish().unwrap()
}

/// Time, duration and hash of every frame.
fn frames(path: &Path) -> String {
    let path = path.to_str().unwrap();
    let out = judge::run("ffmpeg", ["-v", "error", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-"]);
    String::from_utf8(out).unwrap()
}

/// The hash of every frame.
fn hashes(path: &Path) -> Vec<String> {
    let lines = frames(path);
    let hash = |line: &str| line.rsplit(',').next().unwrap().trim().to_string();
    lines.lines().filter(|line| !line.starts_with('#')).map(hash).collect()
}

/// Entries of ffprobe, one line an entry.
fn probe(path: &Path, entries: &str) -> String {
    let path = path.to_str().unwrap();
    String::from_utf8(judge::run("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", path])).unwrap()
}

#[test]
fn every_layout_shows_the_same_frames_at_the_same_times_as_ffmpegs_own_mux() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for rate in [(24, 1), (25, 1), (30, 1), (60, 1), (24000, 1001), (30000, 1001), (1, 1), (1000, 1)] {
        for bframes in [0, 3] {
            let settings = settings(rate).x264_option("bframes", bframes).keyframe_interval(12);
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
                    probe(&at(name), "stream=start_time,duration:format=start_time,duration"),
                    format!("0.000000,{duration}\n0.000000,{duration}\n"),
                    "{name} at {rate:?} with {bframes} B-frames"
                );
                seen.push((name, frames(&at(name))));
            }
            let copy =
                ["-v", "error", "-y", "-i", at("crash-safe.mp4").to_str().unwrap(), "-c", "copy"].map(String::from);
            judge::run("ffmpeg", copy.into_iter().chain([at("ffmpeg.mp4").to_str().unwrap().to_string()]));
            let reference = frames(&at("ffmpeg.mp4"));
            for (name, frames) in seen {
                assert_eq!(frames, reference, "{name} at {rate:?} with {bframes} B-frames");
            }
            assert_eq!(hashes(&at("crash-safe.mp4")), hashes(&at("stream.h264")));
            assert_eq!(hashes(&at("stream.h264")).len(), count as usize);
        }
    }
}

#[test]
fn a_finished_file_is_the_same_in_a_file_and_in_memory_and_begins_with_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in Layout::ALL {
        let settings = settings(25).layout(*layout);
        record(&path, &settings, 60);
        let file = std::fs::read(&path).unwrap();
        let mut movie = Movie::in_memory(&settings).unwrap();
        for frame in 0..60 {
            movie.push(Frame::gray8(&picture(frame), WIDTH, HEIGHT)).unwrap();
        }
        assert!(movie.finish().unwrap().0 == file, "{layout}");
        if *layout != Layout::AnnexB {
            let top: Vec<_> = boxes::boxes(&file).iter().map(|found| found.name).collect();
            assert_eq!(top[..2], [*b"ftyp", *b"moov"], "{layout}");
        }
    }
}

#[test]
fn variable_times_are_exact_to_the_tick_in_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // Seconds; the clock of 25 frames a second has 90,000 ticks.
    let times = [0.0, 0.04, 0.1, 1.0, 1.00025, 1.5, 1.75, 2.0, 61.0, 61.25, 61.5, 62.0, 62.1, 62.2, 70.0];
    let ticks: Vec<i64> = times.iter().map(|seconds| (seconds * 90_000f64).round() as i64).collect();
    for bframes in [0, 3] {
        for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
            let settings = settings(25).variable_rate(true).layout(layout).x264_option("bframes", bframes);
            let mut movie = Movie::create(&path, &settings).unwrap();
            for (frame, seconds) in times.iter().enumerate() {
                movie.push_at(Frame::gray8(&picture(frame as u32), WIDTH, HEIGHT), *seconds).unwrap();
            }
            movie.hold(4.96).unwrap();
            let report = movie.finish().unwrap();
            assert_eq!(report.seconds, 75.0);
            let out = probe(&path, "frame=pts");
            let lines = out.lines().map(|line| line.trim_end_matches(',')).filter(|line| !line.is_empty());
            let shown: Vec<i64> = lines.map(|pts| pts.parse().unwrap()).collect();
            assert_eq!(shown, ticks, "{layout}, {bframes} B-frames");
            assert_eq!(
                probe(&path, "stream=start_time,duration:format=duration"),
                "0.000000,75.000000\n75.000000\n",
                "{layout}, {bframes} B-frames"
            );
            assert_eq!(judge::mediainfo(&path, "General;Duration"), "75000", "{layout}, {bframes} B-frames");
        }
    }
}

/// ffmpeg takes a keyframe to last as long as its decoding, which B-frames make the length of an earlier frame's showing.
#[test]
fn slides_after_a_long_one_are_shown_in_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for bframes in [0, 3, 16] {
        for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
            for shown in
                [&[10, 10, 10, 1, 1][..], &[30, 1, 1, 1, 1, 1, 1, 1], &[9, 1, 5, 1, 3, 1, 1], &[20, 8, 4, 2, 1]]
            {
                let mut movie =
                    Movie::create(&path, &settings(1).layout(layout).x264_option("bframes", bframes)).unwrap();
                for (slide, seconds) in shown.iter().enumerate() {
                    movie.force_keyframe();
                    movie.push(Frame::gray8(&picture(slide as u32), WIDTH, HEIGHT)).unwrap();
                    movie.hold(f64::from(seconds - 1)).unwrap();
                }
                movie.finish().unwrap();
                let begins = shown.iter().scan(0, |time, seconds| Some(std::mem::replace(time, *time + seconds)));
                let expected: String = begins.map(|time| format!("{time}.000000\n")).collect();
                let times = probe(&path, "frame=pts_time").replace(",", "").replace("\n\n", "\n");
                assert_eq!(times, expected, "{layout}, {bframes} B-frames, {shown:?}");
                let duration = format!("{}.000000\n", shown.iter().sum::<i32>());
                assert_eq!(probe(&path, "format=duration"), duration);
            }
        }
    }
}

#[test]
fn keyframes_are_no_further_apart_than_the_settings_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // x264 by itself would raise the interval to this least one.
    record(&path, &settings(25).keyframe_interval(10).x264_option("min-keyint", 40), 100);
    let flags = probe(&path, "packet=flags");
    let keyframes: Vec<usize> =
        flags.lines().enumerate().filter(|(_, flag)| flag.contains('K')).map(|at| at.0).collect();
    assert!(keyframes.len() >= 10 && keyframes.windows(2).all(|pair| pair[1] - pair[0] <= 10), "{keyframes:?}");
}

#[test]
fn an_annex_b_stream_is_the_x264_programs_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (input, ours, theirs) =
        (folder.path().join("in.yuv"), folder.path().join("a.h264"), folder.path().join("b.h264"));
    let space = ColorSpace::default();
    let converter = Converter::new(space, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
    let mut planes = Planes::new(WIDTH, HEIGHT, Chroma::Yuv420, BitDepth::Eight);
    let mut raw = Vec::new();
    for frame in 0..40 {
        converter.convert(&Frame::gray8(&picture(frame), WIDTH, HEIGHT), &mut planes).unwrap();
        for plane in 0..3 {
            (0..planes.size(plane).1).for_each(|row| raw.extend_from_slice(planes.row(plane, row)));
        }
    }
    std::fs::write(&input, raw).unwrap();
    for options in
        [&[][..], &[("open-gop", "1"), ("keyint", "12")], &[("slices", "3"), ("aud", "1")], &[("bframes", "0")]]
    {
        let mut settings = settings(25).layout(Layout::AnnexB);
        let size = format!("{WIDTH}x{HEIGHT}");
        let mut arguments: Vec<String> = ["--quiet", "--demuxer", "raw", "--input-csp", "i420", "--input-res", &size]
            .into_iter()
            .chain(["--fps", "25", "--preset", "veryfast", "--threads", "1", "--no-mbtree", "--sar", "1:1"])
            .chain(["--colorprim", "bt709", "--transfer", "iec61966-2-1", "--colormatrix", "bt709", "--chromaloc", "1"])
            .map(String::from)
            .collect();
        for (name, value) in options {
            match *name {
                "keyint" => settings = settings.keyframe_interval(value.parse::<u32>().unwrap()),
                _ => settings = settings.x264_option(*name, value),
            }
            arguments.push(format!("--{name}"));
            arguments.extend((!["open-gop", "aud"].contains(name)).then(|| value.to_string()));
        }
        arguments.extend(["-o", theirs.to_str().unwrap(), input.to_str().unwrap()].map(String::from));
        record(&ours, &settings, 40);
        judge::run("x264", &arguments);
        assert!(std::fs::read(&ours).unwrap() == std::fs::read(&theirs).unwrap(), "{options:?}");
    }
}

#[test]
fn a_movie_of_one_or_two_frames_is_right_in_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        for count in [1, 2, 3] {
            record(&path, &settings(25).layout(layout), count);
            assert_eq!(hashes(&path).len(), count as usize, "{layout}");
            let duration = format!("{:.6}", f64::from(count) / 25.0);
            let expected = format!("0.000000,{duration}\n{duration}\n");
            assert_eq!(probe(&path, "stream=start_time,duration:format=duration"), expected, "{layout}, {count}");
        }
    }
}

#[test]
fn a_hundred_thousand_frames_are_no_special_case() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(16, 16).frame_rate(30).preset(Preset::Ultrafast).threads(1).quality(Quality::Qp(51));
    let mut seen = Vec::new();
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        let path = folder.path().join(format!("{layout}.mp4"));
        let mut movie = Movie::create(&path, &settings.clone().layout(layout)).unwrap();
        for frame in 0..100_000u32 {
            movie.push(Frame::gray8(&[(frame / 7 % 256) as u8; 256], 16, 16)).unwrap();
        }
        assert_eq!(movie.finish().unwrap().frames, 100_000);
        assert_eq!(probe(&path, "stream=start_time,duration:format=duration"), "0.000000,3333.333333\n3333.333333\n");
        seen.push(frames(&path));
        assert_eq!(seen[0].lines().filter(|line| !line.starts_with('#')).count(), 100_000);
    }
    assert!(seen[0] == seen[1]);
}

#[test]
fn tags_and_times_are_read_back_by_ffprobe_and_mediainfo() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // 2001-09-09 01:46:40 UTC.
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let tagged = settings(25)
        .title("Wärme & Fluss — 热")
        .tag(Tag::Artist, "Anna")
        .tag(Tag::Comment, "first\nsecond")
        .tag(Tag::Date, "2026-03-01")
        .tag(Tag::Copyright, "© nobody")
        .tag(Tag::Encoder, "plotter 2")
        .tag(Tag::Key(*b"\xa9alb"), "Plots")
        .tag(Tag::Key(*b"desc"), "what it shows")
        .tag(Tag::Key(*b"Xtra"), "any key")
        .creation_time(made);
    for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        record(&path, &tagged.clone().layout(layout), 3);
        for (name, text) in [
            ("title", "Wärme & Fluss — 热"),
            ("artist", "Anna"),
            ("comment", "first\nsecond"),
            ("date", "2026-03-01"),
            ("copyright", "© nobody"),
            ("encoder", "plotter 2"),
            ("album", "Plots"),
            ("description", "what it shows"),
            ("creation_time", "2001-09-09T01:46:40.000000Z"),
        ] {
            let entry = format!("format_tags={name}");
            let arguments =
                ["-v", "error", "-show_entries", &entry, "-of", "default=nk=1:nw=1", path.to_str().unwrap()];
            let out = String::from_utf8(judge::run("ffprobe", arguments)).unwrap();
            assert_eq!(out.trim_end(), text, "{name}, {layout}");
        }
        for (name, text) in [
            ("General;Title", "Wärme & Fluss — 热"),
            ("General;Performer", "Anna"),
            ("General;Recorded_Date", "2026-03-01"),
            ("General;Copyright", "© nobody"),
            ("General;Encoded_Application", "plotter 2"),
            ("General;Album", "Plots"),
            ("General;Description", "what it shows"),
            ("General;Xtra", "any key"),
        ] {
            assert_eq!(judge::mediainfo(&path, name), text, "{name}, {layout}");
        }
        for name in ["General;Encoded_Date", "Video;Encoded_Date"] {
            let date = judge::mediainfo(&path, name);
            assert!(date.contains("2001-09-09 01:46:40"), "{name} {date}, {layout}");
        }
    }
    // A key whose value players read as a number.
    let error = settings(25).tag(Tag::Key(*b"trkn"), "3").validate().unwrap_err();
    assert_eq!(error.to_string(), "tag is trkn; its value is not text; use another key");
    // Nothing says when a movie was made unless asked, so that equal frames make equal files.
    record(&path, &settings(25), 3);
    assert_eq!(judge::mediainfo(&path, "General;Encoded_Date"), "");
    let encoder = concat!("kinetograph ", env!("CARGO_PKG_VERSION"));
    assert_eq!(judge::mediainfo(&path, "General;Encoded_Application"), encoder);
}

#[test]
fn rotation_and_pixel_aspect_reach_the_players() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // White at the top left, black elsewhere.
    let mut marked = vec![0; (WIDTH * HEIGHT) as usize];
    for y in 0..8 {
        marked[(y * WIDTH) as usize..][..8].fill(255);
    }
    for (rotation, corner, degrees) in [
        (Rotation::None, (0, 0), ""),
        (Rotation::Deg90, (1, 0), "90.000"),
        (Rotation::Deg180, (1, 1), "180.000"),
        (Rotation::Deg270, (0, 1), "270.000"),
    ] {
        let settings = settings(25).rotation(rotation).pixel_aspect(4, 3);
        let mut movie = Movie::create(&path, &settings).unwrap();
        movie.push(Frame::gray8(&marked, WIDTH, HEIGHT)).unwrap();
        movie.finish().unwrap();
        assert_eq!(judge::ffprobe(&path, "sample_aspect_ratio"), "4:3");
        assert_eq!(judge::mediainfo(&path, "Video;PixelAspectRatio"), "1.333");
        assert_eq!(judge::mediainfo(&path, "Video;Rotation"), if degrees.is_empty() { "0.000" } else { degrees });
        // ffmpeg turns the picture as a player does.
        let turned = matches!(rotation, Rotation::Deg90 | Rotation::Deg270);
        let (width, height) = if turned { (HEIGHT, WIDTH) } else { (WIDTH, HEIGHT) };
        let gray = ["-v", "error", "-i", path.to_str().unwrap(), "-pix_fmt", "gray", "-f", "rawvideo", "-"];
        let shown = judge::run("ffmpeg", gray);
        assert_eq!(shown.len(), (width * height) as usize, "{rotation}");
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let at = (2 + y * (height - 5)) * width + 2 + x * (width - 5);
            assert_eq!(shown[at as usize] > 128, (x, y) == corner, "{rotation} at {x}, {y}");
        }
    }
}

/// A writer whose bytes can be looked at, and which fails at its n-th call.
#[derive(Clone, Default)]
struct Wire {
    bytes: Arc<Mutex<Vec<u8>>>,
    calls: Arc<Mutex<(usize, Option<usize>)>>,
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut calls = self.calls.lock().unwrap();
        calls.0 += 1;
        if calls.1.is_some_and(|failing| calls.0 > failing) {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the line is cut"));
        }
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stream_is_the_file_of_the_same_layout_and_a_cut_line_ends_the_movie_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::Fragmented, Layout::AnnexB] {
        let settings = settings(25).layout(layout).keyframe_interval(20);
        record(&path, &settings, 60);
        let stream = |failing| -> Result<Wire, Error> {
            let wire = Wire::default();
            wire.calls.lock().unwrap().1 = failing;
            let mut movie = Movie::stream(wire.clone(), &settings)?;
            for frame in 0..60 {
                movie.push(Frame::gray8(&picture(frame), WIDTH, HEIGHT))?;
            }
            movie.finish().map(|_| wire)
        };
        let wire = stream(None).unwrap();
        assert!(*wire.bytes.lock().unwrap() == std::fs::read(&path).unwrap(), "{layout}");
        let calls = wire.calls.lock().unwrap().0;
        for failing in 0..calls {
            let error = stream(Some(failing)).err().unwrap();
            assert_eq!(judge::chain(&error), "writing to the stream: the line is cut", "{layout} at write {failing}");
        }
    }
    for layout in [Layout::CrashSafe, Layout::Progressive] {
        let error = Movie::stream(io::sink(), &settings(25).layout(layout)).err().unwrap();
        assert_eq!(error.to_string(), format!("layout is {layout}; it must be fragmented or annexb for a stream"));
    }
}

/// What the crate says of the stream it takes from the settings; ffprobe reads the stream's own parameter sets.
#[test]
fn the_container_says_of_the_stream_what_its_parameter_sets_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for (bframes, pyramid, odd) in
        [(0, "none", 0), (1, "normal", 1), (3, "none", 0), (3, "normal", 1), (16, "strict", 0)]
    {
        for (chroma, bit_depth) in [
            (Chroma::Yuv420, BitDepth::Eight),
            (Chroma::Yuv420, BitDepth::Ten),
            (Chroma::Yuv422, BitDepth::Eight),
            (Chroma::Yuv444, BitDepth::Ten),
        ] {
            let settings = Settings::new(WIDTH + odd, HEIGHT + odd).frame_rate(25).preset(Preset::Veryfast).threads(1);
            let settings = settings.chroma(chroma).bit_depth(bit_depth).layout(Layout::Fragmented);
            let settings = settings.x264_option("bframes", bframes).x264_option("b-pyramid", pyramid);
            let mut movie = Movie::create(&path, &settings).unwrap();
            let (width, height) = (WIDTH + odd, HEIGHT + odd);
            movie.push(Frame::gray8(&vec![90; (width * height) as usize], width, height)).unwrap();
            movie.finish().unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let reordered = boxes::u32_at(boxes::table(&bytes, "elst"), 20) / 512;
            assert_eq!(judge::ffprobe(&path, "has_b_frames"), reordered.to_string(), "{settings:?}");
            let entry = boxes::find(&bytes, "moov/trak/mdia/minf/stbl/stsd/avc1").unwrap().body;
            let [width, height] = [24, 26].map(|at| u16::from_be_bytes([entry[at], entry[at + 1]]).to_string());
            assert_eq!([judge::ffprobe(&path, "width"), judge::ffprobe(&path, "height")], [width, height]);
            let avcc = boxes::table(&bytes, "avcC");
            let format = judge::ffprobe(&path, "pix_fmt");
            let [.., chroma_format, luma, color, 0] = *avcc else { panic!("{avcc:?}") };
            let sampling = ["", "yuv420p", "yuv422p", "yuv444p"][usize::from(chroma_format & 3)];
            assert!(!sampling.is_empty() && format.starts_with(sampling), "{format}, {settings:?}");
            assert_eq!((luma & 7, color & 7), (bit_depth.bits() - 8, bit_depth.bits() - 8));
            assert_eq!(format.contains("10le"), bit_depth == BitDepth::Ten, "{format}");
        }
    }
}

#[test]
fn fragments_of_the_fragmented_layout_begin_with_keyframes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    record(&path, &settings(25).layout(Layout::Fragmented).keyframe_interval(40), 200);
    let bytes = std::fs::read(&path).unwrap();
    let mut fragments = 0;
    for found in boxes::boxes(&bytes).iter().filter(|found| &found.name == b"moof") {
        let trun = boxes::find(found.bytes, "moof/traf/trun").unwrap().body;
        let flags = boxes::u32_at(trun, 0) & 0xff_ffff;
        // First-sample-flags stand third; a sync sample depends on no other.
        assert_eq!((flags & 0x404, boxes::u32_at(trun, 12)), (4, 0x0200_0000));
        fragments += 1;
    }
    let keyframes = probe(&path, "packet=flags").lines().filter(|line| line.starts_with('K')).count();
    assert_eq!(fragments, keyframes, "no keyframe comes sooner than a second here");
    assert!(fragments >= 5);
}

/// Records some frames, and ends without finishing as `end` says; gives what is left in the folder.
fn left_behind(folder: &Path, frames: u32, end: impl FnOnce(Movie)) -> Vec<PathBuf> {
    let settings = settings(25).expected_frames(100);
    let mut movie = Movie::create(folder.join("movie.mp4"), &settings).unwrap();
    for frame in 0..frames {
        movie.push(Frame::gray8(&picture(frame), WIDTH, HEIGHT)).unwrap();
    }
    end(movie);
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// What a panic while drawing leaves behind.
fn left_by_a_panic(folder: &Path, frames: u32) -> PathBuf {
    let drawn = |movie: Movie| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _movie = movie;
            std::panic::resume_unwind(Box::new("drawing failed"));
        }));
        assert!(panic.is_err());
    };
    let left = left_behind(folder, frames, drawn);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].extension().unwrap(), "part");
    left[0].clone()
}

#[test]
fn a_panic_while_drawing_costs_no_frame() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), 70);
    assert_eq!(hashes(&part).len(), 70);
    let recovered = kinetograph::recover(&part).unwrap();
    assert_eq!((recovered.frames, recovered.seconds, recovered.lost_bytes), (70, 2.8, 0));
    assert_eq!(hashes(&part).len(), 70);
    let top: Vec<_> = boxes::boxes(&std::fs::read(&part).unwrap()).iter().map(|found| found.name).collect();
    assert_eq!(top, [*b"ftyp", *b"moov", *b"mdat"]);
    assert_eq!(probe(&part, "stream=start_time,duration,nb_frames"), "0.000000,2.800000,70\n");
}

#[test]
fn a_movie_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(left_behind(folder.path(), 70, drop), Vec::<PathBuf>::new());
}

#[test]
#[cfg(unix)]
fn a_recording_that_is_under_way_is_not_recovered() {
    let folder = tempfile::tempdir().unwrap();
    left_behind(folder.path(), 70, |movie| {
        let part = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let error = kinetograph::recover(&part).unwrap_err();
        assert!(matches!(&error, Error::StillRecording { path, .. } if *path == part), "{error}");
        movie.finish().unwrap();
    });
    assert_eq!(hashes(&folder.path().join("movie.mp4")).len(), 70);
}

#[test]
fn damaged_and_hostile_files_are_recovered_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let part = left_by_a_panic(folder.path(), 60);
    let fragmented = folder.path().join("fragmented.mp4");
    record(&fragmented, &settings(25).layout(Layout::Fragmented).keyframe_interval(20), 60);
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
    record(&part, &settings(25).layout(Layout::AnnexB), 3);
    let error = kinetograph::recover(&part).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: it is not an MP4 file", part.display()));
    assert!(matches!(error, Error::Mp4 { reason: Mp4Error::NotMp4, .. }));
    assert!(matches!(kinetograph::recover(folder.path()), Err(Error::Io { .. })));
    assert!(matches!(kinetograph::recover(folder.path().join("none")), Err(Error::Io { .. })));
}

#[test]
#[cfg(unix)]
fn a_name_that_is_a_link_stands_for_what_it_leads_to_and_one_that_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere/real.mp4", at("link.mp4")).unwrap();
    // Once to a file that is not there yet, once to one that is.
    for _ in 0..2 {
        record(&at("link.mp4"), &settings(25), 3);
        assert!(std::fs::symlink_metadata(at("link.mp4")).unwrap().is_symlink());
        assert_eq!(hashes(&at("elsewhere/real.mp4")).len(), 3);
    }
    std::os::unix::fs::symlink("loop.mp4", at("loop.mp4")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(at("pipe.mp4")).status().unwrap();
    assert!(pipe.success());
    for (name, why) in [
        ("elsewhere", "it is a folder"),
        ("pipe.mp4", "it is not a regular file; use Movie::stream"),
        ("loop.mp4", "too many symbolic links"),
        ("..", "it is a folder"),
        ("nowhere/movie.mp4", "No such file or directory"),
        ("elsewhere/real.mp4/movie.mp4", "Not a directory"),
    ] {
        let error = Movie::create(at(name), &settings(25)).unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && judge::chain(&error).contains(why), "{name}: {error}");
    }
    let error = Movie::create("", &settings(25)).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    // Nothing was left behind, and a new file has the permissions that any new file has.
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["elsewhere", "link.mp4", "loop.mp4", "pipe.mp4"]);
    std::fs::write(at("usual"), "").unwrap();
    let permissions = |name: &str| std::fs::metadata(at(name)).unwrap().permissions();
    assert_eq!(permissions("elsewhere/real.mp4"), permissions("usual"));
    // A name as long as names can be.
    let long = format!("{}.mp4", "n".repeat(251));
    record(&at(&long), &settings(25), 1);
    assert_eq!(hashes(&at(&long)).len(), 1);
}
