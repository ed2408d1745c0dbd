//! `ColorBar`: the colours of a heat map with their values.

use plotters::{
    element::{Drawable, PointCollection},
    style::TextStyle,
};
use plotters_backend::{
    BackendCoord, DrawingErrorKind,
    text_anchor::{HPos, Pos, VPos},
};

use super::{
    Area,
    element::Unclipped,
    palette::{COLORS, Palette},
};
use crate::{
    Error, PixmapBackend,
    blend::{Ink, fill_rect},
    ticks::ticks,
};

/// A colour bar as an element of a drawing area. [`HeatMap::color_bar`](crate::HeatMap::color_bar) makes it.
pub struct ColorBar<'b> {
    palette: Palette,
    corner: BackendCoord,
    area: Area,
    text: TextStyle<'b>,
}

impl<'b> ColorBar<'b> {
    pub(super) fn new(palette: Palette, area: Area, text: TextStyle<'b>) -> Self {
        Self { palette, corner: (0, 0), area, text: text.pos(Pos::new(HPos::Left, VPos::Center)) }
    }

    /// Draws the colour bar, with the origin of its area at `corner`.
    pub(super) fn paint(&self, backend: &mut PixmapBackend, corner: BackendCoord) {
        let (x, y) = &self.area;
        let (left, right) = (i64::from(x.start) + i64::from(corner.0), i64::from(x.end) + i64::from(corner.0));
        let (top, bottom) = (i64::from(y.start) + i64::from(corner.1), i64::from(y.end) + i64::from(corner.1));
        if left >= right || top >= bottom {
            return;
        }
        for (index, color) in self.palette.colors.iter().enumerate() {
            // The lower edge of a colour; the upper edge is that of the next.
            let edge = |index: usize| bottom - (bottom - top) * index as i64 / COLORS as i64;
            fill_rect(&mut backend.canvas, left..right, edge(index + 1)..edge(index), Ink::opaque(*color));
        }
        let Some(ink) = Ink::new(self.text.color) else { return };
        for side in [left - 1..left, right..right + 1] {
            fill_rect(&mut backend.canvas, side, top - 1..bottom + 1, ink);
        }
        for side in [top - 1..top, bottom..bottom + 1] {
            fill_rect(&mut backend.canvas, left..right, side, ink);
        }
        // There is space for a label every three lines of text.
        let size = self.text.font.get_size();
        let count = ((bottom - top) as f64 / (3.0 * size)).clamp(2.0, 50.0);
        let length = (size / 4.0).round().clamp(2.0, 64.0) as i64;
        let whole = |at: i64| at.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        for (value, label) in ticks(self.palette.low, self.palette.high, count) {
            let above = self.palette.fraction(value) * (bottom - top - 1) as f64;
            let at = bottom - 1 - above.round() as i64;
            fill_rect(&mut backend.canvas, right..right + length, at..at + 1, ink);
            backend.text(&label, &self.text, (whole(right + 2 * length), whole(at)));
        }
    }
}

impl<'a> PointCollection<'a, BackendCoord, Unclipped> for &'a ColorBar<'_> {
    type Point = &'a BackendCoord;
    type IntoIter = [&'a BackendCoord; 1];

    fn point_iter(self) -> Self::IntoIter {
        [&self.corner]
    }
}

impl Drawable<PixmapBackend<'_>, Unclipped> for ColorBar<'_> {
    fn draw<I: Iterator<Item = (BackendCoord, Area)>>(
        &self,
        mut corner: I,
        backend: &mut PixmapBackend,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Error>> {
        if let Some((corner, _)) = corner.next() {
            self.paint(backend, corner);
        }
        Ok(())
    }
}
