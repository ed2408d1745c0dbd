//! Movies that are pushed frame by frame, as ffprobe and ffmpeg see them.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use kinetograph::{Chroma, Error, Frame, Layout, Movie, PixelFormat, Preset, Quality, Settings};
use tiny_skia::{Color, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

mod judge;

/// Makes a movie of grey frames at `path`.
fn grey_movie(path: &Path, settings: &Settings, frames: u32) -> kinetograph::Result<kinetograph::Report> {
    let mut movie = Movie::create(path, settings)?;
    for frame in 0..frames {
        let pixels = vec![(frame * 5 % 256) as u8; (settings.width() * settings.height()) as usize];
        movie.push(Frame::gray8(&pixels, settings.width(), settings.height()))?;
    }
    movie.finish()
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
fn short_movies_and_odd_sizes_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("small.mp4");
    for (frames, width, height) in
        [(1, 64, 48), (2, 64, 48), (3, 64, 48), (2, 1, 1), (3, 2, 2), (2, 4096, 16), (2, 33, 15)]
    {
        let report = grey_movie(&movie, &Settings::new(width, height), frames).unwrap();
        assert_eq!((report.width, report.height), (width.next_multiple_of(2), height.next_multiple_of(2)));
        assert_eq!(report.frames, u64::from(frames));
        assert_eq!(report.bytes, movie.metadata().unwrap().len());
        let probed = judge::ffprobe(&movie, "width,height,start_time,duration,nb_read_frames");
        let duration = f64::from(frames) / 25.0;
        let expected = format!("{}\n{}\n0.000000\n{duration:.6}\n{frames}", report.width, report.height);
        assert_eq!(probed, expected, "{frames} of {width}×{height}");
    }
}

/// An input that gives a random number of bytes at a time. Some reads are interrupted; with `faults`, some fail or panic.
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
fn push_from_makes_the_same_movie_as_push() {
    // One band of rows, many, one band and one row, rows longer than a band.
    for (width, height, format) in [
        (33, 17, PixelFormat::Rgb8),
        (640, 360, PixelFormat::Rgba8),
        (1024, 65, PixelFormat::Bgra8Premultiplied),
        (16_000, 7, PixelFormat::Rgba8),
        (15, 16_001, PixelFormat::Gray8),
    ] {
        let bytes = width as usize * height as usize * format.bytes_per_pixel();
        let mut random = fastrand::Rng::with_seed(bytes as u64);
        let frames: Vec<u8> = (0..3 * bytes).map(|_| random.u8(..)).collect();
        for chroma in [Chroma::Yuv420, Chroma::Yuv444] {
            let settings =
                Settings::new(width, height).quality(Quality::Lossless).preset(Preset::Ultrafast).chroma(chroma);
            let mut pushed = Movie::in_memory(&settings).unwrap();
            for frame in frames.chunks(bytes) {
                pushed.push(Frame::new(frame, width, height, format)).unwrap();
            }
            let mut read = Movie::in_memory(&settings).unwrap();
            let mut input = Uneven { bytes: &frames, random: random.fork(), faults: false };
            while read.push_from(&mut input, format).unwrap() {}
            assert!(read.finish().unwrap().0 == pushed.finish().unwrap().0, "{width}×{height} {format:?} {chroma}");
        }
    }
}

#[test]
fn a_failed_read_costs_one_frame_and_the_movie_continues() {
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
    // More often than there are planes to reuse: none got lost.
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
    let (read, report) = movie.finish().unwrap();
    assert_eq!(report.frames, 10);
    let mut pushed = Movie::in_memory(&settings).unwrap();
    for _ in 0..10 {
        pushed.push(Frame::rgba8(&frame, size.0, size.1)).unwrap();
    }
    assert!(read == pushed.finish().unwrap().0);
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
    // A lossless movie decodes to the planes that were encoded (tests/pixels.rs), so it stands for them.
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
