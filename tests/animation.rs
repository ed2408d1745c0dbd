//! Frame functions that become movies: ffmpeg reads back which frame was drawn.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kinetograph::{Animation, Frame, FrameInfo, Phase, Progress, Quality, Vbv};
use tiny_skia::{Color, ColorU8, Paint, Pixmap, Rect, Transform};

mod judge;
#[path = "judge/numbers.rs"]
mod numbers;

use numbers::{SIDE, number, numbers, pictures, settings, thorough};

#[test]
fn decoded_frame_k_is_drawn_frame_k() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.mp4");
    for frames in (1..=20).chain(249..=252).chain(499..=501).chain([1000]) {
        let report = Animation::new(thorough(), frames, number).workers(3).save(&path).unwrap();
        assert_eq!(numbers(&path), (0..frames).collect::<Vec<_>>(), "{frames} frames");
        assert_eq!((report.frames, report.bytes), (frames, path.metadata().unwrap().len()));
        let seconds = frames as f64 / 30.0;
        let expected = format!("0.000000,{seconds:.6},{frames}");
        assert_eq!(judge::probe(&path, "stream=start_time,duration,nb_frames").trim_end(), expected);
    }
}

#[test]
fn every_number_of_workers_gives_the_same_bytes() {
    for (name, settings, frames) in [
        ("segments", thorough().keyframe_interval(126), 800),
        ("one segment", thorough(), 100),
        ("short groups", thorough().keyframe_interval(7), 500),
        ("all keyframes", settings().keyframe_interval(1), 501),
        ("bit rate", settings().quality(Quality::Bitrate(200)), 300),
        ("buffer", thorough().quality(Quality::Crf(20.0)).vbv(Vbv::new(300, 300)), 100),
        ("zones", settings().x264_option("zones", "100,200,q=10"), 300),
        ("variable rate", settings().variable_rate(true), 300),
    ] {
        let movie = |workers| Animation::new(settings.clone(), frames, number).workers(workers).into_bytes().unwrap().0;
        let first = movie(2);
        for workers in [1, 2, 3, 8, 64] {
            assert!(movie(workers) == first, "{name}: {workers} workers give other bytes");
        }
    }
}

#[test]
fn supplied_frames_make_the_same_movie_as_drawn_ones() {
    let drawn = Animation::new(thorough(), 600, number).into_bytes().unwrap().0;
    let pictures = pictures(600);
    let at = |frame: FrameInfo| pictures.get(frame.index() as usize).ok_or("no such picture");
    let lent = Animation::from_frames(thorough(), 600, |frame| Ok(Frame::from(at(frame)?)));
    assert!(lent.into_bytes().unwrap().0 == drawn);
    let owned = Animation::from_frames(thorough(), 600, |frame| Ok(at(frame)?.clone()));
    assert!(owned.into_bytes().unwrap().0 == drawn);
    let missing = Animation::from_frames(thorough(), 601, |frame| Ok(at(frame)?.clone()));
    assert_eq!(judge::chain(&missing.into_bytes().unwrap_err()), "drawing frame 600 failed: no such picture");
}

#[test]
fn every_frame_begins_on_a_fresh_canvas() {
    let grey = |canvas: &Pixmap| canvas.pixels().iter().all(|pixel| *pixel == canvas.pixels()[0]);
    let scribble = |canvas: &mut Pixmap, _: FrameInfo| {
        assert!(grey(canvas) && canvas.pixels()[0].demultiply() == ColorU8::from_rgba(1, 2, 3, 255));
        canvas.fill(Color::BLACK);
        Ok(())
    };
    Animation::new(settings().background([1, 2, 3]), 100, scribble).workers(2).into_bytes().unwrap();

    let mut layer = Pixmap::new(SIDE, SIDE).unwrap();
    layer.fill_rect(Rect::from_xywh(3.0, 4.0, 5.0, 6.0).unwrap(), &Paint::default(), Transform::identity(), None);
    let on_layer = |canvas: &mut Pixmap, _: FrameInfo| {
        assert!(*canvas == layer);
        canvas.fill(Color::BLACK);
        Ok(())
    };
    Animation::new(settings(), 100, on_layer).background(layer.clone()).workers(2).into_bytes().unwrap();
}

#[test]
fn each_worker_has_one_scratch() {
    let scratches = AtomicU64::new(0);
    let init = || scratches.fetch_add(1, Ordering::Relaxed);
    let draw = |_: &mut u64, canvas: &mut Pixmap, frame: FrameInfo| number(canvas, frame);
    Animation::with_scratch(settings(), 600, init, draw).workers(5).into_bytes().unwrap();
    assert!((1..=5).contains(&scratches.load(Ordering::Relaxed)));
}

#[test]
fn frame_times_are_exact() {
    let rate = settings().frame_rate((30000, 1001));
    let check = |_: &mut Pixmap, frame: FrameInfo| {
        assert_eq!(frame.seconds(), (frame.index() * 1001) as f64 / 30000.0);
        assert_eq!(frame.count(), 301);
        assert_eq!(frame.fraction(), frame.index() as f64 / 300.0);
        Ok(())
    };
    Animation::new(rate, 301, check).into_bytes().unwrap();
}

#[test]
fn progress_is_reported_until_the_end() {
    let mut reports: Vec<Progress> = Vec::new();
    let slow = |canvas: &mut Pixmap, frame: FrameInfo| {
        std::thread::sleep(Duration::from_millis(2));
        number(canvas, frame)
    };
    let begin = Instant::now();
    let movie = Animation::new(thorough(), 600, slow).on_progress(|progress| reports.push(progress.clone()));
    let bytes = movie.workers(2).into_bytes().unwrap().0.len() as u64;
    let tenths = begin.elapsed().as_secs_f64() / 0.1;
    let count = reports.len();
    assert!(count >= 4 && count as f64 <= tenths + 2.0, "{count} reports in {tenths} tenths of a second");
    for pair in reports.windows(2) {
        let [before, after] = pair else { unreachable!() };
        assert!(after.drawn >= before.drawn && after.encoded >= before.encoded && after.written >= before.written);
        assert!(after.elapsed > before.elapsed && before.phase != Phase::Finished);
        assert!(before.written <= before.encoded && before.encoded <= before.drawn && before.drawn <= 600);
    }
    let last = reports.last().unwrap();
    assert_eq!((last.drawn, last.encoded, last.written, last.frames), (600, 600, 600, 600));
    assert!(last.phase == Phase::Finished && last.bytes < bytes && last.bytes > bytes / 2);
}
