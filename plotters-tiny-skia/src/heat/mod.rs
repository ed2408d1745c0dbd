//! `HeatMap`: draws a two-dimensional array in colours.

mod bar;
mod element;
mod palette;
mod positions;

use std::ops::{Range, RangeInclusive};

use plotters::style::TextStyle;
use tiny_skia::{Color, Pixmap, PixmapMut};

use crate::{ColorMap, Error, PixmapBackend};
pub use bar::ColorBar;
pub use element::HeatMapElement;
use palette::Palette;
use positions::{Position, positions};

/// Columns and rows of pixels, as `plotting_area().get_pixel_range()` of plotters returns them.
pub type Area = (Range<i32>, Range<i32>);

/// Where the first row of an array is drawn, as in `imshow` of matplotlib.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// At the top.
    Upper,
    /// At the bottom.
    Lower,
}

/// A two-dimensional array that is drawn in colours, like `imshow` of matplotlib.
///
/// By default each value is a rectangle of one colour, the colours are those of [`ColorMap::VIRIDIS`], and they range from
/// the least finite value to the greatest. Values beyond the range have the colour of its nearer end. NaN is not drawn.
///
/// In a chart, [`over`](Self::over) makes an element of it, between two values of each axis:
///
/// ```
/// use plotters_tiny_skia::plotters::prelude::*;
/// use plotters_tiny_skia::tiny_skia::Pixmap;
/// use plotters_tiny_skia::{ColorMap, HeatMap, PixmapBackend};
///
/// let mut canvas = Pixmap::new(320, 240).expect("a valid size");
/// let area = PixmapBackend::new(&mut canvas).into_drawing_area();
/// area.fill(&WHITE)?;
/// let mut chart = ChartBuilder::on(&area)
///     .margin(10)
///     .margin_right(70)
///     .set_left_and_bottom_label_area_size(30)
///     .build_cartesian_2d(0.0..3.0, 0.0..2.0)?;
/// chart.configure_mesh().disable_mesh().draw()?;
///
/// // Row 0 begins at y = 0, where the axis begins: it is the lower one.
/// let values = [0.0, 0.5, 1.0, 0.5, 1.0, 1.5];
/// let map = HeatMap::new(&values, 2, 3)?.color_map(ColorMap::MAGMA).range(0.0..=2.0).smooth();
/// chart.draw_series([map.over(0.0..3.0, 0.0..2.0)?])?;
///
/// // The chart is still open: more can be drawn on the map, and a colour bar beside it.
/// chart.draw_series(LineSeries::new([(0.5, 0.5), (2.5, 1.5)], &WHITE))?;
/// let (_, rows) = chart.plotting_area().get_pixel_range();
/// area.draw(&map.color_bar((260..275, rows), ("sans-serif", 14))?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// On a canvas without a chart, [`draw`](Self::draw) takes an area of pixels. Row 0 is at the top:
///
/// ```
/// use plotters_tiny_skia::HeatMap;
/// use plotters_tiny_skia::tiny_skia::Pixmap;
///
/// let mut canvas = Pixmap::new(320, 240).expect("a valid size");
/// let map = HeatMap::new(&[0.0, 0.5, 1.0, 0.5, 1.0, 1.5], 2, 3)?;
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
    origin: Option<Origin>,
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
        Ok(Self { values, rows, columns, range, color_map, smooth: false, missing: Color::TRANSPARENT, origin: None })
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

    /// Sets where row 0 is. By default it is at the top of an area of pixels, and in a chart where the range of y begins:
    /// at the bottom if the axis counts up, as `imshow` of matplotlib draws it with `origin="lower"`.
    #[must_use]
    pub fn origin(self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// Draws the values over an area of the canvas. The area may extend beyond the canvas.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Range`] if an end of the range is not finite, or the first is above the last.
    pub fn draw(&self, canvas: &mut Pixmap, area: Area) -> Result<(), Error> {
        let palette = self.palette()?;
        self.paint(&palette, &mut canvas.as_mut(), &area, &area, (false, self.origin == Some(Origin::Lower)));
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
        self.color_bar(area, text)?.paint(&mut PixmapBackend::new(canvas), (0, 0));
        Ok(())
    }

    /// Makes an element of the colour bar, for drawing areas: `area.draw(&map.color_bar(...)?)`. It looks as
    /// [`draw_color_bar`](Self::draw_color_bar) draws it. `area` is in pixels of the drawing area.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Range`] if an end of the range is not finite, or the first is above the last.
    pub fn color_bar<'b>(&self, area: Area, text: impl Into<TextStyle<'b>>) -> Result<ColorBar<'b>, Error> {
        Ok(ColorBar::new(self.palette()?, area, text.into()))
    }

    /// Makes an element of the heat map that extends from the start to the end of both ranges, for charts that are open:
    /// `chart.draw_series([map.over(...)?])`. What is beyond the axes is not drawn.
    ///
    /// Column 0 is where the range of x begins, and row 0 where the range of y begins unless an [`origin`](Self::origin)
    /// is set. All columns are equally wide, and all rows equally high, so the axes must be linear. Pixels at both ends of
    /// a range are included.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Range`] if an end of the range of values is not finite, or the first is above the last.
    pub fn over<X, Y>(&self, x: Range<X>, y: Range<Y>) -> Result<HeatMapElement<'a, T, X, Y>, Error> {
        Ok(HeatMapElement::new(*self, self.palette()?, x, y))
    }

    /// Paints those pixels of an area that are inside `clip` and on the canvas. `reversed` says whether column 0 is at the
    /// right, and whether row 0 is at the bottom.
    fn paint(&self, palette: &Palette, canvas: &mut PixmapMut, area: &Area, clip: &Area, reversed: (bool, bool)) {
        let (width, height) = (canvas.width() as usize, canvas.height() as usize);
        let (columns, columns_shown) = positions(&area.0, &clip.0, self.columns, width, reversed.0);
        let (rows, rows_shown) = positions(&area.1, &clip.1, self.rows, height, reversed.1);
        let (pixels, _) = canvas.data_mut().as_chunks_mut::<4>();
        for (row, y) in rows.iter().zip(rows_shown) {
            let line = &mut pixels[y * width..][columns_shown.clone()];
            for (pixel, column) in line.iter_mut().zip(&columns) {
                let value = if self.smooth { self.interpolate(row, column) } else { self.at(row.cell, column.cell) };
                palette.paint(value, pixel);
            }
        }
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
        let (low, high) = self.range.unwrap_or_else(|| {
            let finite = || self.values.iter().map(|&value| value.into()).filter(|value: &f64| value.is_finite());
            let least = finite().fold(f64::INFINITY, f64::min);
            if least.is_finite() { (least, finite().fold(least, f64::max)) } else { (0.0, 1.0) }
        });
        Palette::new(low, high, self.color_map, self.missing)
    }
}
