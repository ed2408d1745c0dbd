//! Settings from text, a `name=value` a line, as a program with options would take them: refused, or a movie.

#![no_main]

use kinetograph::{Frame, FrameRate, Layout, Movie, Quality, Settings, Tag};
use libfuzzer_sys::fuzz_target;

mod boxes;

fn set(mut settings: Settings, name: &str, value: &str) -> Option<Settings> {
    Some(match name {
        "width" => {
            settings.width = value.parse().ok()?;
            settings
        }
        "height" => {
            settings.height = value.parse().ok()?;
            settings
        }
        "rate" => settings.frame_rate(value.parse::<FrameRate>().ok()?),
        "decimal" => settings.frame_rate(value.parse::<f64>().ok()?),
        "variable" => settings.variable_rate(value == "1"),
        "crf" => settings.quality(Quality::Crf(value.parse().ok()?)),
        "qp" => settings.quality(Quality::Qp(value.parse().ok()?)),
        "bitrate" => settings.quality(Quality::Bitrate(value.parse().ok()?)),
        "lossless" => settings.quality(Quality::Lossless),
        "vbv" => settings.vbv(value.split(':').next()?.parse().ok()?, value.split(':').nth(1)?.parse().ok()?),
        "preset" => settings.preset(value.parse().ok()?),
        "tune" => settings.tune(value.parse().ok()?),
        "profile" => settings.profile(value.parse().ok()?),
        "level" => settings.level(value.parse().ok()?),
        "chroma" => settings.chroma(value.parse().ok()?),
        "depth" => settings.bit_depth(value.parse().ok()?),
        "odd" => settings.odd_size(value.parse().ok()?),
        "keyframes" => settings.keyframe_interval(value.parse().ok()?),
        "aspect" => {
            settings.pixel_aspect(value.split(':').next()?.parse().ok()?, value.split(':').nth(1)?.parse().ok()?)
        }
        "rotation" => settings.rotation(value.parse().ok()?),
        "layout" => settings.layout(value.parse().ok()?),
        "fragment" => settings.fragment_seconds(value.parse().ok()?),
        "expected" => settings.expected_frames(value.parse().ok()?),
        "title" => settings.title(value),
        "key" => settings.tag(Tag::Key(value.as_bytes().get(..4)?.try_into().ok()?), value),
        _ => settings.x264_option(name, value),
    })
}

fn movie(settings: &Settings) -> kinetograph::Result<(Vec<u8>, u64)> {
    let mut movie = Movie::in_memory(settings)?;
    let mut pixels = vec![0u8; settings.width as usize * settings.height as usize];
    for frame in 0..6 {
        for (index, pixel) in pixels.iter_mut().enumerate() {
            *pixel = (index * (frame + 3) * 37 % 251) as u8;
        }
        movie.push(Frame::gray8(&pixels, settings.width, settings.height))?;
    }
    movie.finish().map(|(bytes, report)| (bytes, report.frames))
}

fuzz_target!(|text: &str| {
    let mut settings = Settings::new(32, 48);
    for line in text.lines() {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if let Some(changed) = set(settings.clone(), name, value) {
            settings = changed;
        }
    }
    let valid = settings.validate().is_ok();
    // What is only large is no fault.
    if valid && u64::from(settings.width) * u64::from(settings.height) > 64 * 64 {
        return;
    }
    settings.threads = Some(settings.threads.unwrap_or(2).min(3));
    match movie(&settings) {
        Ok((bytes, frames)) => {
            assert!(valid, "{settings:?} is not valid and makes a movie");
            assert_eq!(frames, 6);
            if settings.layout != Layout::AnnexB {
                boxes::check(&bytes, frames, settings.layout);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
