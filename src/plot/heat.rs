//! Two-dimensional arrays as pictures.

use std::ops::{Range, RangeInclusive};

use plotters::style::TextStyle;
use plotters_backend::{
    BackendColor,
    text_anchor::{HPos, Pos, VPos},
};
use tiny_skia::{Color, Pixmap};

use super::{
    ColorMap, PixmapBackend,
    blend::{Ink, fill_rect},
    ticks::ticks,
};
use crate::{Error, Result};

/// Columns and rows of pixels, as plotters' `plotting_area().get_pixel_range()` gives them.
pub type Area = (Range<i32>, Range<i32>);

/// Colours that a map is divided into, as in matplotlib.
const COLORS: usize = 256;

/// A two-dimensional array drawn in colours, as matplotlib's `imshow`.
///
/// Row 0 is at the top. By default every value is a rectangle of one colour, the colours are those of
/// [`ColorMap::VIRIDIS`], and they range from the least value to the greatest. Values beyond the range have the colour of
/// its nearer end; what is not a number is not drawn.
///
/// ```
/// use kinetograph::plot::{ColorMap, HeatMap};
/// use tiny_skia::Pixmap;
///
/// let mut canvas = Pixmap::new(320, 240).expect("a valid size");
/// let values = [0.0, 0.5, 1.0, 0.5, 1.0, 1.5];
/// let map = HeatMap::new(&values, 2, 3)?.color_map(ColorMap::MAGMA).range(0.0..=2.0).smooth();
/// map.draw(&mut canvas, (10..250, 10..230))?;
/// map.draw_color_bar(&mut canvas, (260..275, 10..230), ("sans-serif", 14))?;
/// # Ok::<(), kinetograph::Error>(())
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
    /// A heat map of values, row after row.
    ///
    /// # Errors
    /// [`Error::Setting`] if there are no values, or not `rows` × `columns` of them.
    pub fn new(values: &'a [T], rows: usize, columns: usize) -> Result<Self> {
        if values.is_empty() || rows.checked_mul(columns) != Some(values.len()) {
            let allowed = format!("it must be {rows} rows × {columns} columns, and at least 1");
            return Err(Error::setting("values.len()", values.len(), allowed));
        }
        let (range, color_map) = (None, ColorMap::VIRIDIS);
        Ok(Self { values, rows, columns, range, color_map, smooth: false, missing: Color::TRANSPARENT })
    }

    /// Sets the values of the first and the last colour. By default they are the least and the greatest value. If both
    /// are the same, that value and all below have the first colour and all above the last.
    #[must_use]
    pub fn range(self, range: RangeInclusive<f64>) -> Self {
        Self { range: Some(range.into_inner()), ..self }
    }

    /// Sets the colours.
    #[must_use]
    pub fn color_map(self, color_map: ColorMap) -> Self {
        Self { color_map, ..self }
    }

    /// Interpolates linearly between the values, which then are those at the centres of their rectangles.
    #[must_use]
    pub fn smooth(self) -> Self {
        Self { smooth: true, ..self }
    }

    /// Sets the colour of what is not a number. By default it is transparent.
    #[must_use]
    pub fn missing(self, color: Color) -> Self {
        Self { missing: color, ..self }
    }

    /// Draws the values over an area of the canvas. What lies beyond the canvas is not drawn.
    ///
    /// # Errors
    /// [`Error::Setting`] if the range is not one of finite numbers, the lower one first.
    pub fn draw(&self, canvas: &mut Pixmap, area: Area) -> Result<()> {
        let palette = self.palette()?;
        let (width, height) = (canvas.width() as usize, canvas.height() as usize);
        let (columns, columns_shown) = places(area.0, self.columns, width);
        let (rows, rows_shown) = places(area.1, self.rows, height);
        let (pixels, _) = canvas.data_mut().as_chunks_mut::<4>();
        for (row, y) in rows.iter().zip(rows_shown) {
            let line = &mut pixels[y * width..][columns_shown.clone()];
            for (pixel, column) in line.iter_mut().zip(&columns) {
                let value = if self.smooth { self.between(row, column) } else { self.at(row.cell, column.cell) };
                palette.paint(value, pixel);
            }
        }
        Ok(())
    }

    /// Draws the colours from the bottom of an area to its top, with a frame and with labels to the right of it.
    ///
    /// Frame and labels have the colour of the text.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn draw_color_bar<'b>(&self, canvas: &mut Pixmap, area: Area, text: impl Into<TextStyle<'b>>) -> Result<()> {
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
            // From one colour's edge to the next, upwards.
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
        // A label for every three lines of text.
        let count = ((bottom - top) as f64 / (3.0 * size)).clamp(2.0, 50.0);
        let length = (size / 4.0).round().clamp(2.0, 64.0) as i64;
        for (value, label) in ticks(palette.low, palette.high, count) {
            let above = palette.part(value) * (bottom - top - 1) as f64;
            let at = y.end - 1 - above.round() as i32;
            fill_rect(&mut canvas.as_mut(), right..right + length, i64::from(at)..i64::from(at) + 1, ink);
            PixmapBackend::new(canvas).text(&label, &text, (x.end.saturating_add(2 * length as i32), at));
        }
        Ok(())
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column].into()
    }

    /// The bilinear interpolation of the four values around a pixel, leaving out what is not a number; that itself where
    /// the nearest value is not one.
    fn between(&self, row: &Place, column: &Place) -> f64 {
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
                // A weight of 0 would make infinity not a number.
                if !value.is_nan() && weight > 0.0 {
                    sum += value * weight;
                    weights += weight;
                }
            }
        }
        sum / weights
    }

    fn palette(&self) -> Result<Palette> {
        let finite = || self.values.iter().map(|&value| value.into()).filter(|value: &f64| value.is_finite());
        let (low, high) = self.range.unwrap_or_else(|| {
            let least = finite().fold(f64::INFINITY, f64::min);
            if least.is_finite() { (least, finite().fold(least, f64::max)) } else { (0.0, 1.0) }
        });
        if !(low.is_finite() && high.is_finite() && low <= high) {
            return Err(Error::setting(
                "range",
                format!("{low} to {high}"),
                "it must be from a finite number to one not less",
            ));
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
    /// How far a value is from the least to the greatest, from 0 to 1, or beyond; of an empty range, only what is above
    /// is further than 0.
    fn part(&self, value: f64) -> f64 {
        // Halved, so that the width of the widest range is finite.
        let part = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        if part.is_nan() { 0.0 } else { part }
    }

    fn paint(&self, value: f64, pixel: &mut [u8; 4]) {
        if value.is_nan() {
            if let Some(ink) = self.missing {
                ink.over(pixel);
            }
            return;
        }
        let [red, green, blue] = self.colors[((self.part(value) * COLORS as f64) as usize).min(COLORS - 1)];
        *pixel = [red, green, blue, 255];
    }
}

/// Where along one side of an array the middle of a pixel lies.
struct Place {
    cell: usize,
    /// The two cells whose centres it lies between, with their weights.
    around: [(usize, f64); 2],
}

/// The places of the pixels of one side of an area, as far as they are on the canvas, and which these are.
fn places(area: Range<i32>, cells: usize, limit: usize) -> (Vec<Place>, Range<usize>) {
    let (start, end) = (i64::from(area.start), i64::from(area.end));
    let clip = |at: i64| at.clamp(0, limit as i64) as usize;
    let shown = clip(start)..clip(end.max(start));
    let last = cells - 1;
    let place = |pixel: usize| {
        let position = ((pixel as i64 - start) as f64 + 0.5) / (end - start) as f64 * cells as f64;
        let centered = (position - 0.5).clamp(0.0, last as f64);
        let (first, part) = (centered as usize, centered.fract());
        Place { cell: (position as usize).min(last), around: [(first, 1.0 - part), ((first + 1).min(last), part)] }
    };
    (shown.clone().map(place).collect(), shown)
}
