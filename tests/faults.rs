//! What a user's program can do to a movie: panics at every stage, numbers that nobody expects.

use std::panic::{catch_unwind, panic_any};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use kinetograph::{Animation, Error, Frame, FrameRate, Layout, Movie, Settings, Vbv};

mod child;
mod clips;
mod judge;

use clips::{in_memory, push, settings};
use judge::listing;

/// The one unfinished file in a folder.
fn unfinished(folder: &Path) -> PathBuf {
    match &*listing(folder) {
        [name] if name.ends_with(".part") => folder.join(name),
        names => panic!("{names:?}"),
    }
}

/// The message of a panic.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|text| &**text)).unwrap_or("")
}

#[test]
fn a_panic_while_drawing_keeps_every_frame_pushed() {
    for layout in [Layout::CrashSafe, Layout::Fragmented, Layout::AnnexB] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("movie");
        let settings = settings().layout(layout);
        let unwound = catch_unwind(|| {
            let mut movie = Movie::create(&path, &settings).unwrap();
            (0..17).for_each(|frame| push(&mut movie, frame).unwrap());
            panic_any("a drawing that fails");
        });
        assert_eq!(said(&*unwound.unwrap_err()), "a drawing that fails");
        assert_eq!(judge::ffprobe(&unfinished(folder.path()), "nb_read_frames"), "17", "{layout}");
    }
}

#[test]
fn movies_can_be_dropped_at_every_stage_on_any_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie");
    for layout in Layout::ALL {
        for frames in [0, 1, 2, 5, 60] {
            let make = || {
                let mut movie = Movie::create(&path, &settings().layout(*layout)).unwrap();
                (0..frames).for_each(|frame| push(&mut movie, frame).unwrap());
                movie
            };
            drop(make());
            let movie = make();
            thread::spawn(move || drop(movie)).join().unwrap();
            let mut movie = make();
            movie.push(Frame::gray8(&[], 1, 1)).unwrap_err();
            movie.hold(f64::NAN).unwrap_err();
            let half = thread::spawn(move || {
                push(&mut movie, frames).unwrap();
                movie
            });
            drop(half.join().unwrap());
            assert_eq!(listing(folder.path()), [""; 0], "{layout} after {frames} frames");
        }
    }
    // Dropped by a panic, a movie without frames leaves nothing either.
    let movie = Movie::create(&path, &settings()).unwrap();
    thread::spawn(move || {
        let _owned = movie;
        panic_any(());
    })
    .join()
    .unwrap_err();
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn a_logger_that_panics_disturbs_nothing() {
    struct Panicking;
    impl log::Log for Panicking {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, _: &log::Record<'_>) {
            panic_any("the logger panics");
        }
        fn flush(&self) {}
    }
    if child::role().is_none() {
        let outcome =
            child::run("a_logger_that_panics_disturbs_nothing", "log", &[], Path::new("."), Duration::from_secs(60));
        assert!(outcome.passed(), "{outcome}");
        return;
    }
    std::panic::set_hook(Box::new(|_| {}));
    let silent = in_memory(&settings(), 30);
    log::set_logger(&Panicking).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    assert!(in_memory(&settings(), 30) == silent);
    let Err(error) = Movie::in_memory(&settings().x264_option("cll", "70000,1")) else { panic!("x264 takes it") };
    assert!(error.to_string().contains("content light levels out of range"), "{error}");
}

