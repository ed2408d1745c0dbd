//! `HeatMapElement`: a heat map as an element of a chart.

use std::ops::Range;

use plotters::{
    coord::CoordTranslate,
    drawing::Rect,
    element::{CoordMapper, Drawable, PointCollection},
};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use super::{Area, HeatMap, Origin, palette::Palette};
use crate::{Error, PixmapBackend};

/// A heat map as an element of a chart. [`HeatMap::over`] makes it.
pub struct HeatMapElement<'a, T, X, Y> {
    map: HeatMap<'a, T>,
    palette: Palette,
    /// Where both ranges begin, and where they end.
    corners: [(X, Y); 2],
}

impl<'a, T, X, Y> HeatMapElement<'a, T, X, Y> {
    pub(super) fn new(map: HeatMap<'a, T>, palette: Palette, x: Range<X>, y: Range<Y>) -> Self {
        Self { map, palette, corners: [(x.start, y.start), (x.end, y.end)] }
    }
}

/// Passes pixels to an element as they are, with the area that the element is drawn in. The mapper of plotters moves
/// pixels into the area; a heat map that extends beyond its chart would be compressed.
pub struct Unclipped;

impl CoordMapper for Unclipped {
    type Output = (BackendCoord, Area);

    fn map<CT: CoordTranslate>(coord: &CT, from: &CT::From, rect: &Rect) -> Self::Output {
        let (left, top) = rect.truncate((i32::MIN, i32::MIN));
        let (right, bottom) = rect.truncate((i32::MAX, i32::MAX));
        (coord.translate(from), (left..right, top..bottom))
    }
}

impl<'a, T, X: 'a, Y: 'a> PointCollection<'a, (X, Y), Unclipped> for &'a HeatMapElement<'_, T, X, Y> {
    type Point = &'a (X, Y);
    type IntoIter = &'a [(X, Y); 2];

    fn point_iter(self) -> Self::IntoIter {
        &self.corners
    }
}

impl<T: Copy + Into<f64>, X, Y> Drawable<PixmapBackend<'_>, Unclipped> for HeatMapElement<'_, T, X, Y> {
    fn draw<I: Iterator<Item = (BackendCoord, Area)>>(
        &self,
        mut corners: I,
        backend: &mut PixmapBackend,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Error>> {
        let (Some((start, clip)), Some((end, _))) = (corners.next(), corners.next()) else { return Ok(()) };
        let span = |a: i32, b: i32| a.min(b)..a.max(b).saturating_add(1);
        let area = (span(start.0, end.0), span(start.1, end.1));
        let lower = self.map.origin.map_or(start.1 > end.1, |origin| origin == Origin::Lower);
        self.map.paint(&self.palette, &mut backend.canvas, &area, &clip, (start.0 > end.0, lower));
        Ok(())
    }
}
