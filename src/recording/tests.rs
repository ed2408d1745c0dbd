//! Recordings of ffmpeg's own streams, judged by ffmpeg.

#[path = "../../tests/judge/boxes.rs"]
mod boxes;

use std::path::Path;
use std::process::Command;

use super::*;
use boxes::{Sample, table};

/// What a program says on its standard output. It must succeed.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A movie that ffmpeg has encoded and muxed: what ours is compared with.
struct Reference {
    bytes: Vec<u8>,
    sets: ParameterSets,
    samples: Vec<Sample>,
    settings: Settings,
    frame: i64,
}

impl Reference {
    fn new(folder: &Path, rate: (u32, u32), frames: u32, options: &str) -> Self {
        let settings = Settings::new(64, 48).frame_rate(rate);
        let clock = settings.clock();
        let path = folder.join("reference.mp4");
        let scale = clock.timescale.to_string();
        let source = format!("testsrc2=size=64x48:rate={}/{}", rate.0, rate.1);
        let mut arguments = vec!["-v", "error", "-y", "-f", "lavfi", "-i", &source, "-frames:v"];
        let count = frames.to_string();
        arguments.extend([&*count, "-c:v", "libx264", "-preset", "medium", "-threads", "1"]);
        if !options.contains("pix_fmt") {
            arguments.extend(["-pix_fmt", "yuv420p"]);
        }
        arguments.extend(["-vf", "setsar=1", "-colorspace", "bt709", "-color_primaries", "bt709"]);
        arguments.extend(["-color_trc", "iec61966-2-1", "-color_range", "tv"]);
        arguments.extend(options.split_whitespace());
        arguments.extend(["-video_track_timescale", &scale, "-movie_timescale", &scale, path.to_str().unwrap()]);
        run("ffmpeg", &arguments);
        let bytes = std::fs::read(&path).unwrap();
        let (sps, pps) = boxes::parameter_sets(&bytes);
        let sets = ParameterSets { sps, pps, sei: Vec::new() };
        Self { sets, samples: boxes::samples(&bytes), bytes, settings, frame: clock.frame.into() }
    }

    fn record(&self, mut recording: Recording) -> Written {
        for sample in &self.samples {
            let Sample { pts, dts, sync, ref data, .. } = *sample;
            recording.push(&Packet { data, pts, dts, sync }).unwrap();
        }
        recording.finish(self.samples.len() as i64 * self.frame).unwrap()
    }
}

/// Every frame's time and hash.
fn frames(path: &Path) -> String {
    run("ffmpeg", &["-v", "error", "-i", path.to_str().unwrap(), "-f", "framemd5", "-"])
}

fn probe(path: &Path, entries: &str) -> String {
    run("ffprobe", &["-v", "error", "-show_entries", entries, "-of", "compact", path.to_str().unwrap()])
}

#[test]
fn boxes_and_frames_are_those_of_ffmpegs_own_mux() {
    let folder = tempfile::tempdir().unwrap();
    for (rate, frames_of_film, options) in [
        ((25, 1), 60, "-g 25"),
        ((30000, 1001), 300, ""),
        ((24, 1), 30, "-bf 0"),
        ((1, 1), 5, ""),
        ((1000, 1), 100, "-bf 3"),
        ((60, 1), 1, ""),
        ((30, 1), 2, ""),
    ] {
        let reference = Reference::new(folder.path(), rate, frames_of_film, options);
        let reference_path = folder.path().join("reference.mp4");
        for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
            for expected in [None, Some(u64::from(frames_of_film))] {
                let path = folder.path().join("ours.mp4");
                let mut settings = reference.settings.clone().layout(layout);
                settings.expected_frames = expected;
                let recording = Recording::create(&path, &settings, &reference.sets).unwrap();
                let written = reference.record(recording);
                let ours = std::fs::read(&path).unwrap();
                assert_eq!(written.bytes, ours.len() as u64);
                assert_eq!(frames(&path), frames(&reference_path), "{rate:?} {layout} {expected:?}");
                assert_eq!(
                    probe(&path, "stream=start_time,duration,width,height,color_range,color_space"),
                    probe(&reference_path, "stream=start_time,duration,width,height,color_range,color_space"),
                    "{rate:?} {layout}"
                );
                if layout != Layout::Fragmented {
                    for name in ["avcC", "colr", "pasp", "btrt", "stts", "ctts", "stss", "elst"] {
                        assert_eq!(table(&ours, name), table(&reference.bytes, name), "{name} {rate:?} {layout}");
                    }
                }
            }
        }
    }
}
