//! Anti-aliased lines and circles, by the distance of each pixel from them.
//!
//! A pixel is covered as far as its middle is less than half a pixel outside the shape, which keeps upright lines crisp and
//! takes a third of the time of filling the outline with tiny-skia, whose 4 × 4 samples are coarser, too. All segments of
//! a line are gathered before they are blended, so that a translucent line is even where it crosses itself.

use std::{cell::RefCell, ops::Range};

use tiny_skia::PixmapMut;

use super::blend::{Ink, fill_rect};

/// Pixels that are worked on at once.
const LANES: usize = 8;

thread_local! {
    /// How much of each pixel the line at hand covers, from 0 to 255; all 0 between lines.
    static COVERAGE: RefCell<Vec<u8>> = RefCell::default();
}

/// Draws a line through points, with round joints, flush ends and half a pixel more at both, so that it includes the
/// pixels that it begins and ends in. If it is `closed`, it goes on to its first point.
pub(super) fn stroke(canvas: &mut PixmapMut, points: &[(f32, f32)], closed: bool, width: f32, ink: Ink) {
    let (columns, rows) = (canvas.width() as usize, canvas.height() as usize);
    // What is touched in each row.
    let mut touched = vec![columns..0; rows];
    COVERAGE.with_borrow_mut(|coverage| {
        if coverage.len() < columns * rows {
            coverage.resize(columns * rows, 0);
        }
        let last = if closed { points.len() } else { points.len().saturating_sub(1) };
        for index in 0..last {
            let ends = Ends { first: !closed && index == 0, last: !closed && index + 1 == last };
            let Some(segment) = Segment::new(points[index], points[(index + 1) % points.len()], width, ends) else {
                continue;
            };
            for row in segment.rows(rows) {
                let pixels = segment.pixels(row, columns);
                segment.cover(pixels.start, row, &mut coverage[row * columns..][pixels.clone()]);
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

/// Blends where pixels are covered, and leaves them uncovered.
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
        // Most of what is between the first and the last pixel of a row is not covered.
        if u64::from_ne_bytes(*coverage) != 0 {
            blend_some(pixels, coverage);
        }
    }
    blend_some(pixels, coverage);
}

/// Which ends of a segment are ends of the line, and so flush.
struct Ends {
    first: bool,
    last: bool,
}

/// A segment of a line, seen from its beginning.
struct Segment {
    from: (f32, f32),
    /// The smaller and the larger coordinates of its ends.
    low: (f32, f32),
    high: (f32, f32),
    /// Its direction.
    unit: (f32, f32),
    length: f32,
    /// Half the width of the line and half a pixel: how far a pixel can be that it touches.
    reach: f32,
    /// How far it goes along a row while it goes one row down, and half of what a row cuts from a strip of its reach.
    run: f32,
    chord: f32,
    ends: Ends,
}

impl Segment {
    /// `None` if it has no length.
    fn new(from: (f32, f32), to: (f32, f32), width: f32, ends: Ends) -> Option<Self> {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let unit = (dx / length, dy / length);
        let reach = width / 2.0 + 0.5;
        // A level line cuts every row without end; its ends limit it.
        let (run, chord) = if dy == 0.0 { (0.0, f32::INFINITY) } else { (dx / dy, reach / unit.1.abs()) };
        let (low, high) = ((from.0.min(to.0), from.1.min(to.1)), (from.0.max(to.0), from.1.max(to.1)));
        (length > 0.0).then_some(Self { from, low, high, unit, length, reach, run, chord, ends })
    }

    /// The rows of pixels that it touches.
    fn rows(&self, limit: usize) -> Range<usize> {
        pixels(self.low.1 - self.reach, self.high.1 + self.reach, limit)
    }

    /// The pixels of a row that it touches, and perhaps some more.
    fn pixels(&self, row: usize, limit: usize) -> Range<usize> {
        let middle = self.from.0 + (row as f32 + 0.5 - self.from.1) * self.run;
        let left = (self.low.0 - self.reach).max(middle - self.chord);
        let right = (self.high.0 + self.reach).min(middle + self.chord);
        let pixels = pixels(left, right, limit);
        // As many as are worked on at once; of those beyond it covers nothing.
        pixels.start..(pixels.start + pixels.len().next_multiple_of(LANES)).min(limit)
    }

    /// Adds what it covers of some pixels of a row.
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
                    let part = self.around_ends(along + step * self.unit.0, across - step * self.unit.1);
                    // The conversion saturates.
                    *covered = ((part * 255.0 + 0.5) as u8).max(*covered);
                }
                continue;
            }
            // In 1/256 of the steps of coverage, which is what makes this fast: compilers vectorise it.
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

    /// What is covered of a pixel, 0 to 1 or beyond.
    fn around_ends(&self, along: f32, across: f32) -> f32 {
        let (before, after) = ((-along).max(0.0), (along - self.length).max(0.0));
        // Around a joint, the distance is that from the end; a flush end is half a pixel further.
        let (joint_before, flush_before) = if self.ends.first { (0.0, before) } else { (before, 0.0) };
        let (joint_after, flush_after) = if self.ends.last { (0.0, after) } else { (after, 0.0) };
        let joint = joint_before + joint_after;
        (self.reach - (across * across + joint * joint).sqrt()).min(1.0 - flush_before - flush_after)
    }
}

/// The pixels whose middles are between two edges, and that are on the canvas.
fn pixels(from: f32, to: f32, limit: usize) -> Range<usize> {
    // The conversion rounds towards 0, which for what it is given is down.
    let clip = |at: f32| (at + 0.5).clamp(0.0, limit as f32) as u32 as usize;
    clip(from)..clip(to).max(clip(from))
}

/// Draws what lies between two circles around the middle of a pixel; a disc if the inner radius is negative.
pub(super) fn ring(canvas: &mut PixmapMut, center: (i32, i32), inner: f32, outer: f32, ink: Ink) {
    let (columns, rows) = (canvas.width() as usize, canvas.height() as usize);
    let (x, y) = (center.0 as f32 + 0.5, center.1 as f32 + 0.5);
    // Half the chord that a row cuts from a circle.
    let chord = |radius: f32, dy: f32| (radius * radius - dy * dy).max(0.0).sqrt();
    for row in pixels(y - outer - 0.5, y + outer + 0.5, rows) {
        let dy = row as f32 + 0.5 - y;
        let reach = chord(outer + 0.5, dy);
        let touched = pixels(x - reach, x + reach, columns);
        // Wholly in the disc, or wholly in the hole.
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
