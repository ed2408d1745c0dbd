//! `HeatMap`: draws a two-dimensional array in colours, with a colour bar beside it.

use std::ops::{Range, RangeInclusive};

use plotters::style::TextStyle;
use plotters_backend::{
    BackendColor,
    text_anchor::{HPos, Pos, VPos},
};
use tiny_skia::{Color, Pixmap};

use crate::{
    ColorMap, Error, PixmapBackend,
    blend::{Ink, fill_rect},
    ticks::ticks,
};

/// Columns and rows of pixels, as `plotting_area().get_pixel_range()` of plotters returns them.
pub type Area = (Range<i32>, Range<i32>);

/// The number of steps that a colour map is divided into, as in matplotlib.
const COLORS: usize = 256;

/// A two-dimensional array that is drawn in colours, like `imshow` of matplotlib.
///
/// Row 0 is at the top. By default each value is a rectangle of one colour, the colours are those of
/// [`ColorMap::VIRIDIS`], and they range from the least finite value to the greatest. Values beyond the range have the
/// colour of its nearer end. NaN is not drawn.
///
/// ```
/// use plotters_tiny_skia::{ColorMap, HeatMap};
/// use plotters_tiny_skia::tiny_skia::Pixmap;
///
/// let mut canvas = Pixmap::new(320, 240).expect("a valid size");
/// let values = [0.0, 0.5, 1.0, 0.5, 1.0, 1.5];
/// let map = HeatMap::new(&values, 2, 3)?.color_map(ColorMap::MAGMA).range(0.0..=2.0).smooth();
/// map.draw(&mut canvas, (10..250, 10..230))?;
/// map.draw_color_bar(&mut canvas, (260..275, 10..230), ("sans-serif", 14))?;
/// # Ok::<(), plotters_tiny_skia::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HeatMap<'a, T> {
    values: &'a [T],
    rows: usize,
    columns: usize,
    range: Option<(f64, f64)>,
    color_map: ColorMap,
    smooth: bool,
    missing: Color,
}

impl<'a, T: Copy + Into<f64>> HeatMap<'a, T> {
    /// Creates a heat map of values, given row after row.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Values`] if there are no values, or not `rows` × `columns` of them.
    pub fn new(values: &'a [T], rows: usize, columns: usize) -> Result<Self, Error> {
        if values.is_empty() || rows.checked_mul(columns) != Some(values.len()) {
            return Err(Error::Values { count: values.len(), rows, columns });
        }
        let (range, color_map) = (None, ColorMap::VIRIDIS);
        Ok(Self { values, rows, columns, range, color_map, smooth: false, missing: Color::TRANSPARENT })
    }

    /// Sets the values of the first and the last colour. By default they are the least and the greatest finite value.
    /// If both are the same, that value and all values below it have the first colour, and all values above it have the
    /// last.
    #[must_use]
    pub fn range(self, range: RangeInclusive<f64>) -> Self {
        Self { range: Some(range.into_inner()), ..self }
    }

    /// Sets the colours. By default they are [`ColorMap::VIRIDIS`].
    #[must_use]
    pub fn color_map(self, color_map: ColorMap) -> Self {
        Self { color_map, ..self }
    }

    /// Interpolates linearly between the values. Each value applies at the centre of its rectangle.
    #[must_use]
    pub fn smooth(self) -> Self {
        Self { smooth: true, ..self }
    }

    /// Sets the colour of NaN. By default it is transparent.
    #[must_use]
    pub fn missing(self, color: Color) -> Self {
        Self { missing: color, ..self }
    }

    /// Draws the values over an area of the canvas. The area may extend beyond the canvas.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Range`] if an end of the range is not finite, or the first is above the last.
    pub fn draw(&self, canvas: &mut Pixmap, area: Area) -> Result<(), Error> {
        let palette = self.palette()?;
        let (width, height) = (canvas.width() as usize, canvas.height() as usize);
        let (columns, columns_shown) = positions(area.0, self.columns, width);
        let (rows, rows_shown) = positions(area.1, self.rows, height);
        let (pixels, _) = canvas.data_mut().as_chunks_mut::<4>();
        for (row, y) in rows.iter().zip(rows_shown) {
            let line = &mut pixels[y * width..][columns_shown.clone()];
            for (pixel, column) in line.iter_mut().zip(&columns) {
                let value = if self.smooth { self.interpolate(row, column) } else { self.at(row.cell, column.cell) };
                palette.paint(value, pixel);
            }
        }
        Ok(())
    }

