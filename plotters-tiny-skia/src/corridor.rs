//! Finds the shortest path through the pixels of a curve, for the smoothing of curves.

/// The shortest plateau, in pixels, that is kept level, or at full height if it is a peak.
const PLATEAU: usize = 4;

/// The vertical interval through which the path crosses a column of pixels.
struct Gate {
    u: f32,
    low: f32,
    high: f32,
}

/// Passes the corners and the end of the shortest path from (`u`, `v`) to the last of `points` to `corner`.
///
/// `points` are the pixels of a curve that never turns back along `u`. The path begins in the column of the first
/// pixel, and passes through every pixel of the columns between. If `to_center`, it ends in the centre of the last
/// pixel, and otherwise anywhere in that pixel on its vertical centre line. The algorithm is the funnel of Lee and
/// Preparata ("Euclidean Shortest Paths in the Presence of Rectilinear Barriers", Networks, 1984).
pub(crate) fn shortest_path(u: f32, v: f32, points: &[(i64, i64)], to_center: bool, mut corner: impl FnMut(f32, f32)) {
    let (first, last) = (points[0], points[points.len() - 1]);
    let mut gates = vec![Gate { u, low: v, high: v }];
    for column in points.chunk_by(|a, b| a.0 == b.0).filter(|column| ![first.0, last.0].contains(&column[0].0)) {
        let (low, high) = (column[0].1.min(column[column.len() - 1].1), column[0].1.max(column[column.len() - 1].1));
        // A curve that passes through two pixels of a column crosses the centre of the column between their centres.
        let margin = if low == high { 0.5 } else { 0.0 };
        let (low, high) = (low as f32 + 0.5 - margin, high as f32 + 0.5 + margin);
        gates.push(Gate { u: column[0].0 as f32 + 0.5, low, high });
    }
    let (end, middle) = (last.0 as f32 + 0.5, last.1 as f32 + 0.5);
    let margin = if to_center { 0.0 } else { 0.5 };
    gates.push(Gate { u: end, low: middle - margin, high: middle + margin });
    keep_plateaus(&mut gates);

    // The funnel: the range of slopes that pass every gate since the last corner, and the two gates that limit it.
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

/// Narrows gates to the centre of the pixel where the shortest path would flatten the top of a peak or tilt a plateau.
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
            // The gate of a single pixel has its edges at whole numbers. The gate of several pixels has them at their
            // centres.
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
