//! Encoders dropped at every stage, under valgrind's eyes.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::settings::{Chroma, Preset, Quality};

#[path = "../../tests/child/mod.rs"]
mod child;

/// Opens an encoder, gives it so many pictures, flushes it if asked, and drops it, here or on another thread.
fn live(settings: &Settings, threading: Threading, pictures: i64, flushed: bool) {
    let mut planes = Planes::new(settings.width, settings.height, settings.chroma, settings.bit_depth);
    let mut encoder = Encoder::open(settings, threading).unwrap();
    for picture in 0..pictures {
        for (at, byte) in planes.planes_mut()[0].iter_mut().enumerate() {
            *byte =
                (at as i64 * (picture + 1) % 97) as u8 & if settings.bit_depth > 8 && at % 2 == 1 { 1 } else { 255 };
        }
        let pts = picture * i64::from(settings.clock().frame);
        // x264 reads the parameters of the first pictures when it encodes them.
        let coding = if picture == 0 { Coding::MidstreamKeyframe } else { Coding::Any };
        encoder.encode(&planes, pts, coding).unwrap();
    }
    if flushed {
        while encoder.flush().unwrap().is_some() {}
    }
    match pictures % 2 {
        0 => drop(encoder),
        _ => std::thread::spawn(move || drop(encoder)).join().unwrap(),
    }
}

#[test]
fn no_stage_of_an_encoders_life_touches_foreign_memory_or_leaves_any() {
    if child::role().is_none() {
        let valgrind = [
            "valgrind",
            "--quiet",
            "--error-exitcode=9",
            "--leak-check=full",
            "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect",
        ];
        let name = "encoder::lifetimes::no_stage_of_an_encoders_life_touches_foreign_memory_or_leaves_any";
        let outcome = child::run(name, "live", &valgrind, Path::new("."), Duration::from_secs(300));
        assert!(outcome.passed(), "{outcome}");
        return;
    }
    let settings = |threads| Settings::new(64, 64).threads(threads).preset(Preset::Medium);
    for (pictures, flushed) in [(0, false), (0, true), (1, false), (5, true), (60, false)] {
        live(&settings(3), Threading::OwnThreads, pictures, flushed);
    }
    live(&settings(1), Threading::CallersThread, 12, true);
    live(&settings(1).chroma(Chroma::Yuv444).bit_depth(10), Threading::OwnThreads, 4, true);
    live(&settings(1).quality(Quality::Bitrate(200)).vbv(300, 300), Threading::OwnThreads, 4, true);
    live(&Settings::new(100, 36).threads(1), Threading::OwnThreads, 50, true);
    for (option, value) in [("cll", "70000,1"), ("colour", "1"), ("me", "psychic"), ("psy-rd", "nan")] {
        assert!(Encoder::open(&settings(2).x264_option(option, value), Threading::OwnThreads).is_err());
    }
}