#[test]
fn extreme_numbers_are_typed_errors_or_right() {
    let base = || Settings::new(16, 16).threads(1);
    let refused = |settings: Settings| {
        assert!(matches!(settings.validate(), Err(Error::Setting { .. })), "{settings:?}");
        assert!(matches!(Movie::in_memory(&settings), Err(Error::Setting { .. })));
    };
    for side in [0, 16_385, u32::MAX] {
        refused(Settings::new(side, 16));
        refused(Settings::new(16, side));
    }
    for rate in [(0, 0), (0, 1), (1, 0), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX - 1), (1, 3601)] {
        refused(base().frame_rate(rate));
    }
    for rate in [f64::NAN, f64::INFINITY, -1.0, 0.0, -0.0, 1e300, 1e-300, f64::MIN_POSITIVE] {
        refused(base().frame_rate(rate));
    }
    for seconds in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e300] {
        refused(base().fragment_seconds(seconds));
    }
    refused(base().frame_rate((1, 3600)).variable_rate(true));
    refused(base().pixel_aspect(0, 1));
    refused(base().pixel_aspect(u32::MAX, 1));
    refused(base().pixel_aspect(17, 1));
    refused(base().pixel_aspect(1, 17));
    refused(Settings::new(16_384, 16).pixel_aspect(4, 1));
    refused(base().vbv(Vbv::new(u32::MAX, 1)));
    refused(base().keyframe_interval(u32::MAX));
    refused(base().threads(u32::MAX));

    // What is only extreme makes a movie that says so.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // Near the ends of what the system's clock counts to; that of Windows begins in 1601.
    let late = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 39);
    let early = SystemTime::UNIX_EPOCH - Duration::from_secs(if cfg!(windows) { 1 << 33 } else { 1 << 40 });
    for (settings, seconds) in [
        (base().frame_rate((1, 3600)), "7200.000000"),
        (base().frame_rate((1, 87)).variable_rate(true), "174.000000"),
        (base().frame_rate(1_000_000), "0.000002"),
        (base().frame_rate((999_999, 1_000_000)), "2.000002"),
        (base().frame_rate(1).expected_frames(u64::MAX), "2.000000"),
        (base().frame_rate(1).creation_time(late), "2.000000"),
        (base().frame_rate(1).creation_time(early), "2.000000"),
        (base().frame_rate(1).pixel_aspect(65_535, 65_534), "2.000000"),
        (base().frame_rate(1).pixel_aspect(16, 1), "2.000000"),
        (base().frame_rate(1).pixel_aspect(1, 16), "2.000000"),
        (base().frame_rate(1).fragment_seconds(3600.0), "2.000000"),
    ] {
        let mut movie = Movie::create(&path, &settings).unwrap();
        movie.push(Frame::gray8(&[0; 256], 16, 16)).unwrap();
        movie.push(Frame::gray8(&[255; 256], 16, 16)).unwrap();
        movie.finish().unwrap();
        assert_eq!(judge::ffprobe(&path, "duration"), seconds, "{settings:?}");
        assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "2", "{settings:?}");
    }

    let mut movie = Movie::in_memory(&base().frame_rate(FrameRate::from(1_000_000)).variable_rate(true)).unwrap();
    let grey = [7; 256];
    movie.push_at(Frame::gray8(&grey, 16, 16), 0.0).unwrap();
    for seconds in [f64::MAX, -f64::MAX, f64::NAN, f64::INFINITY, 1e16, 9_007_199_254.740_993, -1e-3] {
        let error = movie.push_at(Frame::gray8(&grey, 16, 16), seconds).unwrap_err();
        assert!(matches!(error, Error::Time { .. }), "{error:?}");
        let error = movie.hold(seconds).unwrap_err();
        assert!(matches!(error, Error::Hold { .. }), "{error:?}");
    }
    for (width, height) in [(u32::MAX, u32::MAX), (0, 0), (u32::MAX, 0), (0, u32::MAX), (16, 0)] {
        for stride in [0, 1, usize::MAX, usize::MAX / 2] {
            movie.push(Frame::rgba8(&[0; 1024], width, height).stride(stride)).unwrap_err();
        }
    }
    assert_eq!(movie.finish().unwrap().1.frames, 1);

    for frames in [0, u64::MAX, 1 << 32] {
        let error = Animation::new(base(), frames, |_, _| Ok(())).into_bytes().unwrap_err();
        assert!(matches!(error, Error::NoFrames | Error::Setting { .. }), "{error:?}");
    }
}

#[test]
fn the_longest_frames_with_the_deepest_reordering_play() {
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        for (rate, variable, gap) in [((1, 3600), false, 3600.0), ((1, 87), true, 87.0), ((1, 87), true, 1491.0)] {
            let deep = Settings::new(32, 32).frame_rate(rate).variable_rate(variable).layout(layout);
            let deep = deep.x264_option("bframes", 16).x264_option("b-adapt", 0).x264_option("scenecut", 0);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("movie.mp4");
            let mut movie = Movie::create(&path, &deep).unwrap();
            for frame in 0..60 {
                // At the longest gaps, every other one of the usual length, so that the two follow one another.
                let seconds = if gap > 1000.0 && variable {
                    f64::from(frame / 2) * (gap + 87.0) + f64::from(frame % 2) * 87.0
                } else {
                    f64::from(frame) * gap
                };
                movie.push_at(Frame::gray8(&[frame; 1024], 32, 32), seconds).unwrap();
            }
            movie.finish().unwrap();
            assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "60", "{rate:?} {gap} {layout}");
            assert_eq!(judge::ffprobe(&path, "start_time"), "0.000000", "{rate:?} {gap} {layout}");
        }
    }
}
