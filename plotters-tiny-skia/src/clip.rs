//! Clips lines and polygons to coordinates that do not overflow the fixed-point numbers of tiny-skia.

use plotters_backend::BackendCoord;

/// The largest coordinate of lines, circles and polygons that are drawn, in pixels from the origin.
pub(crate) const MAX_COORDINATE: i32 = 1 << 15;

fn is_inside((x, y): BackendCoord) -> bool {
    x.unsigned_abs() <= MAX_COORDINATE as u32 && y.unsigned_abs() <= MAX_COORDINATE as u32
}

/// Passes the parts of a polyline that are inside the limit to `draw`, each as a polyline.
pub(crate) fn clip_polyline(points: &[BackendCoord], mut draw: impl FnMut(&[BackendCoord])) {
    if points.iter().copied().all(is_inside) {
        return draw(points);
    }
    let mut inside: Vec<BackendCoord> = Vec::new();
    for line in points.windows(2) {
        let Some((from, to)) = clip_line(line[0], line[1]) else { continue };
        if inside.last().is_some_and(|&last| last != from) {
            draw(&inside);
            inside.clear();
        }
        if inside.is_empty() {
            inside.push(from);
        }
        inside.push(to);
    }
    if !inside.is_empty() {
        draw(&inside);
    }
}

/// Returns the part of a line that is inside the limit, by the algorithm of Liang and Barsky ("A New Concept and Method
/// for Line Clipping", ACM Transactions on Graphics, 1984).
fn clip_line(from: BackendCoord, to: BackendCoord) -> Option<(BackendCoord, BackendCoord)> {
    let limit = f64::from(MAX_COORDINATE);
    let (x, y) = (f64::from(from.0), f64::from(from.1));
    let (dx, dy) = (f64::from(to.0) - x, f64::from(to.1) - y);
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (delta, room) in [(-dx, x + limit), (dx, limit - x), (-dy, y + limit), (dy, limit - y)] {
        if delta < 0.0 {
            start = start.max(room / delta);
        } else if delta > 0.0 {
            end = end.min(room / delta);
        } else if room < 0.0 {
            return None;
        }
    }
    let at = |t: f64| ((x + t * dx).round() as i32, (y + t * dy).round() as i32);
    (start <= end).then(|| (at(start), at(end)))
}

/// Returns the part of a polygon that is inside the limit, by the algorithm of Sutherland and Hodgman ("Reentrant
/// Polygon Clipping", Communications of the ACM, 1974).
pub(crate) fn clip_polygon(vertices: Vec<BackendCoord>) -> Vec<BackendCoord> {
    if vertices.iter().copied().all(is_inside) {
        return vertices;
    }
    let limit = f64::from(MAX_COORDINATE);
    let mut polygon: Vec<(f64, f64)> = vertices.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).collect();
    for (across_x, across_y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        // The distance of a point from this edge, positive inside.
        let room = |at: (f64, f64)| limit - at.0 * across_x - at.1 * across_y;
        let before = polygon.iter().copied().cycle().skip(polygon.len().saturating_sub(1));
        let mut clipped = Vec::with_capacity(polygon.len() + 1);
        for (from, to) in before.zip(polygon.iter().copied()) {
            let (inside_from, inside_to) = (room(from), room(to));
            if (inside_from < 0.0) != (inside_to < 0.0) {
                let t = inside_from / (inside_from - inside_to);
                clipped.push((from.0 + t * (to.0 - from.0), from.1 + t * (to.1 - from.1)));
            }
            if inside_to >= 0.0 {
                clipped.push(to);
            }
        }
        polygon = clipped;
    }
    polygon.iter().map(|&(x, y)| (x.round() as i32, y.round() as i32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORST: i32 = i32::MAX;

    #[test]
    fn shapes_within_the_limit_are_unchanged() {
        let points = [(0, 0), (MAX_COORDINATE, -MAX_COORDINATE), (3, 4)];
        let mut parts = Vec::new();
        clip_polyline(&points, |part| parts.push(part.to_vec()));
        assert_eq!(parts, [points.to_vec()]);
        assert_eq!(clip_polygon(points.to_vec()), points);
    }

    #[test]
    fn i32_min_is_outside() {
        for at in [(i32::MIN, 0), (0, i32::MIN), (i32::MIN, i32::MIN)] {
            assert!(!is_inside(at), "{at:?}");
        }
        assert_eq!(clip_line((i32::MIN, 7), (0, 7)), Some(((-MAX_COORDINATE, 7), (0, 7))));
    }

    #[test]
    fn clipped_ends_are_inside_and_on_the_line() {
        for (from, to) in [((0, 10), (WORST, 10)), ((-WORST, -WORST), (WORST, WORST)), ((5, WORST), (5, i32::MIN))] {
            let (a, b) = clip_line(from, to).unwrap();
            assert!(is_inside(a) && is_inside(b), "{a:?} {b:?}");
            let cross = |p: BackendCoord| {
                let (dx, dy) = (f64::from(to.0) - f64::from(from.0), f64::from(to.1) - f64::from(from.1));
                (f64::from(p.0) - f64::from(from.0)) * dy - (f64::from(p.1) - f64::from(from.1)) * dx
            };
            let length = f64::from(to.0) - f64::from(from.0);
            assert!(cross(a).abs() <= length.abs() && cross(b).abs() <= length.abs());
        }
        assert_eq!(clip_line((WORST, 0), (WORST, 9)), None);
        assert_eq!(clip_line((-WORST, WORST), (WORST, WORST - 10)), None);
    }

    #[test]
    fn a_polyline_that_leaves_and_returns_becomes_two() {
        let mut parts = Vec::new();
        clip_polyline(&[(0, 0), (WORST, 0), (WORST, 9), (0, 9)], |part| parts.push(part.to_vec()));
        assert_eq!(parts, [vec![(0, 0), (MAX_COORDINATE, 0)], vec![(MAX_COORDINATE, 9), (0, 9)]]);
    }

    #[test]
    fn a_polygon_around_the_limit_becomes_its_square() {
        let mut corners = clip_polygon(vec![(-WORST, -WORST), (WORST, -WORST), (WORST, WORST), (-WORST, WORST)]);
        corners.sort_unstable();
        corners.dedup();
        assert_eq!(
            corners,
            [
                (-MAX_COORDINATE, -MAX_COORDINATE),
                (-MAX_COORDINATE, MAX_COORDINATE),
                (MAX_COORDINATE, -MAX_COORDINATE),
                (MAX_COORDINATE, MAX_COORDINATE)
            ]
        );
        assert!(clip_polygon(vec![(WORST, 0), (WORST, 9), (WORST - 9, 4)]).is_empty());
    }
}
