//! What a user sees of a movie that was pushed frame by frame.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use kinetograph::{
    Chroma, Error, Frame, FrameRate, Layout, Movie, OddSize, PixelFormat, Preset, Quality, Rotation, Settings,
    TimeError, Vbv,
};
use tiny_skia::{Color, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;

use judge::{example, listing};

/// A movie of grey frames at `path`.
fn grey_movie(path: &Path, settings: &Settings, frames: u32) -> kinetograph::Result<kinetograph::Report> {
    let mut movie = Movie::create(path, settings)?;
    for frame in 0..frames {
        let pixels = vec![(frame * 5 % 256) as u8; (settings.width() * settings.height()) as usize];
        movie.push(Frame::gray8(&pixels, settings.width(), settings.height()))?;
    }
    movie.finish()
}

/// The types of the boxes at the top of a file, in order.
fn top_boxes(movie: &Path) -> Vec<[u8; 4]> {
    boxes::boxes(&std::fs::read(movie).unwrap()).iter().map(|found| found.name).collect()
}

#[test]
fn the_demo_is_what_players_expect() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("demo.mp4");
    judge::run(example("demo").to_str().unwrap(), [&movie]);
    for (field, expected) in [
        ("codec_name", "h264"),
        ("profile", "High"),
        ("pix_fmt", "yuv420p"),
        ("width", "500"),
        ("height", "500"),
        ("nb_frames", "300"),
        ("nb_read_frames", "300"),
        ("r_frame_rate", "30/1"),
        ("avg_frame_rate", "30/1"),
        ("start_time", "0.000000"),
        ("duration", "10.000000"),
        ("color_space", "bt709"),
        ("color_transfer", "iec61966-2-1"),
        ("color_primaries", "bt709"),
        ("color_range", "tv"),
        ("sample_aspect_ratio", "1:1"),
    ] {
        assert_eq!(judge::ffprobe(&movie, field), expected, "{field}");
    }
    for (field, expected) in [
        ("Video;Format", "AVC"),
        ("Video;Width", "500"),
        ("Video;Height", "500"),
        ("Video;FrameCount", "300"),
        ("Video;Duration", "10000"),
        ("General;IsStreamable", "Yes"),
        ("Video;colour_primaries", "BT.709"),
        ("Video;transfer_characteristics", "sRGB/sYCC"),
        ("Video;matrix_coefficients", "BT.709"),
        ("Video;colour_range", "Limited"),
    ] {
        assert_eq!(judge::mediainfo(&movie, field), expected, "{field}");
    }
    let boxes = top_boxes(&movie);
    let place = |name| boxes.iter().position(|found| found == name).expect("the box");
    assert!(place(b"moov") < place(b"mdat"), "{boxes:?}");
}

#[test]
fn the_readme_and_the_front_page_show_the_example_that_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let hello = read("examples/hello.rs");
    let code = hello.split_once("\n\n").expect("a line that says what it is, then the code").1.trim_end();
    let readme = read("README.md");
    assert!(readme.contains(code));
    let page: Vec<_> =
        read("src/lib.rs").lines().map_while(|line| line.strip_prefix("//!").map(str::to_string)).collect();
    let page = page.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
    assert!(page.contains(code));
    // The front page's examples are doctests; so are the README's, then.
    let examples = readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    examples.flat_map(str::lines).for_each(|line| assert!(page.lines().any(|tested| tested == line), "{line}"));

    let folder = tempfile::tempdir().unwrap();
    let run = std::process::Command::new(example("hello")).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success() && said.starts_with("90 frames, 3.000 s, "), "{said}");
    assert_eq!(judge::ffprobe(&folder.path().join("hello.mp4"), "nb_read_frames"), "90");
}

#[test]
fn broadcast_rates_have_exact_durations() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("ntsc.mp4");
    let report = grey_movie(&movie, &Settings::new(32, 32).frame_rate(29.97), 300).unwrap();
    assert_eq!(judge::ffprobe(&movie, "duration"), "10.010000");
    assert_eq!(judge::ffprobe(&movie, "r_frame_rate"), "30000/1001");
    assert_eq!(report.seconds, 10.01);
}

