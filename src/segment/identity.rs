//! The settings and versions that all segments of a movie must share, and the check that they do. A new setting is
//! added here.

use std::fmt::{Debug, Write};

use super::SegmentHeader;
use super::plan::SegmentPlan;
use crate::SegmentError;
use crate::settings::Settings;
use crate::stream::StreamInfo;

/// Returns the settings that determine the stream, and the version of this crate, as lines `name: value`.
pub(super) fn identity(settings: &Settings, plan: &SegmentPlan) -> String {
    // Destructured, so that a new setting cannot be forgotten.
    let Settings {
        width,
        height,
        frame_rate,
        variable_rate,
        quality,
        vbv,
        preset,
        tune,
        profile,
        level,
        chroma,
        bit_depth,
        color_space,
        chroma_location,
        background,
        odd_size: _, // the size is refused or padded; both sizes are in the stream
        keyframe_interval,
        pixel_aspect,
        threads,
        container: _, // not part of the stream
        x264_options,
    } = settings;
    let frames: &dyn Debug = if plan.is_unbounded() { &format_args!("unknown") } else { &plan.frames };
    let lines: [(&str, &dyn Debug); 22] = [
        ("kinetograph", &env!("CARGO_PKG_VERSION")),
        ("number of frames", frames),
        ("number of segments", &plan.count),
        ("width", width),
        ("height", height),
        ("frame_rate", &(frame_rate.numerator(), frame_rate.denominator())),
        ("variable_rate", variable_rate),
        ("quality", quality),
        ("vbv", vbv),
        ("preset", preset),
        ("tune", tune),
        ("profile", profile),
        ("level", level),
        ("chroma", chroma),
        ("bit_depth", bit_depth),
        ("color_space", color_space),
        ("chroma_location", chroma_location),
        ("background", background),
        ("keyframe_interval", keyframe_interval),
        ("pixel_aspect", pixel_aspect),
        ("threads", threads),
        ("x264_options", x264_options),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {value:?}");
    }
    text
}

impl SegmentHeader {
    /// Checks that this is segment `index` of the movie that `other` is a segment of.
    pub fn check(&self, other: &Self, index: u64) -> Result<(), SegmentError> {
        check(self, other)?;
        let count = self.plan.count;
        match self.index {
            found if found == index => Ok(()),
            found if found >= count => Err(SegmentError::NoSuchSegment { count }),
            found => Err(SegmentError::OutOfOrder { found }),
        }
    }

    /// Checks the number of frames of a whole segment.
    pub fn check_frames(&self, frames: u64) -> Result<(), SegmentError> {
        check_frames(frames, self.plan.len(self.index))
    }
}

/// Checks the number of frames that a segment was found to have.
pub(super) fn check_frames(frames: u64, expected: u64) -> Result<(), SegmentError> {
    if frames == expected { Ok(()) } else { Err(SegmentError::FrameCount { frames, expected }) }
}

/// Checks that two segments are of one movie; the error names the first difference.
fn check(segment: &SegmentHeader, expected: &SegmentHeader) -> Result<(), SegmentError> {
    let differ = |name: &str, value: &str, expected: &str| {
        Err(SegmentError::OtherMovie { name: name.into(), value: value.into(), expected: expected.into() })
    };
    for (line, expected_line) in segment.identity.lines().zip(expected.identity.lines()) {
        if line != expected_line {
            let (name, expected_value) = expected_line.split_once(": ").unwrap_or(("identity", expected_line));
            return differ(name, line.split_once(": ").map_or(line, |(_, value)| value), expected_value);
        }
    }
    if segment.identity != expected.identity || segment.plan != expected.plan {
        return differ("identity", "of other settings", "of the movie's");
    }
    if segment.stream != expected.stream {
        return differ("x264", &x264_version(&segment.stream), &x264_version(&expected.stream));
    }
    Ok(())
}

/// Returns the version from x264's SEI: "core 164 r3095 baee400" from "x264 - core 164 r3095 baee400 - H.264/…".
fn x264_version(stream: &StreamInfo) -> String {
    let text = String::from_utf8_lossy(&stream.headers.version_sei);
    let version = text.split_once("x264 - ").and_then(|(_, after)| after.split_once(" - "));
    version.map_or("another build".into(), |(version, _)| version.to_owned())
}
