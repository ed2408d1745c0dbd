//! Text: lays out lines in registered fonts, and passes the masks of their glyphs to whoever draws them.

mod fonts;
mod masks;
mod shape;

use ab_glyph::GlyphId;
use plotters::style::{FontFamily, FontStyle};

use crate::blend::Mask;
pub use fonts::{register_font, register_fonts};
use masks::{SUBPIXELS, mask};
use shape::{ShapedLine, shape};

/// The height of a line in ems. In plotters, the size of a text is the height of a line.
const LINE_HEIGHT: f32 = 1.24;

/// Ems from the top of a text to its first baseline, as in the bitmap backend of plotters with its default font engine.
const BASELINE: f32 = 0.76;

/// The largest size of a text in pixels. Larger text is drawn at this size.
const MAX_SIZE: f64 = 2000.0;

/// Where a line must end, besides a carriage return before a line feed (Unicode Standard Annex 14, classes BK, LF, NL).
const LINE_BREAKS: [char; 6] = ['\n', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];

/// One or more lines of text in a font and a size.
pub(crate) struct Text {
    /// Pixels per em.
    em: f32,
    lines: Vec<ShapedLine>,
}

impl Text {
    /// Lays out a text, with a line break wherever Unicode demands one. Returns `None` if the size is not above 0.
    pub fn new(text: &str, family: FontFamily, style: FontStyle, size: f64) -> Option<Self> {
        if size.is_nan() || size <= 0.0 {
            return None;
        }
        let em = size.min(MAX_SIZE) as f32 / LINE_HEIGHT;
        let faces = fonts::faces(family.as_str(), style);
        let lines =
            text.split(LINE_BREAKS).map(|line| shape(line.strip_suffix('\r').unwrap_or(line), &faces)).collect();
        Some(Self { em, lines })
    }

    /// Returns width and height in whole pixels, rounded as plotters rounds them. The last line is 1 em high, and each
    /// line before it as high as the size of the text.
    pub fn size(&self) -> (i32, i32) {
        let width = self.lines().map(|line| line.width()).max();
        let height = self.em + (self.lines.len() - 1) as f32 * self.em * LINE_HEIGHT;
        (width.unwrap_or(0), height as i32)
    }

    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let baseline = |index| (self.em * (BASELINE + index as f32 * LINE_HEIGHT)).round() as i32;
        self.lines.iter().enumerate().map(move |(index, line)| Line { line, em: self.em, baseline: baseline(index) })
    }
}

/// One line of a text.
pub(crate) struct Line<'a> {
    line: &'a ShapedLine,
    /// Pixels per em.
    em: f32,
    /// Pixels from the top of the text.
    baseline: i32,
}

impl Line<'_> {
    /// Returns the width in whole pixels, rounded as plotters rounds it.
    pub fn width(&self) -> i32 {
        (self.line.width * self.em) as i32
    }

    /// Passes the mask of each glyph to `draw`, with the column and row of the glyph's origin, from the start of the line
    /// and from the top of the text.
    pub fn draw(&self, mut draw: impl FnMut(&Mask, i32, i32)) {
        for glyph in &self.line.glyphs {
            let (x, subpixel_x) = split(glyph.x * self.em);
            let (y, subpixel_y) = split(-glyph.y * self.em);
            if let Some(mask) = mask(glyph.face, GlyphId(glyph.id), self.em, (subpixel_x, subpixel_y)) {
                draw(&mask, x, self.baseline.saturating_add(y));
            }
        }
    }
}

/// Splits a position in pixels into a whole number of pixels and the nearest position within a pixel.
fn split(position: f32) -> (i32, u8) {
    let steps = (position * SUBPIXELS).round();
    ((steps / SUBPIXELS).floor() as i32, steps.rem_euclid(SUBPIXELS) as u8)
}