    /// Draws the colours over an area, from the bottom to the top, with a border around it and labels to its right.
    ///
    /// The border and the labels have the colour of the text.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Range`] if an end of the range is not finite, or the first is above the last.
    pub fn draw_color_bar<'b>(
        &self,
        canvas: &mut Pixmap,
        area: Area,
        text: impl Into<TextStyle<'b>>,
    ) -> Result<(), Error> {
        let palette = self.palette()?;
        let (x, y) = area;
        let (left, right) = (i64::from(x.start), i64::from(x.end));
        let (top, bottom) = (i64::from(y.start), i64::from(y.end));
        if left >= right || top >= bottom {
            return Ok(());
        }
        let text = text.into().pos(Pos::new(HPos::Left, VPos::Center));
        let size = text.font.get_size();
        let mut target = canvas.as_mut();
        for (index, color) in palette.colors.iter().enumerate() {
            // The lower edge of a colour; the upper edge is that of the next.
            let edge = |index: usize| bottom - (bottom - top) * index as i64 / COLORS as i64;
            fill_rect(&mut target, left..right, edge(index + 1)..edge(index), Ink::opaque(*color));
        }
        let Some(ink) = Ink::new(text.color) else { return Ok(()) };
        for side in [left - 1..left, right..right + 1] {
            fill_rect(&mut target, side, top - 1..bottom + 1, ink);
        }
        for side in [top - 1..top, bottom..bottom + 1] {
            fill_rect(&mut target, left..right, side, ink);
        }
        // There is space for a label every three lines of text.
        let count = ((bottom - top) as f64 / (3.0 * size)).clamp(2.0, 50.0);
        let length = (size / 4.0).round().clamp(2.0, 64.0) as i64;
        for (value, label) in ticks(palette.low, palette.high, count) {
            let above = palette.fraction(value) * (bottom - top - 1) as f64;
            let at = y.end - 1 - above.round() as i32;
            fill_rect(&mut canvas.as_mut(), right..right + length, i64::from(at)..i64::from(at) + 1, ink);
            PixmapBackend::new(canvas).text(&label, &text, (x.end.saturating_add(2 * length as i32), at));
        }
        Ok(())
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column].into()
    }

    /// Interpolates between the four values around a pixel, without those that are NaN. Returns NaN if the nearest
    /// value is NaN.
    fn interpolate(&self, row: &Position, column: &Position) -> f64 {
        let blend = |row| {
            let [(left, left_weight), (right, right_weight)] = column.around;
            self.at(row, left) * left_weight + self.at(row, right) * right_weight
        };
        let [(above, above_weight), (below, below_weight)] = row.around;
        let blended = blend(above) * above_weight + blend(below) * below_weight;
        if !blended.is_nan() || self.at(row.cell, column.cell).is_nan() {
            return blended;
        }
        let (mut sum, mut weights) = (0.0, 0.0);
        for (row, row_weight) in row.around {
            for (column, column_weight) in column.around {
                let (value, weight) = (self.at(row, column), row_weight * column_weight);
                // Infinity times a weight of 0 would be NaN.
                if !value.is_nan() && weight > 0.0 {
                    sum += value * weight;
                    weights += weight;
                }
            }
        }
        sum / weights
    }

    fn palette(&self) -> Result<Palette, Error> {
        let finite = || self.values.iter().map(|&value| value.into()).filter(|value: &f64| value.is_finite());
        let (low, high) = self.range.unwrap_or_else(|| {
            let least = finite().fold(f64::INFINITY, f64::min);
            if least.is_finite() { (least, finite().fold(least, f64::max)) } else { (0.0, 1.0) }
        });
        if !(low.is_finite() && high.is_finite() && low <= high) {
            return Err(Error::Range { low, high });
        }
        let color = |index| self.color_map.color(index as f64 / (COLORS - 1) as f64);
        let (red, green, blue, alpha) =
            (self.missing.red(), self.missing.green(), self.missing.blue(), self.missing.alpha());
        let rgb = [red, green, blue].map(|component| (component * 255.0).round() as u8);
        let missing = Ink::new(BackendColor { alpha: f64::from(alpha), rgb: rgb.into() });
        Ok(Palette { low, high, colors: (0..COLORS).map(color).collect(), missing })
    }
}

/// The colours of values.
struct Palette {
    low: f64,
    high: f64,
    colors: Vec<[u8; 3]>,
    missing: Option<Ink>,
}

impl Palette {
    /// Returns the position of a value in the range: 0 at its lower end, 1 at its upper end. If the range is empty,
    /// only values above it have a position above 0.
    fn fraction(&self, value: f64) -> f64 {
        // Halved, so that the width of the widest range does not overflow.
        let fraction = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        if fraction.is_nan() { 0.0 } else { fraction }
    }

    fn paint(&self, value: f64, pixel: &mut [u8; 4]) {
        if value.is_nan() {
            if let Some(ink) = self.missing {
                ink.over(pixel);
            }
            return;
        }
        let [red, green, blue] = self.colors[((self.fraction(value) * COLORS as f64) as usize).min(COLORS - 1)];
        *pixel = [red, green, blue, 255];
    }
}

/// Where the centre of a pixel is along one side of an array.
struct Position {
    cell: usize,
    /// The two cells whose centres are around it, with their weights.
    around: [(usize, f64); 2],
}

/// Returns the positions of those pixels of one side of an area that are on the canvas, and their range on the canvas.
fn positions(area: Range<i32>, cells: usize, limit: usize) -> (Vec<Position>, Range<usize>) {
    let (start, end) = (i64::from(area.start), i64::from(area.end));
    let clip = |at: i64| at.clamp(0, limit as i64) as usize;
    let shown = clip(start)..clip(end.max(start));
    let last = cells - 1;
    let position = |pixel: usize| {
        let cells_before = ((pixel as i64 - start) as f64 + 0.5) / (end - start) as f64 * cells as f64;
        let centered = (cells_before - 0.5).clamp(0.0, last as f64);
        let (first, weight) = (centered as usize, centered.fract());
        let around = [(first, 1.0 - weight), ((first + 1).min(last), weight)];
        Position { cell: (cells_before as usize).min(last), around }
    };
    (shown.clone().map(position).collect(), shown)
}
