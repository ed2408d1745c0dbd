//! `PixmapBackend`: implements the drawing backend of plotters on a pixmap.

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    text_anchor::{HPos, VPos},
};
use tiny_skia::{FillRule, PathBuilder, Pixmap, PixmapMut, Transform};

use crate::{
    Error,
    blend::{Ink, fill_mask, fill_rect},
    clip::{MAX_COORDINATE, clip_polygon, clip_polyline},
    smooth::smooth,
    stroke::{ring, stroke},
    text::{self, Text},
};

type Drawn = Result<(), DrawingErrorKind<Error>>;

/// A drawing backend of plotters that draws on a pixmap.
///
/// # Positions
///
/// Positions are those of the `BitMapBackend` of plotters. A coordinate means the centre of a pixel, so that a
/// horizontal or vertical line one pixel wide covers exactly one row or column. A filled rectangle does not include its
/// right column and its bottom row. Every other shape is anti-aliased. Glyphs are placed to a quarter of a pixel.
/// Lines, circles and polygons are drawn up to 32,768 pixels from the origin.
///
/// # Fonts
///
/// Text is drawn in the embedded fonts and in those of [`register_font`](crate::register_font), never in a font of the
/// system. Before a font is created without a backend, call [`register_fonts`](crate::register_fonts).
///
/// # Memory
///
/// Each thread keeps up to 16 MiB of the glyphs that it has drawn, except those of text above about 400 pixels. It also
/// keeps one byte for each pixel of the largest canvas that it has drawn on.
///
/// ```
/// use plotters_tiny_skia::PixmapBackend;
/// use plotters_tiny_skia::plotters::prelude::*;
/// use plotters_tiny_skia::tiny_skia::Pixmap;
///
/// let mut canvas = Pixmap::new(320, 240).expect("a valid size");
/// let area = PixmapBackend::new(&mut canvas).into_drawing_area();
/// area.fill(&WHITE)?;
/// area.draw(&Circle::new((160, 120), 50, BLUE.filled()))?;
/// area.draw(&Text::new("a disc", (130, 180), ("sans-serif", 20)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PixmapBackend<'a> {
    pub(crate) canvas: PixmapMut<'a>,
}

impl<'a> PixmapBackend<'a> {
    /// Creates a backend that draws over the present contents of the canvas.
    pub fn new(canvas: &'a mut Pixmap) -> Self {
        canvas.as_mut().into()
    }
}

impl<'a> From<PixmapMut<'a>> for PixmapBackend<'a> {
    fn from(canvas: PixmapMut<'a>) -> Self {
        text::register_fonts();
        Self { canvas }
    }
}

/// Returns the centre of a pixel.
fn center((x, y): BackendCoord) -> (f32, f32) {
    (x as f32 + 0.5, y as f32 + 0.5)
}

