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
/// through. Of all curves through these the shortest is drawn: a string pulled taut through the pixels, whose corners are
/// rounded off. It is straight where the curve may have been, half a pixel from the middles of the pixels of a smooth
/// curve, and at most one and a quarter from those of the roughest.
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
    // Corners of a string, which are rounded off; the others are corners of what is drawn.
    let mut corners = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let from = curve[curve.len() - 1];
        let to_center = !(run.is_dense() && runs.get(index + 1).is_some_and(Run::is_dense));
        let first = curve.len();
        if !run.is_dense() {
            curve.push(center(points[run.end]));
        } else if run.upright {
            pull(from.1, from.0, &swapped[run.start..=run.end], to_center, |u, v| curve.push((v, u)));
        } else {
            pull(from.0, from.1, &points[run.start..=run.end], to_center, |u, v| curve.push((u, v)));
        }
        corners.extend(first..curve.len() - usize::from(to_center));
    }
    round_off(&curve, &corners)
}

/// Replaces corners by arcs, parabolas that begin and end on the two sides of the corner and as far from it.
fn round_off(curve: &[(f32, f32)], corners: &[usize]) -> Vec<(f32, f32)> {
    let mut round = Vec::with_capacity(curve.len() + 2 * corners.len());
    let mut rest = corners.iter().peekable();
    for (index, &(x, y)) in curve.iter().enumerate() {
        if rest.next_if(|corner| **corner == index).is_none() {
            round.push((x, y));
            continue;
        }
        // Cannot be out of bounds: a run ends in a corner only if another one follows.
        let (before, after) = (curve[index - 1], curve[index + 1]);
        let (to_before, to_after) = ((before.0 - x, before.1 - y), (after.0 - x, after.1 - y));
        let (length_before, length_after) = (to_before.0.hypot(to_before.1), to_after.0.hypot(to_after.1));
        if length_before == 0.0 || length_after == 0.0 {
            continue;
        }
        let (to_before, to_after) = (
            (to_before.0 / length_before, to_before.1 / length_before),
            (to_after.0 / length_after, to_after.1 / length_after),
        );
        // The arc leaves the corner by a quarter of this; that shall be a quarter of a pixel at most.
        let bend = (to_before.0 + to_after.0).hypot(to_before.1 + to_after.1);
        let cut = (length_before.min(length_after) / 2.0).min(1.0 / bend.max(1e-3));
        if bend * cut < 0.15 {
            // It would leave the corner by less than can be seen.
            round.push((x, y));
            continue;
        }
        for part in [0.0, 0.5, 1.0_f32] {
            let (weight_before, weight_after) = (cut * (1.0 - part) * (1.0 - part), cut * part * part);
            let at = |corner, before, after| corner + weight_before * before + weight_after * after;
            let (x, y) = (at(x, to_before.0, to_after.0), at(y, to_before.1, to_after.1));
            // Arcs may meet half-way between corners.
            if round.last().is_none_or(|last: &(f32, f32)| (x - last.0).hypot(y - last.1) > 0.01) {
                round.push((x, y));
            }
        }
    }
    round
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
    let (mut direction, mut stepped) = (0, false);
    let dense = |step: &&[(i64, i64)]| {
        let (du, dv) = (step[1].0 - step[0].0, step[1].1 - step[0].1);
        if du == 0 {
            // Within a column, one step to the pixel beside it.
            return dv.abs() <= 1 && !std::mem::replace(&mut stepped, true);
        }
        let onward = direction * du >= 0;
        (direction, stepped) = (du.signum(), false);
        onward && du.abs() <= DENSE && dv.abs() <= STEEP * du.abs()
    };
    let mut steps = points.windows(2).take_while(dense).count();
    // It ends where it enters its last column.
    while steps > 0 && points[steps].0 == points[steps - 1].0 {
        steps -= 1;
    }
    steps
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
        let (low, high) = (column[0].1.min(column[column.len() - 1].1), column[0].1.max(column[column.len() - 1].1));
        // Where a curve passes from one pixel of a column to the next, its middle is not beyond the middles of these.
        let play = if low == high { 0.5 } else { 0.0 };
        gates.push(Gate { u: column[0].0 as f32 + 0.5, low: low as f32 + 0.5 - play, high: high as f32 + 0.5 + play });
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
            // Not where the curve passes between two pixels.
            if gate.low.fract() == 0.0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels that samples of a curve fall in, without repetitions, as plotters hands them over.
    fn pixels(samples: usize, curve: impl Fn(f64) -> (f64, f64)) -> Vec<BackendCoord> {
        let mut points: Vec<BackendCoord> = (0..=samples)
            .map(|index| curve(index as f64 / samples as f64))
            .map(|(x, y)| (x.floor() as i32, y.floor() as i32))
            .collect();
        points.dedup();
        points
    }

    fn distance_to_segment(p: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let part = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
        (a.0 + part * dx - p.0).hypot(a.1 + part * dy - p.1)
    }

    fn distance(point: (f32, f32), curve: &[(f32, f32)]) -> f32 {
        curve.windows(2).map(|ab| distance_to_segment(point, ab[0], ab[1])).fold(f32::INFINITY, f32::min)
    }

    /// Sum of the angles by which a polyline turns, in radians.
    fn turning(curve: &[(f32, f32)]) -> f32 {
        let angle = |ab: &[(f32, f32)]| (ab[1].1 - ab[0].1).atan2(ab[1].0 - ab[0].0);
        let turn = |abc: &[(f32, f32)]| {
            let turn = (angle(&abc[1..]) - angle(&abc[..2])).abs();
            turn.min(std::f32::consts::TAU - turn)
        };
        curve.windows(3).map(turn).sum()
    }

    #[test]
    fn a_straight_line_of_any_slope_is_straight_again() {
        for slope in [0.01, 0.1, 0.37, 0.9, 1.0, 1.1, 2.7, 30.0] {
            for (sx, sy) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0)] {
                let length = 300.0 / f64::hypot(1.0, slope);
                let points = pixels(900, |t| (sx * length * t + 0.3, sy * length * slope * t + 0.4));
                let turning = turning(&smooth(&points));
                assert!(turning < 0.12, "slope {slope}: turns by {turning}");
            }
        }
    }

    #[test]
    fn a_curve_keeps_within_a_pixel_and_turns_no_more_than_it_does() {
        let circle = |t: f64| {
            let (sin, cos) = (t * std::f64::consts::TAU).sin_cos();
            (100.0 + 80.0 * cos, 100.0 + 80.0 * sin)
        };
        let curve = smooth(&pixels(1000, circle));
        for index in 0..500 {
            let (x, y) = circle(f64::from(index) / 500.0);
            let away = distance((x as f32, y as f32), &curve);
            assert!(away < 0.75, "{away} from ({x}, {y})");
        }
        let (turned, stairs) = (
            turning(&curve),
            turning(&pixels(1000, circle).iter().map(|&p| (p.0 as f32, p.1 as f32)).collect::<Vec<_>>()),
        );
        assert!(turned < 1.6 * std::f32::consts::TAU, "{turned}");
        assert!(stairs > 10.0 * turned, "the stairs turn by {stairs} only");
    }

    #[test]
    fn no_point_is_more_than_a_pixel_and_a_quarter_away() {
        // Steps of all kinds, from a generator of Park and Miller.
        let mut random = 1_u64;
        let mut next = |limit: u64| {
            random = random * 48_271 % 2_147_483_647;
            (random % limit) as i32
        };
        for reach in [2, 3, 5, 9, 30] {
            let mut at = (0, 0);
            let mut points = vec![at];
            for _ in 0..2000 {
                at = (at.0 + next(reach) - reach as i32 / 4, at.1 + next(reach) - reach as i32 / 2);
                points.push(at);
            }
            points.dedup();
            let curve = smooth(&points);
            for &(x, y) in &points {
                let away = distance((x as f32 + 0.5, y as f32 + 0.5), &curve);
                assert!(away < 1.251, "reach {reach}: {away} from {:?}", (x, y));
            }
        }
    }

    #[test]
    fn corners_of_sparse_points_stay_in_the_middle_of_their_pixels() {
        let zigzag = [(0, 0), (20, 13), (40, 0), (60, 40), (60, 90), (0, 90)];
        assert_eq!(smooth(&zigzag), zigzag.map(|(x, y)| (x as f32 + 0.5, y as f32 + 0.5)));
    }

    #[test]
    fn a_level_piece_before_a_pulse_stays_level_and_a_peak_stays_high() {
        let pulse = |t: f64| (400.0 * t, 100.3 - 60.0 * (-((400.0 * t - 300.0) / 20.0).powi(2)).exp());
        let curve = smooth(&pixels(800, pulse));
        let level = curve.iter().filter(|at| at.0 < 200.0);
        assert!(level.clone().all(|at| at.1 == 100.5), "{:?}", level.collect::<Vec<_>>());
        let top = curve.iter().map(|at| at.1).fold(f32::INFINITY, f32::min);
        assert!((40.5..40.76).contains(&top), "{top}");
    }
}
