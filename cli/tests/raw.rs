//! Raw frames, from a file or from standard input.

use std::path::Path;

use kinetograph::{FrameRate, Layout, Movie, PixelFormat, Preset, Quality, Settings};

#[path = "../../tests/judge/mod.rs"]
mod judge;
mod program;

use program::{fail, failure, feed, run, text};

const WIDTH: u32 = 48;
const HEIGHT: u32 = 32;
const FRAMES: usize = 10;

fn pixels(format: PixelFormat) -> Vec<u8> {
    let bytes = FRAMES * (WIDTH * HEIGHT) as usize * format.bytes_per_pixel();
    (0..bytes).map(|at| (at / 7 * (at / 9000 + 3)) as u8).collect()
}

/// The movie that the library makes of the frames.
fn movie(settings: &Settings, format: PixelFormat) -> Vec<u8> {
    let mut movie = Movie::in_memory(settings).unwrap();
    let mut input = &*pixels(format);
    while movie.push_from(&mut input, format).unwrap() {}
    movie.finish().unwrap().0
}

/// Settings as those of `ARGUMENTS`. A file knows how many frames there will be; see tests/clips for the macroblock tree.
fn settings() -> Settings {
    Settings::new(WIDTH, HEIGHT).threads(1).x264_option("mbtree", 0).layout(Layout::Progressive)
}

const ARGUMENTS: [&str; 9] =
    ["encode", "--size", "48x32", "--threads", "1", "--x264", "mbtree=0", "--layout", "progressive"];

fn encode<'a>(options: &[&'a str], paths: [&'a str; 2]) -> Vec<&'a str> {
    [&ARGUMENTS, options, &paths].concat()
}

#[test]
fn every_format_by_every_name_is_what_the_library_makes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (text(folder.path(), "frames"), text(folder.path(), "movie.mp4"));
    for (format, names) in [
        (PixelFormat::Rgba8, &["rgba", "rgba8", "rgba32"][..]),
        (PixelFormat::Rgba8Premultiplied, &["rgba-premultiplied", "rgba8-premultiplied"]),
        (PixelFormat::Bgra8, &["bgra", "bgra8", "bgra32"]),
        (PixelFormat::Bgra8Premultiplied, &["bgra-premultiplied", "bgra8-premultiplied"]),
        (PixelFormat::Rgb8, &["rgb", "rgb8", "rgb24"]),
        (PixelFormat::Gray8, &["gray", "gray8", "grey", "grey8", "y8"]),
    ] {
        std::fs::write(&input, pixels(format)).unwrap();
        let expected = movie(&settings(), format);
        for name in names {
            run(encode(&["--format", name], [&input, &output]));
            assert!(std::fs::read(&output).unwrap() == expected, "{name}");
        }
    }
    let help = String::from_utf8(run(["encode", "--help"])).unwrap();
    for name in ["rgba", "rgba8", "rgb24", "bgra", "gray8", "grey"] {
        assert!(help.contains(name), "{name}: {help}");
    }
}

#[test]
fn options_are_those_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (text(folder.path(), "frames"), text(folder.path(), "movie.mp4"));
    std::fs::write(&input, pixels(PixelFormat::Rgba8)).unwrap();
    for (options, settings) in [
        ("--fps 29.97 --crf 30", settings().frame_rate(FrameRate::from((30000, 1001))).quality(Quality::Crf(30.0))),
        ("--qp 30 --preset veryfast", settings().quality(Quality::Qp(30)).preset(Preset::Veryfast)),
        (
            "--bitrate 300 --tune animation",
            settings().quality(Quality::Bitrate(300)).tune(kinetograph::Tune::Animation),
        ),
        ("--lossless --chroma 444", settings().quality(Quality::Lossless).chroma(kinetograph::Chroma::Yuv444)),
        ("--crf -3 --bit-depth 10", settings().quality(Quality::Crf(-3.0)).bit_depth(kinetograph::BitDepth::Ten)),
        (
            "--matrix bt601 --range full --primaries bt470bg --transfer smpte170m",
            settings().color_space(kinetograph::ColorSpace {
                matrix: kinetograph::Matrix::Bt601,
                range: kinetograph::Range::Full,
                primaries: kinetograph::Primaries::Bt601Lines625,
                transfer: kinetograph::Transfer::Bt601,
            }),
        ),
        ("--background 102030", settings().background([16, 32, 48])),
        ("--pixel-aspect 4:3 --rotation 90", settings().pixel_aspect(4, 3).rotation(kinetograph::Rotation::Deg90)),
        ("--keyframe-interval 4 --level 3", settings().keyframe_interval(4).level(kinetograph::Level::L3)),
        ("--profile main --title Waves", settings().profile(kinetograph::Profile::Main).title("Waves")),
        ("--x264 bframes=0 --x264 ref=2", settings().x264_option("bframes", 0).x264_option("ref", 2)),
    ] {
        let options: Vec<&str> = options.split(' ').collect();
        run(encode(&options, [&input, &output]));
        assert!(std::fs::read(&output).unwrap() == movie(&settings, PixelFormat::Rgba8), "{options:?}");
    }
}

