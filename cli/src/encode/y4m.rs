//! The head of a Y4M file, and the lines before its pictures (yuv4mpeg(5) of the MJPEG tools, with the names of ffmpeg
//! for 10 bits and for the range).

use std::io::{BufRead, Read};

use kinetograph::{BitDepth, Chroma, ChromaLocation, ColorSpace, FrameRate, Matrix, Primaries, Range, Transfer};

use super::settings::Stated;
use crate::Result;
use crate::arguments::Encode;

/// The first bytes of a Y4M.
pub const MAGIC: &[u8] = b"YUV4MPEG2 ";

/// The longest line that is read.
const LINE: u64 = 1 << 12;

/// The formats, by the name after `C`.
const FORMATS: &[(&str, Chroma, BitDepth, Option<ChromaLocation>)] = &[
    ("420jpeg", Chroma::Yuv420, BitDepth::Eight, Some(ChromaLocation::Center)),
    ("420mpeg2", Chroma::Yuv420, BitDepth::Eight, Some(ChromaLocation::Left)),
    ("420paldv", Chroma::Yuv420, BitDepth::Eight, Some(ChromaLocation::TopLeft)),
    ("420", Chroma::Yuv420, BitDepth::Eight, Some(ChromaLocation::Center)),
    ("422", Chroma::Yuv422, BitDepth::Eight, None),
    ("444", Chroma::Yuv444, BitDepth::Eight, None),
    ("mono", Chroma::Gray, BitDepth::Eight, None),
    // The name has no location, so the usual one of H.264 it is.
    ("420p10", Chroma::Yuv420, BitDepth::Ten, Some(ChromaLocation::Left)),
    ("422p10", Chroma::Yuv422, BitDepth::Ten, None),
    ("444p10", Chroma::Yuv444, BitDepth::Ten, None),
    ("mono10", Chroma::Gray, BitDepth::Ten, None),
];

/// The head of a Y4M: what it states, and its length.
pub struct Head {
    pub stated: Stated,
    pub bytes: u64,
}

impl Head {
    pub fn read(input: &mut impl BufRead) -> Result<Self> {
        let line = line(input)?;
        let text =
            line.strip_prefix(MAGIC).and_then(|rest| std::str::from_utf8(rest).ok()).ok_or("its head is damaged")?;
        let (mut width, mut height) = (None, None);
        // The default of the format.
        let mut stated = Stated::pixels((0, 0));
        (stated.chroma, stated.bit_depth) = (Some(Chroma::Yuv420), Some(BitDepth::Eight));
        stated.chroma_location = Some(ChromaLocation::Center);
        for field in text.split_ascii_whitespace() {
            let (key, value) = field.split_at_checked(1).ok_or("its head is damaged")?;
            let damaged = || format!("its head has the field {field:?}, which is damaged");
            match key {
                "W" => width = Some(value.parse().map_err(|_| damaged())?),
                "H" => height = Some(value.parse().map_err(|_| damaged())?),
                // Zeros stand for what is not known.
                "F" => stated.rate = fraction(value).ok_or_else(damaged)?.map(FrameRate::from),
                "A" => stated.aspect = fraction(value).ok_or_else(damaged)?,
                "I" if !matches!(value, "p" | "?") => {
                    return Err(
                        "it is interlaced, which a movie of this program cannot be; deinterlace it first".into()
                    );
                }
                "C" => {
                    let found = FORMATS.iter().find(|(name, ..)| *name == value);
                    let (_, chroma, depth, location) = found.ok_or_else(|| {
                        let names: Vec<_> = FORMATS.iter().map(|(name, ..)| *name).collect();
                        format!("its format is {value}; it can be {}", names.join(", "))
                    })?;
                    (stated.chroma, stated.bit_depth, stated.chroma_location) =
                        (Some(*chroma), Some(*depth), *location);
                }
                "X" => match value {
                    "COLORRANGE=FULL" => stated.range = Some(Range::Full),
                    "COLORRANGE=LIMITED" => stated.range = Some(Range::Limited),
                    _ => {}
                },
                _ => {}
            }
        }
        stated.size = (width.ok_or("its head states no width")?, height.ok_or("its head states no height")?);
        stated.color_space = usual_colors(stated.size);
        Ok(Self { stated, bytes: line.len() as u64 + 1 })
    }

    /// Fails if the arguments ask for samples that are not those of the file.
    pub fn check(&self, arguments: &Encode) -> Result<()> {
        let Stated { chroma, bit_depth, .. } = self.stated;
        let differs =
            |asked: Option<String>, stated: Option<String>| asked.filter(|asked| Some(asked) != stated.as_ref());
        let name = |chroma: Chroma| chroma.to_string();
        let bits = |depth: BitDepth| format!("{depth} bits");
        let stream = &arguments.stream;
        let asked = differs(stream.chroma.map(name), chroma.map(name))
            .or_else(|| differs(stream.bit_depth.map(bits), bit_depth.map(bits)));
        match asked {
            Some(asked) => Err(format!("its samples are encoded as they are, which is not {asked}").into()),
            None => Ok(()),
        }
    }

    /// Returns the bytes of a frame, with the line before it.
    pub fn frame_bytes(&self) -> u64 {
        self.picture_bytes() + b"FRAME\n".len() as u64
    }

    /// Returns the bytes of the samples of a frame.
    pub fn picture_bytes(&self) -> u64 {
        let (width, height) = (u64::from(self.stated.size.0), u64::from(self.stated.size.1));
        let chroma = match self.stated.chroma {
            Some(Chroma::Gray) | None => 0,
            Some(format) => {
                let (wide, high) = format.subsampling();
                2 * width.div_ceil(wide.into()) * height.div_ceil(high.into())
            }
        };
        let sample = if self.stated.bit_depth == Some(BitDepth::Ten) { 2 } else { 1 };
        (width * height + chroma) * sample
    }
}

/// Reads the line before a picture. Returns `false` at the end of the input.
pub fn next_frame(input: &mut impl BufRead) -> Result<bool> {
    let line = line(input)?;
    if line.is_empty() {
        return Ok(false);
    }
    if line == b"FRAME" || line.starts_with(b"FRAME ") {
        Ok(true)
    } else {
        Err("no frame begins where one should".into())
    }
}

/// Returns the next line without its end, or nothing at the end of the input.
fn line(input: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    input.take(LINE).read_until(b'\n', &mut line)?;
    match line.pop() {
        None | Some(b'\n') => Ok(line),
        _ => Err("it ends inside a line, or a line is too long".into()),
    }
}

/// Parses `30000:1001`. A fraction with a zero is `Some(None)`.
fn fraction(text: &str) -> Option<Option<(u32, u32)>> {
    let (over, under) = text.split_once(':')?;
    let (over, under) = (over.parse().ok()?, under.parse().ok()?);
    Some(if over == 0 || under == 0 { None } else { Some((over, under)) })
}

/// Returns the colours of a video of this size that states none, as players take them: those of television of that size.
fn usual_colors((width, height): (u32, u32)) -> ColorSpace {
    if width >= 1280 || height > 576 {
        return ColorSpace { transfer: Transfer::Bt709, ..ColorSpace::BT709 };
    }
    let primaries = if height == 576 { Primaries::Bt601Lines625 } else { Primaries::Bt601Lines525 };
    ColorSpace { matrix: Matrix::Bt601, range: Range::Limited, primaries, transfer: Transfer::Bt601 }
}
