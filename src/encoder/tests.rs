//! Every stream is held against the x264 program's on the same pictures and options, NAL unit by NAL unit.

use std::io::Write;
use std::process::Command;

use super::*;
use crate::settings::{Chroma, Level, Preset, Profile, Quality, Tune};

#[path = "../../tests/judge/mod.rs"]
mod judge;

const WIDTH: u32 = 128;
const HEIGHT: u32 = 96;
const PICTURES: usize = 60;

/// A picture with moving edges, a gradient and some noise, so that every tool of the encoder has work.
fn picture(index: usize, chroma: Chroma, bit_depth: u8) -> Planes {
    let mut planes = Planes::new(WIDTH, HEIGHT, chroma, bit_depth);
    let mut random = fastrand::Rng::with_seed(index as u64);
    let shift = bit_depth - 8;
    for plane in 0..planes.count() {
        let (stride, (width, height)) = (planes.stride(plane), planes.size(plane));
        let bytes = &mut planes.planes_mut()[plane];
        for y in 0..height {
            for x in 0..width {
                let edge = if ((x + 2 * index) / 13).is_multiple_of(3) { 60 } else { 0 };
                let level = (x + y / 2 + index + edge + random.usize(..6) + 40 * (index / 35)) as u16 % 220 + 16;
                if bit_depth == 8 {
                    bytes[y * stride + x] = level as u8;
                } else {
                    bytes[y * stride + 2 * x..][..2].copy_from_slice(&(level << shift).to_ne_bytes());
                }
            }
        }
    }
    planes
}

fn settings() -> Settings {
    Settings::new(WIDTH, HEIGHT).frame_rate(25).threads(2)
}

/// Encodes the pictures, and compares with the x264 program given the same pictures and `options`.
fn assert_equals_the_program(settings: &Settings, options: &[&str]) {
    let mut encoder = Encoder::open(settings, Threading::OwnThreads).expect("x264 takes the settings");
    let sets = encoder.parameter_sets().clone();
    let mut ours = vec![sets.sps, sets.pps, sets.sei];
    let mut take = |packet: Packet<'_>| {
        let mut rest = packet.data;
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (unit, next) = after.split_at(u32::from_be_bytes(*length) as usize);
            ours.push(unit.to_vec());
            rest = next;
        }
    };
    let mut raw = Vec::new();
    for index in 0..PICTURES {
        let planes = picture(index, settings.chroma, settings.bit_depth);
        for plane in 0..planes.count() {
            (0..planes.size(plane).1).for_each(|y| raw.extend_from_slice(planes.row(plane, y)));
        }
        if let Some(packet) =
            encoder.encode(&planes, index as i64 * i64::from(settings.clock().frame), Coding::Any).unwrap()
        {
            take(packet);
        }
    }
    while let Some(packet) = encoder.flush().unwrap() {
        take(packet);
    }

    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.yuv"), folder.path().join("out.264"));
    std::fs::File::create(&input).unwrap().write_all(&raw).unwrap();
    let format = match settings.chroma {
        Chroma::Gray => "i400",
        Chroma::Yuv420 => "i420",
        Chroma::Yuv422 => "i422",
        Chroma::Yuv444 => "i444",
    };
    let depth = settings.bit_depth.to_string();
    let mut program = Command::new("x264");
    program
        .args(["--quiet", "--demuxer", "raw", "--input-csp", format, "--output-csp", format])
        .args(["--input-depth", &depth, "--output-depth", &depth])
        .args(["--input-res", &format!("{WIDTH}x{HEIGHT}"), "--fps", &settings.frame_rate.to_string()])
        .args(["--colorprim", "bt709", "--transfer", "iec61966-2-1", "--colormatrix", "bt709", "--sar", "1:1"])
        .args(["--chromaloc", if settings.chroma == Chroma::Yuv420 { "1" } else { "0" }])
        .args(["--threads", &settings.threads.unwrap_or(0).to_string()])
        .args(options)
        .arg("-o")
        .args([&output, &input]);
    let run = program.output().expect("the x264 program runs");
    assert!(run.status.success(), "{program:?}: {}", String::from_utf8_lossy(&run.stderr));
    let stream = std::fs::read(&output).unwrap();
    // The program repeats the parameter sets at every keyframe; the container has them once.
    let parameter_set = |unit: &&[u8]| [7, 8].contains(&(unit[0] & 31));
    let mut theirs = judge::split_annex_b(&stream);
    let first: Vec<_> = theirs.drain(..3).collect();
    theirs.retain(|unit| !parameter_set(unit));
    let theirs: Vec<_> = first.into_iter().chain(theirs).collect();
    assert_eq!(ours.len(), theirs.len(), "NAL units with {options:?}");
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        // NAL units of ours may end in zeros that the byte stream cannot tell from the next start code.
        assert!(ours == theirs, "NAL unit {index} with {options:?} is not the program's");
    }
}