#[test]
fn the_shortest_movies_and_the_oddest_sizes_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("small.mp4");
    for (frames, width, height) in
        [(1, 64, 48), (2, 64, 48), (3, 64, 48), (2, 1, 1), (3, 2, 2), (2, 4096, 16), (2, 33, 15)]
    {
        let report = grey_movie(&movie, &Settings::new(width, height), frames).unwrap();
        assert_eq!((report.width, report.height), (width.next_multiple_of(2), height.next_multiple_of(2)));
        assert_eq!(report.frames, u64::from(frames));
        assert_eq!(report.bytes, movie.metadata().unwrap().len());
        assert_eq!(judge::ffprobe(&movie, "nb_read_frames"), frames.to_string(), "{frames} of {width}×{height}");
        assert_eq!(judge::ffprobe(&movie, "width"), report.width.to_string());
        assert_eq!(judge::ffprobe(&movie, "height"), report.height.to_string());
        assert_eq!(judge::ffprobe(&movie, "start_time"), "0.000000");
        assert_eq!(judge::ffprobe(&movie, "duration"), format!("{:.6}", f64::from(frames) / 25.0));
    }
}

#[test]
fn a_movie_without_frames_is_a_clear_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let error = grey_movie(&folder.path().join("none.mp4"), &Settings::new(32, 32), 0).unwrap_err();
    assert!(matches!(error, Error::NoFrames), "{error}");
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn what_cannot_be_made_is_refused_with_value_and_limit_before_a_file_exists() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("refused.mp4");
    let sized = || Settings::new(64, 48);
    for (settings, message) in [
        (Settings::new(0, 48), "width is 0; it must be 1 to 16384"),
        (Settings::new(64, 16385), "height is 16385; it must be 1 to 16384"),
        (Settings::new(63, 48).odd_size(OddSize::Refuse), "width is 63; it must be even for chroma 420"),
        (
            sized().frame_rate((0, 1)),
            "frame_rate is 0; it must be 1/3600 to 1000000 frames per second, a fraction whose terms are at most 1000000",
        ),
        (
            sized().frame_rate(FrameRate::from(f64::NAN)),
            "frame_rate is NaN; it must be 1/3600 to 1000000 frames per second, a fraction whose terms are at most 1000000",
        ),
        (sized().quality(Quality::Crf(52.0)), "quality is crf=52; crf must be 0 to 51"),
        (sized().quality(Quality::Crf(f32::NAN)), "quality is crf=NaN; crf must be 0 to 51"),
        (sized().quality(Quality::Qp(52)), "quality is qp=52; qp must be 0 to 51"),
        (sized().quality(Quality::Bitrate(0)), "quality is bitrate=0; bitrate must be 1 to 2000000"),
        (
            sized().quality(Quality::Bitrate(500)).vbv(Vbv::new(400, 400)),
            "vbv is 400 kbit/s into 400 kbit; max_kbit_per_second must be at least the bitrate, 500",
        ),
        (
            sized().quality(Quality::Lossless).vbv(Vbv::new(400, 400)),
            "vbv is 400 kbit/s into 400 kbit; it needs a bit rate, or a rate factor that is not lossless",
        ),
        (
            Settings::new(16384, 16).pixel_aspect(3, 1).rotation(Rotation::Deg180),
            "pixel_aspect is 3:1; a frame of 16384×16 must have 1 to 32767 pixels when either side is scaled by it",
        ),
        (sized().keyframe_interval(0), "keyframe_interval is 0; it must be 1 to 100000"),
        (sized().threads(1000), "threads is 1000; it must be 1 to 128"),
        (sized().x264_option("colour", "red"), "x264 option \"colour\" is \"red\"; x264 has no option of that name"),
        (sized().x264_option("me", "best"), "x264 option \"me\" is \"best\"; x264 does not take that value"),
        (
            sized().x264_option("stats", "/etc/passwd"),
            "x264 option \"stats\" is \"/etc/passwd\"; it would read or write files",
        ),
        (sized().x264_option("no_annexb", "1"), "x264 option \"no_annexb\" is \"1\"; the crate decides it"),
    ] {
        let error = grey_movie(&movie, &settings, 1).unwrap_err();
        assert!(matches!(error, Error::Setting { .. } | Error::X264Option { .. }), "{error:?}");
        assert_eq!(error.to_string(), message);
        assert_eq!(listing(folder.path()), [""; 0], "after {message}");
    }
}

