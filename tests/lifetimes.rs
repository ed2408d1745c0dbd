//! Encoders that end at every stage of their lives, under valgrind.

use std::path::Path;
use std::time::Duration;

use kinetograph::{Animation, BitDepth, Chroma, Error, Frame, Movie, Quality, Settings, Vbv};
use tiny_skia::Color;

mod child;

/// Pushes `frames` into a movie, and finishes or drops it, on this thread or on another.
fn movie(settings: &Settings, frames: usize, finish: bool) {
    let (width, height) = (settings.width(), settings.height());
    let mut movie = Movie::in_memory(settings).unwrap();
    for frame in 0..frames {
        let pixels: Vec<u8> = (0..(width * height) as usize).map(|at| (at * (frame + 1) % 97) as u8).collect();
        movie.push(Frame::gray8(&pixels, width, height)).unwrap();
    }
    let end = move || match finish {
        true if frames == 0 => assert!(matches!(movie.finish(), Err(Error::NoFrames))),
        true => assert_eq!(movie.finish().unwrap().1.frames, frames as u64),
        false => drop(movie),
    };
    match frames % 2 {
        0 => end(),
        _ => std::thread::spawn(end).join().unwrap(),
    }
}

/// Encodes the second segment of an animation, whose first pictures point to separate parameters, up to a frame
/// that cannot be drawn.
fn segment(settings: &Settings, drawn: u64) {
    // Two segments, of 68 and 69 frames.
    let animation = Animation::new(settings.clone().keyframe_interval(126), 137, |canvas, frame| {
        if frame.index() >= 68 + drawn {
            return Err("it cannot be drawn".into());
        }
        canvas.fill(Color::from_rgba8((frame.index() * 3) as u8, 80, 160, 255));
        Ok(())
    })
    .workers(1);
    assert_eq!(animation.segments().unwrap(), 2);
    match animation.encode_segment(1) {
        Ok(segment) => assert_eq!((segment.frames(), drawn), (69, 69)),
        Err(error) => assert!(matches!(error, Error::Draw { frame, .. } if frame == 68 + drawn), "{error}"),
    }
}

#[test]
fn encoders_leak_nothing_and_read_no_freed_memory() {
    if child::role().is_none() {
        let valgrind = [
            "valgrind",
            "--quiet",
            "--error-exitcode=9",
            "--leak-check=full",
            "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect",
        ];
        let name = "encoders_leak_nothing_and_read_no_freed_memory";
        let outcome = child::run(name, "live", &valgrind, Path::new("."), Duration::from_secs(600));
        assert!(outcome.passed(), "{outcome}");
        return;
    }
    let settings = |threads| Settings::new(64, 64).threads(threads);
    for (frames, finish) in [(0, false), (0, true), (1, false), (5, true), (60, false)] {
        movie(&settings(3), frames, finish);
    }
    movie(&settings(1).chroma(Chroma::Yuv444).bit_depth(BitDepth::Ten), 4, true);
    movie(&settings(1).quality(Quality::Bitrate(200)).vbv(Vbv::new(300, 300)), 4, true);
    movie(&Settings::new(100, 36).threads(1), 50, true);
    // One thread is the caller's.
    let more: &[_] = if std::env::var_os("KINETOGRAPH_SOAK").is_some() { &[(1, 0), (1, 12), (2, 60)] } else { &[] };
    for (threads, drawn) in [(1, 1), (1, 69), (2, 3)].iter().chain(more) {
        segment(&settings(*threads), *drawn);
    }
    // Rate control depends on earlier pictures, so the segment begins with a warm-up.
    segment(&settings(1).x264_option("mbtree", 0), 2);
    for (option, value) in [("cll", "70000,1"), ("colour", "1"), ("me", "psychic"), ("psy-rd", "nan")] {
        assert!(Movie::in_memory(&settings(2).x264_option(option, value)).is_err(), "{option}={value}");
    }
}
