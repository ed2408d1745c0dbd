//! The settings of a movie, from the arguments and from what the input states.

use kinetograph::{BitDepth, Chroma, ChromaLocation, ColorSpace, FrameRate, Range, Settings};

use crate::arguments::{Container, Encode, Quality, Stream};
use crate::output;

/// What an input states about its pictures. Arguments replace it.
pub struct Stated {
    pub size: (u32, u32),
    pub rate: Option<FrameRate>,
    pub aspect: Option<(u32, u32)>,
    pub chroma: Option<Chroma>,
    pub bit_depth: Option<BitDepth>,
    pub chroma_location: Option<ChromaLocation>,
    pub range: Option<Range>,
    /// The colours of inputs of this kind.
    pub color_space: ColorSpace,
}

impl Stated {
    /// Pixels in RGB, of which only the size is known.
    pub fn pixels(size: (u32, u32)) -> Self {
        let color_space = ColorSpace::default();
        let (rate, aspect, chroma, bit_depth, chroma_location, range) = (None, None, None, None, None, None);
        Self { size, rate, aspect, chroma, bit_depth, chroma_location, range, color_space }
    }
}

pub fn settings(arguments: &Encode, stated: &Stated) -> Settings {
    let Encode { quality: Quality { preset, tune, .. }, stream, container, output, .. } = arguments;
    let Stream { profile, level, keyframe_interval, threads, background, .. } = stream;
    let space = stated.color_space;
    let mut settings = Settings::new(stated.size.0, stated.size.1)
        .quality(rate_control(&arguments.quality))
        .preset(*preset)
        .tune(tune.0)
        .profile(*profile)
        .level(*level)
        .keyframe_interval(*keyframe_interval)
        .threads(*threads)
        .background(*background)
        .chroma_location(stated.chroma_location)
        .color_space(ColorSpace {
            matrix: stream.matrix.unwrap_or(space.matrix),
            range: stream.range.or(stated.range).unwrap_or(space.range),
            primaries: stream.primaries.unwrap_or(space.primaries),
            transfer: stream.transfer.unwrap_or(space.transfer),
        });
    if let Some(rate) = stream.fps.or(stated.rate) {
        settings = settings.frame_rate(rate);
    }
    if let Some((width, height)) = stream.pixel_aspect.or(stated.aspect) {
        settings = settings.pixel_aspect(width, height);
    }
    if let Some(chroma) = stream.chroma.or(stated.chroma) {
        settings = settings.chroma(chroma);
    }
    if let Some(depth) = stream.bit_depth.or(stated.bit_depth) {
        settings = settings.bit_depth(depth);
    }
    let Container { layout, title, rotation } = container;
    settings = settings.layout(output::layout(*layout, output)).rotation(*rotation);
    if let Some(title) = title {
        settings = settings.title(title);
    }
    stream.options.iter().fold(settings, |settings, (name, value)| settings.x264_option(name, value))
}

fn rate_control(quality: &Quality) -> kinetograph::Quality {
    match *quality {
        Quality { crf: Some(factor), .. } => kinetograph::Quality::Crf(factor),
        Quality { qp: Some(quantiser), .. } => kinetograph::Quality::Qp(quantiser),
        Quality { bitrate: Some(rate), .. } => kinetograph::Quality::Bitrate(rate),
        Quality { lossless: true, .. } => kinetograph::Quality::Lossless,
        Quality { max_size: Some(size), .. } => size,
        _ => kinetograph::Quality::Crf(23.0),
    }
}