#[test]
fn a_frame_of_the_wrong_size_is_refused_and_the_movie_goes_on() {
    let mut movie = Movie::in_memory(&Settings::new(64, 48)).unwrap();
    let pixels = vec![0; 64 * 48];
    movie.push(Frame::gray8(&pixels, 64, 48)).unwrap();
    let error = movie.push(Frame::gray8(&pixels, 48, 64)).unwrap_err();
    assert_eq!(error.to_string(), "frame 1 is 48×64 pixels; the movie is 64×48");
    let error = movie.push(Frame::gray8(&pixels[1..], 64, 48)).unwrap_err();
    assert_eq!(error.to_string(), "the buffer is 3071 bytes; a 64×48 gray frame needs at least 3072");
    let error = movie.push(Frame::gray8(&pixels, 64, 48).stride(63)).unwrap_err();
    assert_eq!(error.to_string(), "the stride is 63 bytes; a 64×48 gray frame needs at least 64");
    let error = movie.push(Frame::gray8(&pixels, 64, 48).stride(usize::MAX)).unwrap_err();
    assert!(matches!(error, Error::FrameData { .. }), "{error}");
    movie.push(Frame::gray8(&pixels, 64, 48)).unwrap();
    let (_, report) = movie.finish().unwrap();
    assert_eq!(report.frames, 2);
}

/// An input of uneven pieces, in which some reads are interrupted, some fail, and some panic.
struct Uneven<'a> {
    bytes: &'a [u8],
    random: fastrand::Rng,
    faults: bool,
}

impl Read for Uneven<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.random.u8(..20) {
            0 => return Err(io::ErrorKind::Interrupted.into()),
            1 if self.faults => return Err(io::Error::other("unplugged")),
            2 if self.faults => panic!("unplugged"),
            _ => {}
        }
        let most = self.random.usize(1..100_000).min(buffer.len());
        self.bytes.read(&mut buffer[..most])
    }
}

#[test]
fn frames_read_from_any_input_are_the_frames_that_were_pushed() {
    // Of one band of rows, of many, of a band and one row more, of rows longer than a band.
    for (width, height, format) in [
        (33, 17, PixelFormat::Rgb8),
        (640, 360, PixelFormat::Rgba8),
        (1024, 65, PixelFormat::Bgra8Premultiplied),
        (16_000, 7, PixelFormat::Rgba8),
        (15, 16_001, PixelFormat::Gray8),
    ] {
        let bytes = width as usize * height as usize * format.bytes_per_pixel();
        let mut random = fastrand::Rng::with_seed(bytes as u64);
        let film: Vec<u8> = (0..3 * bytes).map(|_| random.u8(..)).collect();
        for chroma in [Chroma::Yuv420, Chroma::Yuv444] {
            let settings =
                Settings::new(width, height).quality(Quality::Lossless).preset(Preset::Ultrafast).chroma(chroma);
            let mut pushed = Movie::in_memory(&settings).unwrap();
            for frame in film.chunks(bytes) {
                pushed.push(Frame::new(frame, width, height, format)).unwrap();
            }
            let mut read = Movie::in_memory(&settings).unwrap();
            let mut input = Uneven { bytes: &film, random: random.fork(), faults: false };
            while read.push_from(&mut input, format).unwrap() {}
            assert!(read.finish().unwrap().0 == pushed.finish().unwrap().0, "{width}×{height} {format:?} {chroma}");
        }
    }
}

