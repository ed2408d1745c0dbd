//! Draws anti-aliased polylines and circles, by the distance of each pixel from them.
//!
//! The coverage of a pixel falls from 1 to 0 while its centre moves from half a pixel inside the edge of the shape to
//! half a pixel outside. This keeps horizontal and vertical lines crisp. It takes a third of the time that tiny-skia
//! takes to fill the outline, and is finer than its 4 × 4 samples. The coverage of all lines of a polyline is collected
//! before it is blended, so that a translucent polyline is even where it crosses itself.

use std::{cell::RefCell, ops::Range};

use tiny_skia::PixmapMut;

use crate::blend::{Ink, fill_rect};

/// The number of pixels that are computed together.
const LANES: usize = 8;

thread_local! {
    /// How much of each pixel the current polyline covers, from 0 to 255. All values are 0 between polylines.
    static COVERAGE: RefCell<Vec<u8>> = RefCell::default();
}

/// Draws a polyline with round joints and flat ends. Both ends extend half a pixel beyond the first and the last point,
/// so that the pixels around these are covered. A `closed` polyline returns to its first point.
pub(crate) fn stroke(canvas: &mut PixmapMut, points: &[(f32, f32)], closed: bool, width: f32, ink: Ink) {
    let (columns, rows) = (canvas.width() as usize, canvas.height() as usize);
    // The columns of each row that have coverage.
    let mut touched = vec![columns..0; rows];
    COVERAGE.with_borrow_mut(|coverage| {
        if coverage.len() < columns * rows {
            coverage.resize(columns * rows, 0);
        }
        let last = if closed { points.len() } else { points.len().saturating_sub(1) };
        for index in 0..last {
            let ends = Ends { first: !closed && index == 0, last: !closed && index + 1 == last };
            let Some(line) = Line::new(points[index], points[(index + 1) % points.len()], width, ends) else {
                continue;
            };
            for row in line.rows(rows) {
                let pixels = line.pixels(row, columns);
                line.cover(pixels.start, row, &mut coverage[row * columns..][pixels.clone()]);
                let touched = &mut touched[row];
                *touched = touched.start.min(pixels.start)..touched.end.max(pixels.end);
            }
        }
        let (canvas, _) = canvas.data_mut().as_chunks_mut::<4>();
        for (row, pixels) in touched.into_iter().enumerate().filter(|(_, pixels)| !pixels.is_empty()) {
            let span = row * columns + pixels.start..row * columns + pixels.end;
            blend(&mut canvas[span.clone()], &mut coverage[span], ink);
        }
    });
}

/// Blends a colour over pixels by their coverage, and resets the coverage to 0.
fn blend(pixels: &mut [[u8; 4]], coverage: &mut [u8], ink: Ink) {
    let blend_some = |pixels: &mut [[u8; 4]], coverage: &mut [u8]| {
        for (pixel, covered) in pixels.iter_mut().zip(coverage) {
            match std::mem::take(covered) {
                0 => {}
                255 => ink.over(pixel),
                covered => ink.covering(covered).over(pixel),
            }
        }
    };
    let (pixel_chunks, pixels) = pixels.as_chunks_mut::<LANES>();
    let (chunks, coverage) = coverage.as_chunks_mut::<LANES>();
    for (pixels, coverage) in pixel_chunks.iter_mut().zip(chunks) {
        // Most pixels between the first and the last of a row have no coverage.
        if u64::from_ne_bytes(*coverage) != 0 {
            blend_some(pixels, coverage);
        }
    }
    blend_some(pixels, coverage);
}

/// Which ends of a line are ends of the polyline, and therefore flat.
struct Ends {
    first: bool,
    last: bool,
}

/// A straight line between two points of a polyline.
struct Line {
    from: (f32, f32),
    /// The smaller coordinates of the two ends.
    low: (f32, f32),
    /// The larger coordinates of the two ends.
    high: (f32, f32),
    /// The direction, of length 1.
    unit: (f32, f32),
    length: f32,
    /// The distance from the line at which coverage ends: half the width and half a pixel.
    reach: f32,
    /// Columns to the right for each row down.
    run: f32,
    /// Half the length of a row inside the strip that extends `reach` to both sides of the line.
    chord: f32,
    ends: Ends,
}

impl Line {
    /// Returns `None` if both points are the same.
    fn new(from: (f32, f32), to: (f32, f32), width: f32, ends: Ends) -> Option<Self> {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let unit = (dx / length, dy / length);
        let reach = width / 2.0 + 0.5;
        // A horizontal line is parallel to the rows, so that the strip does not limit them.
        let (run, chord) = if dy == 0.0 { (0.0, f32::INFINITY) } else { (dx / dy, reach / unit.1.abs()) };
        let (low, high) = ((from.0.min(to.0), from.1.min(to.1)), (from.0.max(to.0), from.1.max(to.1)));
        (length > 0.0).then_some(Self { from, low, high, unit, length, reach, run, chord, ends })
    }

    /// Returns the rows that may have coverage.
    fn rows(&self, limit: usize) -> Range<usize> {
        pixels(self.low.1 - self.reach, self.high.1 + self.reach, limit)
    }

