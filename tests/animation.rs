//! Frame functions made into movies, as their users see it: ffmpeg reads back which frame was drawn.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kinetograph::{Animation, Error, Layout, Moment, Preset, Quality, Settings};
use tiny_skia::{Color, Paint, Pixmap, Rect, Transform};

mod judge;

type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Sides of a square that stands for one bit, and of the picture.
const CELL: u32 = 16;
const SIDE: u32 = 4 * CELL;

/// A picture that shows the frame's index as 16 black or white squares.
fn number(canvas: &mut Pixmap, frame: Moment) -> Drawn {
    for bit in (0..16).filter(|bit| frame.index() >> bit & 1 == 1) {
        let (x, y) = ((bit % 4 * CELL) as f32, (bit / 4 * CELL) as f32);
        let square = Rect::from_xywh(x, y, CELL as f32, CELL as f32).ok_or("no square")?;
        canvas.fill_rect(square, &Paint::default(), Transform::identity(), None);
    }
    Ok(())
}

/// The numbers that the pictures of a movie show, in the order ffmpeg shows them.
fn numbers(movie: &Path) -> Vec<u64> {
    let pictures = judge::decode_as(movie, "gray");
    let number = |picture: &[u8]| {
        let dark = |bit: &u32| picture[((bit / 4 * CELL + CELL / 2) * SIDE + bit % 4 * CELL + CELL / 2) as usize] < 128;
        (0..16).filter(dark).map(|bit| 1 << bit).sum()
    };
    pictures.chunks(SIDE as usize * SIDE as usize).map(number).collect()
}

fn settings() -> Settings {
    Settings::new(SIDE, SIDE).frame_rate(30).preset(Preset::Ultrafast)
}

/// More of x264: B-frames, scene cuts, lookahead.
fn thorough() -> Settings {
    settings().preset(Preset::Medium)
}

#[test]
fn decoded_frame_k_is_drawn_frame_k() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.mp4");
    for frames in (1..=20).chain(249..=252).chain(499..=501).chain([1000]) {
        let report = Animation::new(thorough(), frames, number).workers(3).save(&path).unwrap();
        assert_eq!(numbers(&path), (0..frames).collect::<Vec<_>>(), "{frames} frames");
        assert_eq!(report.frames, frames);
        assert_eq!(report.bytes, path.metadata().unwrap().len());
        assert_eq!(judge::ffprobe(&path, "nb_frames"), frames.to_string());
        assert_eq!(judge::ffprobe(&path, "start_time").parse(), Ok(0.0), "{frames} frames");
        let seconds: f64 = judge::ffprobe(&path, "duration").parse().unwrap();
        assert!((seconds - frames as f64 / 30.0).abs() < 1e-6, "{frames} frames play {seconds} s");
    }
}

#[test]
fn every_number_of_workers_gives_the_same_bytes() {
    for (name, settings, frames) in [
        ("parts", thorough(), 1100),
        ("one part", thorough(), 200),
        ("short groups", thorough().keyframe_interval(7), 600),
        ("all keyframes", settings().keyframe_interval(1), 501),
        ("bit rate", settings().quality(Quality::Bitrate(200)), 400),
        ("buffer", thorough().quality(Quality::Crf(20.0)).vbv(300, 300), 400),
        ("variable rate", thorough().variable_rate(true), 600),
    ] {
        let movie = |workers| Animation::new(settings.clone(), frames, number).workers(workers).to_bytes().unwrap();
        let first = movie(1);
        for workers in [1, 2, 3, 8, 64] {
            assert!(movie(workers) == first, "{name}: {workers} workers give other bytes");
        }
    }
}
