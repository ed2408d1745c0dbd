//! Keeps far-away coordinates from tiny-skia, whose fixed-point numbers they would overflow.

use plotters_backend::BackendCoord;

/// Further from the origin than any canvas reaches, in pixels.
pub(super) const FAR: i32 = 1 << 15;

fn is_near((x, y): BackendCoord) -> bool {
    x.unsigned_abs() <= FAR as u32 && y.unsigned_abs() <= FAR as u32
}

/// The pieces of a polyline that may be seen.
pub(super) fn clip_polyline(points: &[BackendCoord], mut piece: impl FnMut(&[BackendCoord])) {
    if points.iter().copied().all(is_near) {
        return piece(points);
    }
    let mut near: Vec<BackendCoord> = Vec::new();
    for segment in points.windows(2) {
        let Some((from, to)) = clip_segment(segment[0], segment[1]) else { continue };
        if near.last().is_some_and(|&last| last != from) {
            piece(&near);
            near.clear();
        }
        if near.is_empty() {
            near.push(from);
        }
        near.push(to);
    }
    if !near.is_empty() {
        piece(&near);
    }
}

/// The part of a segment that is near, by Liang and Barsky's algorithm.
fn clip_segment(from: BackendCoord, to: BackendCoord) -> Option<(BackendCoord, BackendCoord)> {
    let limit = f64::from(FAR);
    let (x, y) = (f64::from(from.0), f64::from(from.1));
    let (dx, dy) = (f64::from(to.0) - x, f64::from(to.1) - y);
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (speed, room) in [(-dx, x + limit), (dx, limit - x), (-dy, y + limit), (dy, limit - y)] {
        if speed < 0.0 {
            start = start.max(room / speed);
        } else if speed > 0.0 {
            end = end.min(room / speed);
        } else if room < 0.0 {
            return None;
        }
    }
    let at = |part: f64| ((x + part * dx).round() as i32, (y + part * dy).round() as i32);
    (start <= end).then(|| (at(start), at(end)))
}

/// The part of a polygon that is near, by Sutherland and Hodgman's algorithm.
pub(super) fn clip_polygon(vertices: Vec<BackendCoord>) -> Vec<BackendCoord> {
    if vertices.iter().copied().all(is_near) {
        return vertices;
    }
    let limit = f64::from(FAR);
    let mut polygon: Vec<(f64, f64)> = vertices.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).collect();
    for (across_x, across_y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
        // How far inside the edge at hand a point is.
        let room = |at: (f64, f64)| limit - at.0 * across_x - at.1 * across_y;
        let before = polygon.iter().copied().cycle().skip(polygon.len().saturating_sub(1));
        let mut clipped = Vec::with_capacity(polygon.len() + 1);
        for (from, to) in before.zip(polygon.iter().copied()) {
            let (inside_from, inside_to) = (room(from), room(to));
            if (inside_from < 0.0) != (inside_to < 0.0) {
                let part = inside_from / (inside_from - inside_to);
                clipped.push((from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1)));
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
    fn what_is_near_is_left_alone() {
        let points = [(0, 0), (FAR, -FAR), (3, 4)];
        let mut pieces = Vec::new();
        clip_polyline(&points, |piece| pieces.push(piece.to_vec()));
        assert_eq!(pieces, [points.to_vec()]);
        assert_eq!(clip_polygon(points.to_vec()), points);
    }

    #[test]
    fn the_least_coordinate_is_far() {
        for at in [(i32::MIN, 0), (0, i32::MIN), (i32::MIN, i32::MIN)] {
            assert!(!is_near(at), "{at:?}");
        }
        assert_eq!(clip_segment((i32::MIN, 7), (0, 7)), Some(((-FAR, 7), (0, 7))));
    }

    #[test]
    fn what_is_clipped_is_near_and_on_the_line() {
        for (from, to) in [((0, 10), (WORST, 10)), ((-WORST, -WORST), (WORST, WORST)), ((5, WORST), (5, i32::MIN))] {
            let (a, b) = clip_segment(from, to).unwrap();
            assert!(is_near(a) && is_near(b), "{a:?} {b:?}");
            let cross = |p: BackendCoord| {
                let (dx, dy) = (f64::from(to.0) - f64::from(from.0), f64::from(to.1) - f64::from(from.1));
                (f64::from(p.0) - f64::from(from.0)) * dy - (f64::from(p.1) - f64::from(from.1)) * dx
            };
            let length = f64::from(to.0) - f64::from(from.0);
            assert!(cross(a).abs() <= length.abs() && cross(b).abs() <= length.abs());
        }
        assert_eq!(clip_segment((WORST, 0), (WORST, 9)), None);
        assert_eq!(clip_segment((-WORST, WORST), (WORST, WORST - 10)), None);
    }

    #[test]
    fn a_polyline_that_leaves_and_returns_is_two_pieces() {
        let mut pieces = Vec::new();
        clip_polyline(&[(0, 0), (WORST, 0), (WORST, 9), (0, 9)], |piece| pieces.push(piece.to_vec()));
        assert_eq!(pieces, [vec![(0, 0), (FAR, 0)], vec![(FAR, 9), (0, 9)]]);
    }

    #[test]
    fn a_polygon_around_everything_becomes_the_border() {
        let mut corners = clip_polygon(vec![(-WORST, -WORST), (WORST, -WORST), (WORST, WORST), (-WORST, WORST)]);
        corners.sort_unstable();
        corners.dedup();
        assert_eq!(corners, [(-FAR, -FAR), (-FAR, FAR), (FAR, -FAR), (FAR, FAR)]);
        assert!(clip_polygon(vec![(WORST, 0), (WORST, 9), (WORST - 9, 4)]).is_empty());
    }
}