#[test]
fn an_input_that_fails_or_ends_inside_a_frame_costs_that_frame_and_the_movie_goes_on() {
    let (size, bytes) = ((1000, 101), 4 * 1000 * 101);
    let settings = Settings::new(size.0, size.1).preset(Preset::Ultrafast);
    let frame: Vec<u8> = (0..bytes).map(|at| (at / 3000) as u8).collect();
    let mut movie = Movie::in_memory(&settings).unwrap();
    let random = fastrand::Rng::with_seed(1);
    let mut input = Uneven { bytes: &[], random, faults: true };
    let (mut taken, mut failed, mut panicked) = (0, 0, 0);
    while taken < 10 {
        input.bytes = &frame;
        match catch_unwind(AssertUnwindSafe(|| movie.push_from(&mut input, PixelFormat::Rgba8))) {
            Ok(Ok(true)) => taken += 1,
            Ok(Err(Error::Io { doing, source, .. })) => {
                assert_eq!((&*doing, &*source.to_string()), ("reading a frame", "unplugged"));
                failed += 1;
            }
            Err(_) => panicked += 1,
            other => panic!("{other:?}"),
        }
    }
    // More often than there are planes that go round.
    assert!(failed > 3 && panicked > 3, "{failed} {panicked}");
    input.faults = false;
    for cut in [1, bytes / 2, bytes - 1] {
        input.bytes = &frame[..cut];
        match movie.push_from(&mut input, PixelFormat::Rgba8) {
            Err(Error::FrameData { got, needed, .. }) => assert_eq!((got, needed), (cut, bytes)),
            other => panic!("{other:?}"),
        }
    }
    assert!(!movie.push_from(io::empty(), PixelFormat::Rgba8).unwrap());
    let (film, report) = movie.finish().unwrap();
    assert_eq!(report.frames, 10);
    let mut pushed = Movie::in_memory(&settings).unwrap();
    for _ in 0..10 {
        pushed.push(Frame::rgba8(&frame, size.0, size.1)).unwrap();
    }
    assert!(film == pushed.finish().unwrap().0);
}

#[test]
fn an_earlier_movie_stays_whole_until_a_finished_one_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    std::fs::write(&path, "an earlier movie").unwrap();

    let settings = Settings::new(64, 48);
    let mut movie = Movie::create(&path, &settings).unwrap();
    movie.push(Frame::gray8(&[9; 64 * 48], 64, 48)).unwrap();
    assert_eq!(listing(folder.path()).len(), 2, "the film grows beside the final name");
    assert_eq!(std::fs::read(&path).unwrap(), b"an earlier movie");
    movie.push(Frame::gray8(&[9; 64 * 47], 64, 47)).unwrap_err();
    drop(movie);
    assert_eq!(listing(folder.path()), ["movie.mp4"], "a dropped movie leaves nothing");
    assert_eq!(std::fs::read(&path).unwrap(), b"an earlier movie");

    grey_movie(&path, &settings, 5).unwrap();
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "5");
    assert_eq!(listing(folder.path()), ["movie.mp4"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let error = grey_movie(Path::new("/proc/movie.mp4"), &Settings::new(32, 32), 1).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("/proc/movie.mp4"), "{error}");
    let error = grey_movie(Path::new("/nowhere/at/all/movie.mp4"), &Settings::new(32, 32), 1).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all/movie.mp4"), "{error}");
}

