//! Smooths polylines whose points plotters has rounded to pixels.

use plotters_backend::BackendCoord;

use crate::corridor::shortest_path;

/// The largest distance, in pixels, between points of a densely sampled curve. Points further apart are corners.
const DENSE: i64 = 8;

/// The steepest slope, in rows for each column, of a curve that is treated as a function of its column.
const STEEP: i64 = 2;

/// Returns the polyline through the centres of pixels, smoothed where the pixels are dense.
///
/// plotters rounds every point to a pixel before a backend receives it. A curve that is sampled more densely than the
/// pixels therefore arrives as a staircase, which anti-aliasing does not smooth. Only the pixels that such a curve
/// passes through are known. The result is the shortest path through these pixels, with its corners rounded. It is
/// straight wherever the curve may have been straight. It passes within half a pixel of the centres of the pixels of a
/// smooth curve, and within one and a quarter of those of any curve.
pub(crate) fn smooth(points: &[BackendCoord]) -> Vec<(f32, f32)> {
    let points: Vec<(i64, i64)> = points.iter().map(|&(x, y)| (i64::from(x), i64::from(y))).collect();
    let swapped: Vec<(i64, i64)> = points.iter().map(|&(x, y)| (y, x)).collect();
    let mut runs: Vec<Run> = Vec::new();
    while let Some(rest) = points.get(runs.last().map_or(0, |run| run.end)..).filter(|rest| rest.len() > 1) {
        let start = points.len() - rest.len();
        let (shallow, steep) = (run_length(rest), run_length(&swapped[start..]));
        runs.push(Run { start, end: start + shallow.max(steep).max(1), steep: steep > shallow });
    }
    let mut curve = vec![center(points[0])];
    // Corners of shortest paths, which are rounded. The other corners belong to the drawing.
    let mut corners = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let from = curve[curve.len() - 1];
        let to_center = !(run.is_dense() && runs.get(index + 1).is_some_and(Run::is_dense));
        let first = curve.len();
        if !run.is_dense() {
            curve.push(center(points[run.end]));
        } else if run.steep {
            shortest_path(from.1, from.0, &swapped[run.start..=run.end], to_center, |u, v| curve.push((v, u)));
        } else {
            shortest_path(from.0, from.1, &points[run.start..=run.end], to_center, |u, v| curve.push((u, v)));
        }
        corners.extend(first..curve.len() - usize::from(to_center));
    }
    round_off(&curve, &corners)
}

/// Replaces corners by parabolic arcs, whose ends are on the two sides of the corner and equally far from it.
fn round_off(curve: &[(f32, f32)], corners: &[usize]) -> Vec<(f32, f32)> {
    let mut round = Vec::with_capacity(curve.len() + 2 * corners.len());
    let mut rest = corners.iter().peekable();
    for (index, &(x, y)) in curve.iter().enumerate() {
        if rest.next_if(|corner| **corner == index).is_none() {
            round.push((x, y));
            continue;
        }
        // This cannot be out of bounds, because a run ends in a corner only if another run follows.
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
        // The arc passes the corner at a distance of `bend * cut / 4`, which `cut` limits to a quarter of a pixel.
        let bend = (to_before.0 + to_after.0).hypot(to_before.1 + to_after.1);
        let cut = (length_before.min(length_after) / 2.0).min(1.0 / bend.max(1e-3));
        if bend * cut < 0.15 {
            // The arc would hardly differ from the corner.
            round.push((x, y));
            continue;
        }
        for part in [0.0, 0.5, 1.0_f32] {
            let (weight_before, weight_after) = (cut * (1.0 - part) * (1.0 - part), cut * part * part);
            let at = |corner, before, after| corner + weight_before * before + weight_after * after;
            let (x, y) = (at(x, to_before.0, to_after.0), at(y, to_before.1, to_after.1));
            // Arcs of neighbouring corners may meet half-way.
            if round.last().is_none_or(|last: &(f32, f32)| (x - last.0).hypot(y - last.1) > 0.01) {
                round.push((x, y));
            }
        }
    }
    round
}

/// Returns the centre of a pixel.
fn center((x, y): (i64, i64)) -> (f32, f32) {
    (x as f32 + 0.5, y as f32 + 0.5)
}

