//! `kinetograph info`: what a movie holds, as lines of names and values.

use std::fmt::Write;
use std::path::Path;

use kinetograph::{BitDepth, Chroma, ColorSpace, Layout, MovieInfo, Rotation};

use crate::arguments::Info;
use crate::{Result, output};

pub fn run(Info { movies }: &Info) -> Result<()> {
    for (index, path) in movies.iter().enumerate() {
        let gap = if index > 0 { "\n" } else { "" };
        output::print(&format!("{gap}{}", describe(path, &MovieInfo::open(path)?)))?;
    }
    Ok(())
}

/// Returns the lines about a movie.
fn describe(path: &Path, info: &MovieInfo) -> String {
    let MovieInfo { codec, width, height, pixel_aspect: (wide, high), frames, seconds, bytes, .. } = info;
    let mut text = format!("{}\n", path.display());
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<9} {value}");
    };
    line("codec", codec.clone());
    let aspect = if wide == high { String::new() } else { format!(", pixels of {wide}:{high}") };
    let rotation = match info.rotation {
        Rotation::None => String::new(),
        angle => format!(", rotated by {angle}°"),
    };
    line("size", format!("{width}×{height}{aspect}{rotation}"));
    line("frames", frames.to_string());
    line("rate", info.frame_rate.map_or_else(|| "variable".into(), |rate| format!("{rate} frames/s")));
    line("duration", format!("{seconds:.3} s"));
    line("samples", samples(info.chroma, info.bit_depth));
    line("colours", info.color_space.map_or_else(|| "not stated".into(), colors));
    line("crf", info.rate_factor.map_or_else(|| "not stated".into(), |factor| factor.to_string()));
    line("layout", info.layout.to_string());
    line("finished", finished(info).into());
    line("bytes", bytes.to_string());
    text
}

fn samples(chroma: Chroma, depth: Option<BitDepth>) -> String {
    let format = match chroma {
        Chroma::Yuv420 => "4:2:0",
        Chroma::Yuv422 => "4:2:2",
        Chroma::Yuv444 => "4:4:4",
        _ => "grey",
    };
    depth.map_or_else(|| format.into(), |depth| format!("{format}, {depth} bits"))
}

fn colors(ColorSpace { matrix, range, primaries, transfer }: ColorSpace) -> String {
    format!("matrix {matrix}, range {range}, primaries {primaries}, transfer {transfer}")
}

fn finished(info: &MovieInfo) -> &'static str {
    match (info.is_finished, info.layout) {
        (true, _) => "yes",
        (false, Layout::CrashSafe | Layout::Fragmented) => "no; `kinetograph recover` finishes it",
        (false, _) => "no; samples are missing",
    }
}