#[test]
fn times_must_increase_and_stay_countable() {
    let mut movie = Movie::in_memory(&Settings::new(16, 16).frame_rate(25).variable_rate(true)).unwrap();
    let grey = |level: u8| vec![level; 256];
    let error = movie.hold(1.0).unwrap_err();
    assert!(matches!(error, Error::Time { frame: 0, reason: TimeError::NoFrame, .. }), "{error}");
    movie.push_at(Frame::gray8(&grey(0), 16, 16), 5.0).unwrap();
    for (seconds, message) in [
        (5.0, "frame 1 at 5 s: it must be later than the frame before, at 5 s"),
        (4.0, "frame 1 at 4 s: it must be later than the frame before, at 5 s"),
        (-1.0, "frame 1 at -1 s: it must be a non-negative number of at most 2^53 ticks"),
        (f64::NAN, "frame 1 at NaN s: it must be a non-negative number of at most 2^53 ticks"),
        (f64::INFINITY, "frame 1 at inf s: it must be a non-negative number of at most 2^53 ticks"),
    ] {
        let error = movie.push_at(Frame::gray8(&grey(1), 16, 16), seconds).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let too_long = |error: &Error| matches!(error, Error::Time { frame: 1, reason: TimeError::TooLong { max_seconds, .. }, .. } if max_seconds.floor() == 1491.0);
    let error = movie.push_at(Frame::gray8(&grey(1), 16, 16), 1e6).unwrap_err();
    assert!(too_long(&error), "{error}");
    movie.push_at(Frame::gray8(&grey(2), 16, 16), 5.5).unwrap();
    let error = movie.hold(1e6).unwrap_err();
    assert!(matches!(error, Error::Time { frame: 2, .. }), "{error}");
    movie.hold(0.46).unwrap();
    let (_, report) = movie.finish().unwrap();
    assert_eq!((report.frames, report.seconds), (2, 1.0));
}

#[test]
fn times_given_after_frames_that_were_pushed_count_from_the_beginning() {
    let mut movie = Movie::in_memory(&Settings::new(16, 16).frame_rate(25)).unwrap();
    movie.push(Frame::gray8(&[0; 256], 16, 16)).unwrap();
    movie.push_at(Frame::gray8(&[9; 256], 16, 16), 5.0).unwrap();
    movie.push(Frame::gray8(&[0; 256], 16, 16)).unwrap();
    let error = movie.push_at(Frame::gray8(&[9; 256], 16, 16), 5.0).unwrap_err().to_string();
    assert_eq!(error, "frame 3 at 5 s: it must be later than the frame before, at 5.04 s");
    assert_eq!(movie.finish().unwrap().1.seconds, 5.08);
}

#[test]
fn a_smooth_drawn_scene_keeps_40_decibels_at_crf_18() {
    let settings = Settings::new(320, 240).quality(Quality::Crf(18.0)).layout(Layout::Progressive);
    let lossless = settings.clone().quality(Quality::Lossless);
    let folder = tempfile::tempdir().unwrap();
    let [lossy_path, exact_path] = ["lossy.mp4", "exact.mp4"].map(|name| folder.path().join(name));
    for (settings, path) in [(&settings, &lossy_path), (&lossless, &exact_path)] {
        let mut movie = Movie::create(path, settings).unwrap();
        (0..30).for_each(|frame| movie.push(&scene(frame)).unwrap());
        movie.finish().unwrap();
    }
    // Lossless film decodes to its planes (tests/pixels.rs), so it stands for them.
    let (lossy, exact) = (judge::decode(&lossy_path), judge::decode(&exact_path));
    assert_eq!(lossy.len(), 30 * 320 * 240 * 3 / 2);
    let squares: f64 = lossy.iter().zip(&exact).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    let psnr = 10.0 * (255.0f64.powi(2) * lossy.len() as f64 / squares).log10();
    assert!(psnr >= 40.0, "{psnr:.2} dB");
}

/// A gradient, a circle and a curve that move.
fn scene(frame: u32) -> Pixmap {
    let mut canvas = Pixmap::new(320, 240).unwrap();
    canvas.fill(Color::from_rgba8(245, 240, 230, 255));
    let mut paint = Paint::default();
    paint.set_color_rgba8(30, 90, 200, 255);
    let circle = PathBuilder::from_circle(60.0 + 5.0 * frame as f32, 120.0, 40.0).unwrap();
    canvas.fill_path(&circle, &paint, tiny_skia::FillRule::Winding, Transform::identity(), None);
    paint.set_color_rgba8(200, 60, 40, 200);
    canvas.fill_rect(Rect::from_xywh(20.0, 180.0, 280.0, 30.0).unwrap(), &paint, Transform::identity(), None);
    let mut curve = PathBuilder::new();
    curve.move_to(0.0, 100.0);
    (1..320).for_each(|x| curve.line_to(x as f32, 100.0 + 60.0 * ((x + 4 * frame) as f32 / 30.0).sin()));
    paint.set_color_rgba8(20, 20, 20, 255);
    canvas.stroke_path(
        &curve.finish().unwrap(),
        &paint,
        &Stroke { width: 2.0, ..Stroke::default() },
        Transform::identity(),
        None,
    );
    canvas
}