/// Consecutive points, by the indices of the first and the last.
struct Run {
    start: usize,
    end: usize,
    /// Whether the points are a function of the row instead of the column.
    steep: bool,
}

impl Run {
    fn is_dense(&self) -> bool {
        self.end - self.start > 1
    }
}

/// Returns how many steps from the first point on belong to a dense curve that is a function of its column, or 0 if the
/// curve does not leave its first column.
fn run_length(points: &[(i64, i64)]) -> usize {
    let (mut direction, mut stepped) = (0, false);
    let dense = |step: &&[(i64, i64)]| {
        let (du, dv) = (step[1].0 - step[0].0, step[1].1 - step[0].1);
        if du == 0 {
            // Within a column, a single step to the next pixel is allowed.
            return dv.abs() <= 1 && !std::mem::replace(&mut stepped, true);
        }
        let onward = direction * du >= 0;
        (direction, stepped) = (du.signum(), false);
        onward && du.abs() <= DENSE && dv.abs() <= STEEP * du.abs()
    };
    let mut steps = points.windows(2).take_while(dense).count();
    // The run ends where the curve enters its last column.
    while steps > 0 && points[steps].0 == points[steps - 1].0 {
        steps -= 1;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the pixels that samples of a curve fall in, without repetitions, as plotters passes them to a backend.
    fn pixels(samples: usize, curve: impl Fn(f64) -> (f64, f64)) -> Vec<BackendCoord> {
        let mut points: Vec<BackendCoord> = (0..=samples)
            .map(|index| curve(index as f64 / samples as f64))
            .map(|(x, y)| (x.floor() as i32, y.floor() as i32))
            .collect();
        points.dedup();
        points
    }

    fn distance_to_line(p: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let part = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
        (a.0 + part * dx - p.0).hypot(a.1 + part * dy - p.1)
    }

    fn distance(point: (f32, f32), curve: &[(f32, f32)]) -> f32 {
        curve.windows(2).map(|ab| distance_to_line(point, ab[0], ab[1])).fold(f32::INFINITY, f32::min)
    }

    /// Returns the sum of the angles by which a polyline turns, in radians.
    fn turning(curve: &[(f32, f32)]) -> f32 {
        let angle = |ab: &[(f32, f32)]| (ab[1].1 - ab[0].1).atan2(ab[1].0 - ab[0].0);
        let turn = |abc: &[(f32, f32)]| {
            let turn = (angle(&abc[1..]) - angle(&abc[..2])).abs();
            turn.min(std::f32::consts::TAU - turn)
        };
        curve.windows(3).map(turn).sum()
    }

    #[test]
    fn straight_lines_of_all_slopes_become_straight() {
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
    fn a_circle_stays_within_a_pixel_and_smooth() {
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
        let (turned, staircase) = (
            turning(&curve),
            turning(&pixels(1000, circle).iter().map(|&p| (p.0 as f32, p.1 as f32)).collect::<Vec<_>>()),
        );
        assert!(turned < 1.6 * std::f32::consts::TAU, "{turned}");
        assert!(staircase > 10.0 * turned, "the staircase turns by only {staircase}");
    }

    #[test]
    fn no_point_moves_by_more_than_a_pixel_and_a_quarter() {
        // Steps from a pseudo-random generator by Park and Miller.
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
    fn corners_of_sparse_points_stay_in_place() {
        let zigzag = [(0, 0), (20, 13), (40, 0), (60, 40), (60, 90), (0, 90)];
        assert_eq!(smooth(&zigzag), zigzag.map(|(x, y)| (x as f32 + 0.5, y as f32 + 0.5)));
    }

    #[test]
    fn plateaus_stay_level_and_peaks_stay_high() {
        let pulse = |t: f64| (400.0 * t, 100.3 - 60.0 * (-((400.0 * t - 300.0) / 20.0).powi(2)).exp());
        let curve = smooth(&pixels(800, pulse));
        let plateau = curve.iter().filter(|at| at.0 < 200.0);
        assert!(plateau.clone().all(|at| at.1 == 100.5), "{:?}", plateau.collect::<Vec<_>>());
        let top = curve.iter().map(|at| at.1).fold(f32::INFINITY, f32::min);
        assert!((40.5..40.76).contains(&top), "{top}");
    }
}
