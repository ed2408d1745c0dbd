//! What a movie says of itself: tags, times, rotation, pixel aspect, and the facts of its stream.

use std::time::{Duration, SystemTime};

use kinetograph::{BitDepth, Chroma, Frame, Layout, Movie, Preset, Rotation, Settings, Tag};

#[path = "judge/boxes.rs"]
mod boxes;
mod clips;
mod judge;

use clips::{HEIGHT, WIDTH, push, record, settings};

/// Settings with tags, of a movie made at 2001-09-09 01:46:40 UTC.
fn tagged() -> Settings {
    settings()
        .title("Wärme & Fluss — 热")
        .tag(Tag::Artist, "Anna")
        .tag(Tag::Comment, "first\nsecond")
        .tag(Tag::Date, "2026-03-01")
        .tag(Tag::Copyright, "© nobody")
        .tag(Tag::Encoder, "plotter 2")
        .tag(Tag::Key(*b"\xa9alb"), "Plots")
        .tag(Tag::Key(*b"desc"), "what it shows")
        .tag(Tag::Key(*b"Xtra"), "any key")
        .creation_time(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
}

#[test]
fn tags_and_times_are_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        record(&path, &tagged().layout(layout), 3);
        let arguments = ["-v", "error", "-show_entries", "format_tags", "-of", "flat", path.to_str().unwrap()];
        let out = String::from_utf8(judge::run("ffprobe", arguments)).unwrap();
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
            // Strings are quoted as in Rust.
            let line = format!("format.tags.{name}={text:?}");
            assert!(out.lines().any(|found| found == line), "{line}, {layout}: {out}");
        }
    }
    // A key whose value players read as a number.
    let error = settings().tag(Tag::Key(*b"trkn"), "3").validate().unwrap_err();
    assert_eq!(error.to_string(), "tag is trkn; its value is not text; use another key");
}

#[test]
#[cfg(unix)] // no package has a mediainfo for Windows
fn mediainfo_reads_tags_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        record(&path, &tagged().layout(layout), 3);
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
    // Nothing says when a movie was made unless asked, so that equal frames make equal files.
    record(&path, &settings(), 3);
    assert_eq!(judge::mediainfo(&path, "General;Encoded_Date"), "");
    let encoder = concat!("kinetograph ", env!("CARGO_PKG_VERSION"));
    assert_eq!(judge::mediainfo(&path, "General;Encoded_Application"), encoder);
}

#[test]
fn rotation_and_pixel_aspect_reach_players() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // White at the top left, black elsewhere.
    let mut marked = vec![0; (WIDTH * HEIGHT) as usize];
    for y in 0..8 {
        marked[(y * WIDTH) as usize..][..8].fill(255);
    }
    for (rotation, corner, degrees) in [
        (Rotation::None, (0, 0), "0.000"),
        (Rotation::Deg90, (1, 0), "90.000"),
        (Rotation::Deg180, (1, 1), "180.000"),
        (Rotation::Deg270, (0, 1), "270.000"),
    ] {
        let settings = settings().rotation(rotation).pixel_aspect(4, 3);
        let mut movie = Movie::create(&path, &settings).unwrap();
        movie.push(Frame::gray8(&marked, WIDTH, HEIGHT)).unwrap();
        movie.finish().unwrap();
        assert_eq!(judge::ffprobe(&path, "sample_aspect_ratio"), "4:3");
        // No package has a mediainfo for Windows.
        if cfg!(unix) {
            assert_eq!(judge::mediainfo(&path, "Video;PixelAspectRatio"), "1.333");
            assert_eq!(judge::mediainfo(&path, "Video;Rotation"), degrees);
        }
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

/// What the crate says of the stream it takes from the settings; ffprobe reads the stream's own parameter sets.
#[test]
fn boxes_say_what_the_parameter_sets_say() {
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
            let entry = boxes::find(&bytes, "moov/trak/mdia/minf/stbl/stsd/avc1").unwrap().body;
            let [width, height] = [24, 26].map(|at| u16::from_be_bytes([entry[at], entry[at + 1]]));
            let probed = judge::probe(&path, "stream=width,height,has_b_frames,pix_fmt");
            let (numbers, format) = probed.trim_end().rsplit_once(',').unwrap();
            assert_eq!(numbers, format!("{width},{height},{reordered}"), "{settings:?}");
            let avcc = boxes::table(&bytes, "avcC");
            let [.., chroma_format, luma, color, 0] = *avcc else { panic!("{avcc:?}") };
            let sampling = ["", "yuv420p", "yuv422p", "yuv444p"][usize::from(chroma_format & 3)];
            assert!(!sampling.is_empty() && format.starts_with(sampling), "{format}, {settings:?}");
            assert_eq!((luma & 7, color & 7), (bit_depth.bits() - 8, bit_depth.bits() - 8));
            assert_eq!(format.contains("10le"), bit_depth == BitDepth::Ten, "{format}");
        }
    }
}

#[test]
fn any_text_can_be_a_tag_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let long = "long ".repeat(200_000);
    for text in ["", "Ωμέγα — 終わり 🎬", "line\nline", "\u{202e}right to left", "\u{feff}mark", "%s %n", &long]
    {
        let mut movie = Movie::create(&path, &settings().title(text).tag(Tag::Comment, text)).unwrap();
        push(&mut movie, 0).unwrap();
        movie.finish().unwrap();
        assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "1");
        let bytes = std::fs::read(&path).unwrap();
        let item = [b"data\0\0\0\x01\0\0\0\0", text.as_bytes()].concat();
        assert!(bytes.windows(item.len()).filter(|window| *window == item).count() >= 2, "{text:.20}");
    }
    let odd = settings().tag(Tag::Key(*b"\0\0\0\0"), "nameless").tag(Tag::Key(*b"moov"), "misnamed");
    let mut movie = Movie::create(&path, &odd).unwrap();
    push(&mut movie, 0).unwrap();
    movie.finish().unwrap();
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "1");
    let much = "x".repeat(1 << 20);
    let long = settings().title(much.clone() + "x");
    let many = (0..20).fold(settings(), |settings, key| settings.tag(Tag::Key([b'k', b'e', b'y', key]), much.clone()));
    for (settings, message) in [
        (long, "tag is title; its text has 1048577 bytes; at most 1048576 are allowed"),
        (many, "tag is key\\u{f}; with it all tags have 16777600 bytes; at most 16777216 are allowed"),
    ] {
        let Err(error) = Movie::in_memory(&settings) else { panic!("too much text is taken") };
        assert_eq!(error.to_string(), message);
    }
}