impl DrawingBackend for PixmapBackend<'_> {
    type ErrorType = Error;

    fn get_size(&self) -> (u32, u32) {
        (self.canvas.width(), self.canvas.height())
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        if let Some(ink) = Ink::new(color) {
            let (x, y) = (i64::from(x), i64::from(y));
            fill_rect(&mut self.canvas, x..x + 1, y..y + 1, ink);
        }
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let width = style.stroke_width();
        let Some(ink) = Ink::new(style.color()).filter(|_| width > 0) else { return Ok(()) };
        let mut points: Vec<BackendCoord> = path.into_iter().collect();
        if points.len() < 2 {
            return Ok(());
        }
        points.dedup();
        match points[..] {
            [from] => self.axis_aligned_line(from, from, width, ink),
            [from, to] if from.0 == to.0 || from.1 == to.1 => self.axis_aligned_line(from, to, width, ink),
            _ => clip_polyline(&points, |part| self.polyline(part, width, ink)),
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Drawn {
        let Some(ink) = Ink::new(style.color()) else { return Ok(()) };
        let (left, right) = (i64::from(a.0.min(b.0)), i64::from(a.0.max(b.0)));
        let (top, bottom) = (i64::from(a.1.min(b.1)), i64::from(a.1.max(b.1)));
        if fill {
            fill_rect(&mut self.canvas, left..right, top..bottom, ink);
            return Ok(());
        }
        // Four sides that do not overlap, so that a translucent border is even.
        let width = i64::from(style.stroke_width());
        let (before, after) = (width / 2, width - width / 2);
        let (inner_top, inner_bottom) = (top + after, (bottom - before).max(top + after));
        let across = left - before..right + after;
        fill_rect(&mut self.canvas, across.clone(), top - before..inner_top, ink);
        fill_rect(&mut self.canvas, across, inner_bottom..bottom + after, ink);
        let right_side = (right - before).max(left + after)..right + after;
        fill_rect(&mut self.canvas, left - before..left + after, inner_top..inner_bottom, ink);
        fill_rect(&mut self.canvas, right_side, inner_top..inner_bottom, ink);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, at: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let width = style.stroke_width();
        let Some(ink) = Ink::new(style.color()).filter(|_| fill || width > 0) else { return Ok(()) };
        let center = (at.0.clamp(-MAX_COORDINATE, MAX_COORDINATE), at.1.clamp(-MAX_COORDINATE, MAX_COORDINATE));
        let radius = radius.min(MAX_COORDINATE as u32) as f32;
        // A disc ends half a pixel beyond its radius, as a circle of a width of one pixel does.
        let half = if fill { 0.5 } else { width.min(MAX_COORDINATE as u32) as f32 / 2.0 };
        ring(&mut self.canvas, center, if fill { -1.0 } else { radius - half }, radius + half, ink);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, vert: I, style: &S) -> Drawn {
        let Some(ink) = Ink::new(style.color()) else { return Ok(()) };
        let corners: Vec<(f32, f32)> = clip_polygon(vert.into_iter().collect()).into_iter().map(center).collect();
        if ink.is_opaque() {
            // The border is part of the polygon. Otherwise a seam would remain between polygons that share an edge.
            stroke(&mut self.canvas, &corners, true, 1.0, ink);
        }
        let mut path = PathBuilder::new();
        for (index, &(x, y)) in corners.iter().enumerate() {
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        // tiny-skia refuses a path without an area and logs a warning.
        if let Some(path) = path.finish().filter(|path| path.bounds().width() > 0.0 && path.bounds().height() > 0.0) {
            self.canvas.fill_path(&path, &ink.paint(), FillRule::Winding, Transform::identity(), None);
        }
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, position: BackendCoord) -> Drawn {
        self.text(text, style, position);
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Error>> {
        let text = Text::new(text, style.family(), style.style(), style.size());
        let (width, height) = text.map_or((0, 0), |text| text.size());
        Ok((width.max(0) as u32, height.max(0) as u32))
    }

    fn blit_bitmap(&mut self, (left, top): BackendCoord, (width, height): (u32, u32), rgb: &[u8]) -> Drawn {
        let (from, _) = rgb.as_chunks::<3>();
        if (from.len() as u64) < u64::from(width) * u64::from(height) {
            return Err(DrawingErrorKind::DrawingError(Error::Bitmap { bytes: rgb.len(), width, height }));
        }
        let (canvas_width, canvas_height) = (i64::from(self.canvas.width()), i64::from(self.canvas.height()));
        let (left, top) = (i64::from(left), i64::from(top));
        let (first, end) = ((-left).max(0), (canvas_width - left).min(i64::from(width)));
        if first >= end {
            return Ok(());
        }
        let (to, _) = self.canvas.data_mut().as_chunks_mut::<4>();
        for row in (-top).max(0)..(canvas_height - top).min(i64::from(height)) {
            let from = &from[(row * i64::from(width) + first) as usize..][..(end - first) as usize];
            let to = &mut to[((row + top) * canvas_width + left + first) as usize..][..from.len()];
            for (to, &[red, green, blue]) in to.iter_mut().zip(from) {
                *to = [red, green, blue, 255];
            }
        }
        Ok(())
    }
}

impl PixmapBackend<'_> {
    pub(crate) fn text<T: BackendTextStyle>(&mut self, text: &str, style: &T, position: BackendCoord) {
        let Some(ink) = Ink::new(style.color()) else { return };
        let Some(text) = Text::new(text, style.family(), style.style(), style.size()) else { return };
        let dy = match style.anchor().v_pos {
            VPos::Top => 0,
            VPos::Center => -text.size().1 / 2,
            VPos::Bottom => -text.size().1,
        };
        let rotation = style.transform();
        for line in text.lines() {
            let dx = match style.anchor().h_pos {
                HPos::Left => 0,
                HPos::Center => -line.width() / 2,
                HPos::Right => -line.width(),
            };
            line.draw(|mask, glyph_x, glyph_y| {
                fill_mask(&mut self.canvas, mask, ink, |x, y| {
                    let (x, y) = rotation.transform(x + glyph_x + dx, y + glyph_y + dy);
                    (i64::from(x) + i64::from(position.0), i64::from(y) + i64::from(position.1))
                });
            });
        }
    }

    /// Draws a line along a row or a column of pixels, including the pixels at both ends.
    fn axis_aligned_line(&mut self, from: BackendCoord, to: BackendCoord, width: u32, ink: Ink) {
        let (before, after) = (i64::from(width / 2), i64::from(width - width / 2));
        let span = |a: i32, b: i32| {
            let (low, high) = (i64::from(a.min(b)), i64::from(a.max(b)));
            // Along the line are the pixels from end to end, and across it is the width.
            if low == high { low - before..low + after } else { low..high + 1 }
        };
        fill_rect(&mut self.canvas, span(from.0, to.0), span(from.1, to.1), ink);
    }

    fn polyline(&mut self, points: &[BackendCoord], width: u32, ink: Ink) {
        let mut curve = smooth(points);
        if width.is_multiple_of(2) && curve.windows(2).all(|ab| ab[0].0 == ab[1].0 || ab[0].1 == ab[1].1) {
            // A horizontal or vertical line of an even width is crisp between pixels. `axis_aligned_line` moves it to
            // the same side.
            curve.iter_mut().for_each(|at| *at = (at.0 - 0.5, at.1 - 0.5));
        }
        stroke(&mut self.canvas, &curve, false, width.min(MAX_COORDINATE as u32) as f32, ink);
    }
}
