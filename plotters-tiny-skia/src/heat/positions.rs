//! Finds the cells of an array that the pixels of an area show.

use std::ops::Range;

/// Where the centre of a pixel is along one side of an array.
pub(super) struct Position {
    pub cell: usize,
    /// The two cells whose centres are around it, with their weights.
    pub around: [(usize, f64); 2],
}

/// Returns the positions of those pixels of one side of an area that are inside `clip` and on the canvas, and their range
/// on the canvas.
pub(super) fn positions(
    area: &Range<i32>,
    clip: &Range<i32>,
    cells: usize,
    limit: usize,
    reversed: bool,
) -> (Vec<Position>, Range<usize>) {
    let (start, end) = (i64::from(area.start), i64::from(area.end));
    let on_canvas = |at: i64| at.clamp(0, limit as i64) as usize;
    let first = on_canvas(start.max(clip.start.into()));
    let shown = first..on_canvas(end.min(clip.end.into())).max(first);
    let last = cells - 1;
    let position = |pixel: usize| {
        let before = if reversed { end - 1 - pixel as i64 } else { pixel as i64 - start };
        let cells_before = (before as f64 + 0.5) / (end - start) as f64 * cells as f64;
        let centered = (cells_before - 0.5).clamp(0.0, last as f64);
        let (first, weight) = (centered as usize, centered.fract());
        let around = [(first, 1.0 - weight), ((first + 1).min(last), weight)];
        Position { cell: (cells_before as usize).min(last), around }
    };
    (shown.clone().map(position).collect(), shown)
}