#[test]
fn every_preset_gives_the_programs_stream() {
    for preset in Preset::ALL {
        assert_equals_the_program(&settings().preset(*preset), &["--preset", preset.name()]);
    }
}

#[test]
fn every_tune_gives_the_programs_stream() {
    for tune in Tune::ALL {
        assert_equals_the_program(&settings().tune(*tune), &["--tune", tune.name()]);
    }
}

#[test]
fn every_quality_gives_the_programs_stream() {
    let one_thread = settings().threads(1);
    for (quality, option, value) in [
        (Quality::Crf(18.5), "--crf", "18.5"),
        (Quality::Crf(0.0), "--crf", "0"),
        (Quality::Qp(30), "--qp", "30"),
        (Quality::Lossless, "--qp", "0"),
        (Quality::Bitrate(200), "--bitrate", "200"),
    ] {
        assert_equals_the_program(&one_thread.clone().quality(quality), &[option, value]);
    }
    let buffered = one_thread.quality(Quality::Bitrate(300)).vbv(400, 400);
    assert_equals_the_program(&buffered, &["--bitrate", "300", "--vbv-maxrate", "400", "--vbv-bufsize", "400"]);
}

#[test]
fn every_chroma_and_depth_gives_the_programs_stream() {
    for chroma in Chroma::ALL {
        for depth in [8, 10] {
            assert_equals_the_program(&settings().chroma(*chroma).bit_depth(depth), &[]);
        }
    }
    assert_equals_the_program(&settings().bit_depth(10).quality(Quality::Lossless), &["--qp", "0"]);
}

#[test]
fn other_options_give_the_programs_stream() {
    let none = settings().x264_option("bframes", 0);
    assert_equals_the_program(&none, &["--bframes", "0"]);
    let many = settings().x264_option("bframes", 8).x264_option("b-adapt", 2).x264_option("no-mbtree", 1);
    assert_equals_the_program(&many, &["--bframes", "8", "--b-adapt", "2", "--no-mbtree"]);
    let open = settings().keyframe_interval(20).x264_option("open-gop", 1);
    assert_equals_the_program(&open, &["--keyint", "20", "--open-gop"]);
    let rate = settings().frame_rate((30000, 1001)).profile(Profile::Main);
    assert_equals_the_program(&rate, &["--profile", "main"]);
    assert_equals_the_program(&settings().profile(Profile::Baseline), &["--profile", "baseline"]);
    // A level that does not hold the preset's references.
    let level = settings().level(Level::L1_1).preset(Preset::Veryslow);
    assert_equals_the_program(&level, &["--level", "1.1", "--preset", "veryslow"]);
}

#[test]
fn x264s_own_words_are_in_the_error() {
    let error = |settings: Settings| match Encoder::open(&settings, Threading::OwnThreads) {
        Ok(_) => panic!("x264 took {settings:?}"),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        error(settings().x264_option("colour", 1)),
        "x264_option is \"colour\"; x264 has no option of that name"
    );
    assert_eq!(
        error(settings().x264_option("me", "psychic")),
        "x264 option me is \"psychic\"; x264 does not take that value"
    );
    assert_eq!(
        error(settings().x264_option("psy-rd", "nan")),
        "x264 option psy-rd is \"nan\"; x264 does not take that value"
    );
    let light = error(settings().x264_option("cll", "70000,1"));
    assert_eq!(light, "x264 opening the encoder: content light levels out of range [0,65535]");
}

#[test]
fn a_forced_keyframe_is_a_sync_sample_where_it_was_asked_for() {
    let mut encoder = Encoder::open(&settings(), Threading::OwnThreads).unwrap();
    let frame = i64::from(settings().clock().frame);
    let mut sync = Vec::new();
    for index in 0..20 {
        let planes = picture(index, Chroma::Yuv420, 8);
        let coding = if index == 7 { Coding::Keyframe } else { Coding::Any };
        if let Some(packet) = encoder.encode(&planes, index as i64 * frame, coding).unwrap() {
            sync.extend(packet.sync.then_some(packet.pts / frame));
        }
    }
    while let Some(packet) = encoder.flush().unwrap() {
        sync.extend(packet.sync.then_some(packet.pts / frame));
    }
    assert_eq!(sync, [0, 7]);
}