    /// Returns the columns of a row that may have coverage.
    fn pixels(&self, row: usize, limit: usize) -> Range<usize> {
        let middle = self.from.0 + (row as f32 + 0.5 - self.from.1) * self.run;
        let left = (self.low.0 - self.reach).max(middle - self.chord);
        let right = (self.high.0 + self.reach).min(middle + self.chord);
        let pixels = pixels(left, right, limit);
        // The pixels are whole groups of `LANES`. The coverage of the additional pixels is 0.
        pixels.start..(pixels.start + pixels.len().next_multiple_of(LANES)).min(limit)
    }

    /// Raises the coverage of pixels of a row, of which the first is in `column`, to that of this line.
    fn cover(&self, column: usize, row: usize, coverage: &mut [u8]) {
        let (x, y) = (column as f32 + 0.5 - self.from.0, row as f32 + 0.5 - self.from.1);
        let (along, across) = (x * self.unit.0 + y * self.unit.1, y * self.unit.0 - x * self.unit.1);
        let end = along + coverage.len() as f32 * self.unit.0;
        let between_ends = along.min(end) >= 0.0 && along.max(end) <= self.length;
        for (chunk, coverage) in coverage.chunks_mut(LANES).enumerate() {
            let first = (chunk * LANES) as i32 as f32;
            let (along, across) = (along + first * self.unit.0, across - first * self.unit.1);
            if !between_ends {
                for (step, covered) in coverage.iter_mut().enumerate() {
                    let step = step as i32 as f32;
                    let part = self.coverage_at(along + step * self.unit.0, across - step * self.unit.1);
                    // The conversion saturates below 0 and above 255.
                    *covered = ((part * 255.0 + 0.5) as u8).max(*covered);
                }
                continue;
            }
            // Fixed-point numbers, in 1/256 of a step of coverage, let the compiler vectorise the loop.
            let fixed = |value: f32| (value * (255.0 * 256.0)) as i32;
            let (across, step, reach) = (fixed(across), fixed(self.unit.1), fixed(self.reach) + 128);
            let part = |lane: usize| ((reach - (across - lane as i32 * step).abs()) >> 8).clamp(0, 255) as u8;
            if let Ok(coverage) = <&mut [u8; LANES]>::try_from(&mut *coverage) {
                let parts: [u8; LANES] = std::array::from_fn(part);
                coverage.iter_mut().zip(parts).for_each(|(covered, part)| *covered = part.max(*covered));
            } else {
                coverage.iter_mut().enumerate().for_each(|(lane, covered)| *covered = part(lane).max(*covered));
            }
        }
    }

    /// Returns the coverage of a pixel near the ends, not clamped to 0 to 1. `along` and `across` are the distances of
    /// its centre from the first point, in the direction of the line and at a right angle to it.
    fn coverage_at(&self, along: f32, across: f32) -> f32 {
        let (before, after) = ((-along).max(0.0), (along - self.length).max(0.0));
        // Beyond a joint, the coverage depends on the distance from the point. A flat end is half a pixel beyond the
        // point.
        let (joint_before, flat_before) = if self.ends.first { (0.0, before) } else { (before, 0.0) };
        let (joint_after, flat_after) = if self.ends.last { (0.0, after) } else { (after, 0.0) };
        let joint = joint_before + joint_after;
        (self.reach - (across * across + joint * joint).sqrt()).min(1.0 - flat_before - flat_after)
    }
}

/// Returns the pixels of 0 to `limit` whose centres are between two coordinates.
fn pixels(from: f32, to: f32, limit: usize) -> Range<usize> {
    // The conversion rounds down, because the clamped value is not negative.
    let clip = |at: f32| (at + 0.5).clamp(0.0, limit as f32) as u32 as usize;
    clip(from)..clip(to).max(clip(from))
}

/// Draws the ring between two circles around the centre of a pixel, or a disc if the inner radius is negative.
pub(crate) fn ring(canvas: &mut PixmapMut, center: (i32, i32), inner: f32, outer: f32, ink: Ink) {
    let (columns, rows) = (canvas.width() as usize, canvas.height() as usize);
    let (x, y) = (center.0 as f32 + 0.5, center.1 as f32 + 0.5);
    // Half the length of a row inside a circle.
    let chord = |radius: f32, dy: f32| (radius * radius - dy * dy).max(0.0).sqrt();
    for row in pixels(y - outer - 0.5, y + outer + 0.5, rows) {
        let dy = row as f32 + 0.5 - y;
        let reach = chord(outer + 0.5, dy);
        let touched = pixels(x - reach, x + reach, columns);
        // The pixels that have full coverage in a disc, and none in the hole of a ring.
        let even = chord(if inner < 0.0 { outer - 0.5 } else { (inner - 0.5).max(0.0) }, dy);
        let mut even = pixels(x - even, x + even, columns);
        if even.is_empty() {
            even = touched.end..touched.end;
        } else if inner < 0.0 {
            fill_rect(canvas, even.start as i64..even.end as i64, row as i64..row as i64 + 1, ink);
        }
        let (line, _) = canvas.data_mut()[row * columns * 4..][..columns * 4].as_chunks_mut::<4>();
        for column in (touched.start..even.start).chain(even.end..touched.end) {
            let distance = (column as f32 + 0.5 - x).hypot(dy);
            let covered = (outer + 0.5 - distance).min(distance - inner + 0.5).min(1.0);
            ink.covering((covered * 255.0 + 0.5) as u8).over(&mut line[column]);
        }
    }
}