#[test]
fn the_name_says_the_layout() {
    let folder = tempfile::tempdir().unwrap();
    let input = text(folder.path(), "frames");
    std::fs::write(&input, pixels(PixelFormat::Gray8)).unwrap();
    let begins = |name: &str, bytes: &[u8]| {
        let output = text(folder.path(), name);
        run(["encode", "--size", "48x32", "--format", "gray", &input, &output]);
        let movie = std::fs::read(&output).unwrap();
        assert!(movie.starts_with(bytes), "{name}");
        assert_eq!(judge::ffprobe(Path::new(&output), "nb_read_frames"), "10", "{name}");
    };
    begins("movie.264", b"\0\0\0\x01");
    begins("movie.H264", b"\0\0\0\x01");
    begins("movie.mp4", b"\0\0\0\x28ftypisom");
    begins("movie.m4v", b"\0\0\0\x28ftypisom");
}

#[test]
fn pipes_on_both_sides_make_a_fragmented_movie() {
    let folder = tempfile::tempdir().unwrap();
    let frames = pixels(PixelFormat::Gray8);
    let output = feed(["encode", "--size", "48x32", "--format", "gray", "-", "-"], &frames);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let path = folder.path().join("movie.mp4");
    std::fs::write(&path, &output.stdout).unwrap();
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "10");
    assert_eq!(kinetograph::MovieInfo::open(&path).unwrap().layout, Layout::Fragmented);
}

#[test]
fn frames_before_a_cut_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let output = text(folder.path(), "movie.mp4");
    let frames = pixels(PixelFormat::Gray8);
    let cut = feed(["encode", "--size", "48x32", "--format", "gray", "-", &output], &frames[..5000]);
    let error = failure(&cut);
    let text = "standard input, frame 3: the remainder of the input is 392 bytes; a 48×32 gray frame needs at least 1536; \
                the movie ends before it: 3 frames, 0.120 s, ";
    assert!(error.starts_with(text), "{error}");
    assert_eq!(judge::ffprobe(Path::new(&output), "nb_read_frames"), "3");
}

#[test]
fn what_cannot_be_is_refused_before_a_file_exists() {
    let folder = tempfile::tempdir().unwrap();
    let (input, movie) = (text(folder.path(), "frames"), text(folder.path(), "movie.mp4"));
    std::fs::write(&input, pixels(PixelFormat::Gray8)).unwrap();
    let at = |name: &str| text(folder.path(), name);
    let names = ".mp4 or .m4v, or as .264 or .h264 in the layout annexb";
    for (arguments, error) in [
        (
            vec!["--size", "48x32", &input, &at("movie.gif")],
            format!("path is {:?}; a movie can be written as {names}", at("movie.gif")),
        ),
        (vec!["--size", "48x0", &input, &movie], "height is 0; it must be 1 to 16384".into()),
        (vec!["--size", "48x32", "--crf", "52", &input, &movie], "quality is crf=52; crf must be 0 to 51".into()),
        (
            vec!["--size", "48x32", &at("none"), &movie],
            format!("reading {}: No such file or directory (os error 2)", at("none")),
        ),
        (vec!["--size", "48x32", &input, &input, &movie], "raw frames are one file; join the files with cat".into()),
        (
            vec!["--size", "48x32", "--x264", "stats=x", &input, &movie],
            "x264 option \"stats\" is \"x\"; it would read or write files".into(),
        ),
        (vec![&input, &movie], format!("{input} is neither a picture nor a Y4M; raw frames need --size")),
        (vec!["-", &movie], "standard input is no Y4M; raw frames need --size and --fps".into()),
        (
            vec!["--size", "48x32", &input, &at("none/movie.mp4")],
            format!("creating {}: there is no folder {}", at("none/movie.mp4"), at("none")),
        ),
    ] {
        assert_eq!(fail([vec!["encode"], arguments].concat()), error);
        assert_eq!(judge::listing(folder.path()), ["frames"], "{error}");
    }
    std::fs::write(at("empty"), "").unwrap();
    assert_eq!(fail(["encode", "--size", "48x32", &at("empty"), &movie]), format!("{} has no frames", at("empty")));
    assert_eq!(judge::listing(folder.path()), ["empty", "frames"]);
}
