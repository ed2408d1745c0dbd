//! The container, as the programs that read it see it.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use kinetograph::{
    Chroma, Error, Frame, FrameRate, Layout, Movie, Preset, Profile, Quality, Report, Rotation, Settings, Tag, Tune,
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
                ("reserved.mp4", settings.clone().expected_frames(count.into())),
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
