//! Takes the stairs out of curves that were rounded to pixels.

use plotters_backend::BackendCoord;

/// The most pixels from one point to the next of a densely sampled curve. Points further apart are corners.
const DENSE: i64 = 8;

/// The steepest that a curve may be to be seen as a function of its column: cells to a column.
const STEEP: i64 = 2;

/// The shortest plateau, in pixels, whose peak is worth keeping, and that may be meant to be level.
const PLATEAU: usize = 4;

/// The polyline through the middles of the pixels; where it is dense, a smooth one through the same pixels.
///
/// plotters rounds every point to a pixel before a backend gets it, so that a curve sampled more densely than the pixels
/// arrives as stairs, which no anti-aliasing can smooth. All that is known of such a curve is which pixels it runs
/// through. Of all curves through these the shortest is drawn: a string pulled taut through the pixels. It is at most
/// half a pixel from the rounded points, and straight where the curve may have been.
pub(super) fn smooth(points: &[BackendCoord]) -> Vec<(f32, f32)> {
    let points: Vec<(i64, i64)> = points.iter().map(|&(x, y)| (i64::from(x), i64::from(y))).collect();
    let swapped: Vec<(i64, i64)> = points.iter().map(|&(x, y)| (y, x)).collect();
    let mut runs: Vec<Run> = Vec::new();
    while let Some(rest) = points.get(runs.last().map_or(0, |run| run.end)..).filter(|rest| rest.len() > 1) {
        let start = points.len() - rest.len();
        let (flat, upright) = (run_length(rest), run_length(&swapped[start..]));
        runs.push(Run { start, end: start + flat.max(upright).max(1), upright: upright > flat });
    }
    let mut curve = vec![center(points[0])];
    for (index, run) in runs.iter().enumerate() {
        let from = curve[curve.len() - 1];
        let to_center = !(run.is_dense() && runs.get(index + 1).is_some_and(Run::is_dense));
        if !run.is_dense() {
            curve.push(center(points[run.end]));
        } else if run.upright {
            pull(from.1, from.0, &swapped[run.start..=run.end], to_center, |u, v| curve.push((v, u)));
        } else {
            pull(from.0, from.1, &points[run.start..=run.end], to_center, |u, v| curve.push((u, v)));
        }
    }
    curve
}

/// The middle of a pixel.
fn center((x, y): (i64, i64)) -> (f32, f32) {
    (x as f32 + 0.5, y as f32 + 0.5)
}

/// Points from one index to another, both included.
struct Run {
    start: usize,
    end: usize,
    /// Whether it is a function of its row.
    upright: bool,
}

impl Run {
    fn is_dense(&self) -> bool {
        self.end - self.start > 1
    }
}

/// How many steps from the first point on are those of a dense curve that is a function of its column; 0 if it does not
/// leave its column.
fn run_length(points: &[(i64, i64)]) -> usize {
    let (mut direction, mut lowest, mut highest) = (0, points[0].1, points[0].1);
    let dense = |step: &&[(i64, i64)]| {
        let (du, dv) = (step[1].0 - step[0].0, step[1].1 - step[0].1);
        if du == 0 {
            (lowest, highest) = (lowest.min(step[1].1), highest.max(step[1].1));
            return highest - lowest <= STEEP;
        }
        (lowest, highest) = (step[1].1, step[1].1);
        let onward = direction * du >= 0;
        direction = du.signum();
        onward && du.abs() <= DENSE && dv.abs() <= STEEP * du.abs()
    };
    let steps = points.windows(2).take_while(dense).count();
    if points[0].0 == points[steps].0 { 0 } else { steps }
}

/// A column of pixels that a curve runs through, from one edge to another.
struct Gate {
    u: f32,
    low: f32,
    high: f32,
}

/// Pulls a string from a point in the first column to the last pixel, through the columns between; `corner` is told
/// where it bends, and where it ends: in the middle of the pixel, or anywhere in its column if it is to go on from there.
fn pull(u: f32, v: f32, points: &[(i64, i64)], to_center: bool, mut corner: impl FnMut(f32, f32)) {
    let (first, last) = (points[0], points[points.len() - 1]);
    let mut gates = vec![Gate { u, low: v, high: v }];
    for column in points.chunk_by(|a, b| a.0 == b.0).filter(|column| ![first.0, last.0].contains(&column[0].0)) {
        let (low, high) = column.iter().fold((i64::MAX, i64::MIN), |(low, high), at| (low.min(at.1), high.max(at.1)));
        gates.push(Gate { u: column[0].0 as f32 + 0.5, low: low as f32, high: high as f32 + 1.0 });
    }
    let (end, middle) = center(last);
    let play = if to_center { 0.0 } else { 0.5 };
    gates.push(Gate { u: end, low: middle - play, high: middle + play });
    keep_plateaus(&mut gates);

    // The funnel: the slopes that reach every gate since the last corner, and the gates that limit them.
    let (mut at, mut v) = (0, v);
    'corners: loop {
        let ((mut low, mut low_at), (mut high, mut high_at)) = ((f32::MIN, at), (f32::MAX, at));
        for (index, gate) in gates.iter().enumerate().skip(at + 1) {
            let away = (gate.u - gates[at].u).abs();
            let (to_low, to_high) = ((gate.low - v) / away, (gate.high - v) / away);
            if to_low > high || to_high < low {
                (at, v) = if to_low > high { (high_at, gates[high_at].high) } else { (low_at, gates[low_at].low) };
                corner(gates[at].u, v);
                continue 'corners;
            }
            if to_high <= high {
                (high, high_at) = (to_high, index);
            }
            if to_low >= low {
                (low, low_at) = (to_low, index);
            }
        }
        return corner(end, v + (low + high) / 2.0 * (end - gates[at].u).abs());
    }
}

/// Narrows gates to the middle of the pixel where a string would take something away from the curve: the tops of peaks,
/// and level pieces, which it would tilt.
fn keep_plateaus(gates: &mut [Gate]) {
    let mut ends: Vec<usize> = Vec::new();
    for index in 1..gates.len() {
        if gates[index].low.floor() != gates[index - 1].low.floor() {
            ends.push(index);
        }
    }
    ends.push(gates.len());
    let starts: Vec<usize> = std::iter::once(0).chain(ends.iter().copied()).collect();
    let level: Vec<f32> = starts[..ends.len()].iter().map(|&start| gates[start].low.floor()).collect();
    for plateau in 0..level.len() {
        let (start, end) = (starts[plateau], ends[plateau]);
        let length = |plateau: usize| ends[plateau] - starts[plateau];
        let before = plateau.checked_sub(1);
        let after = (plateau + 1 < level.len()).then_some(plateau + 1);
        let peak = before
            .zip(after)
            .is_some_and(|(before, after)| (level[before] - level[plateau]) * (level[after] - level[plateau]) > 0.0);
        let beside = before.map_or(0, length).max(after.map_or(0, length)) + 1;
        let mut pin = |index: usize| {
            let gate = &mut gates[index];
            if gate.high - gate.low == 1.0 {
                (gate.low, gate.high) = (gate.low + 0.5, gate.low + 0.5);
            }
        };
        if end - start >= PLATEAU * beside {
            pin(start + beside);
            pin(end - 1 - beside);
        } else if peak && end - start >= PLATEAU {
            pin((start + end) / 2);
        }
    }
}
