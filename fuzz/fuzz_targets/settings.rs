//! Settings from lines `name=value`, like the options of a program, are refused or make a movie.

#![no_main]

use kinetograph::{Frame, FrameRate, Layout, Level, Movie, Profile, Quality, Settings, Tag, Tune, Vbv};
use libfuzzer_sys::fuzz_target;

mod boxes;

fn pair(value: &str) -> Option<(u32, u32)> {
    let (one, other) = value.split_once(':')?;
    Some((one.parse().ok()?, other.parse().ok()?))
}

fn set(settings: Settings, name: &str, value: &str) -> Option<Settings> {
    Some(match name {
        "rate" => settings.frame_rate(value.parse::<FrameRate>().ok()?),
        "decimal" => settings.frame_rate(value.parse::<f64>().ok()?),
        "variable" => settings.variable_rate(value == "1"),
        "crf" => settings.quality(Quality::Crf(value.parse().ok()?)),
        "qp" => settings.quality(Quality::Qp(value.parse().ok()?)),
        "bitrate" => settings.quality(Quality::Bitrate(value.parse().ok()?)),
        "lossless" => settings.quality(Quality::Lossless),
        "vbv" => pair(value).map(|(rate, buffer)| settings.vbv(Vbv::new(rate, buffer)))?,
        "preset" => settings.preset(value.parse().ok()?),
        "tune" => settings.tune(value.parse::<Tune>().ok()?),
        "profile" => settings.profile(value.parse::<Profile>().ok()?),
        "level" => settings.level(value.parse::<Level>().ok()?),
        "chroma" => settings.chroma(value.parse().ok()?),
        "depth" => settings.bit_depth(value.parse().ok()?),
        "odd" => settings.odd_size(value.parse().ok()?),
        "keyframes" => settings.keyframe_interval(value.parse::<u32>().ok()?),
        "aspect" => pair(value).map(|(width, height)| settings.pixel_aspect(width, height))?,
        "rotation" => settings.rotation(value.parse().ok()?),
        "fragment" => settings.fragment_seconds(value.parse().ok()?),
        "expected" => settings.expected_frames(value.parse::<u64>().ok()?),
        "title" => settings.title(value),
        "key" => settings.tag(Tag::Key(value.as_bytes().get(..4)?.try_into().ok()?), value),
        _ => settings.x264_option(name, value),
    })
}

fn movie(settings: &Settings) -> kinetograph::Result<(Vec<u8>, u64)> {
    let mut movie = Movie::in_memory(settings)?;
    let mut pixels = vec![0u8; settings.width() as usize * settings.height() as usize];
    for frame in 0..6 {
        for (index, pixel) in pixels.iter_mut().enumerate() {
            *pixel = (index * (frame + 3) * 37 % 251) as u8;
        }
        movie.push(Frame::gray8(&pixels, settings.width(), settings.height()))?;
    }
    movie.finish().map(|(bytes, report)| (bytes, report.frames))
}

/// The last value of a line `name=value` that parses.
fn last<T: std::str::FromStr>(text: &str, name: &str) -> Option<T> {
    let values = text.lines().filter_map(|line| line.split_once('=').filter(|(found, _)| *found == name));
    values.filter_map(|(_, value)| value.parse().ok()).next_back()
}

fuzz_target!(|text: &str| {
    let (width, height) = (last(text, "width").unwrap_or(32), last(text, "height").unwrap_or(48));
    let layout = last(text, "layout").unwrap_or(Layout::CrashSafe);
    let mut settings = Settings::new(width, height).layout(layout);
    for line in text.lines() {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if ["width", "height", "layout"].contains(&name) {
            continue;
        }
        if let Some(changed) = set(settings.clone(), name, value) {
            settings = changed;
        }
    }
    let valid = settings.validate().is_ok();
    // Large movies are valid, but too slow to fuzz.
    if valid && u64::from(width) * u64::from(height) > 64 * 64 {
        return;
    }
    let settings = settings.threads(2);
    match movie(&settings) {
        Ok((bytes, frames)) => {
            assert!(valid, "{settings:?} is not valid and makes a movie");
            assert_eq!(frames, 6);
            if layout != Layout::AnnexB {
                boxes::check(&bytes, frames, layout);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
