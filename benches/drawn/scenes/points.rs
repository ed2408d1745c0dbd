//! Points: particles on black, and a graph that is built up.

use std::f32::consts::TAU;

use tiny_skia::Pixmap;

use super::Drawn;
use super::brush::{COLORS, disc, fill, line, seconds, write};

/// Three thousand points of three pixels on black, in orbits of many speeds.
pub fn particles(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index) as f32;
    fill(canvas, [0; 3]);
    let mut random = fastrand::Rng::with_seed(3);
    for number in 0..3000 {
        let radius = 30.0 + 320.0 * random.f32().sqrt();
        let angle = TAU * random.f32() + 40.0 / radius.sqrt() * now * 0.4;
        let wobble = 12.0 * (2.0 * now + TAU * random.f32()).sin();
        let at = (640.0 + 1.6 * (radius + wobble) * angle.cos(), 360.0 + (radius + wobble) * angle.sin());
        let color = [[255, 240, 200], [140, 190, 255], [255, 120, 90]][number % 3];
        disc(canvas, at, 1.5, color, 0.9);
    }
    Ok(())
}

/// Nodes and edges of a network, which appear one after another and sway a little.
pub fn graph(canvas: &mut Pixmap, index: usize, total: usize) -> Drawn {
    let now = seconds(index) as f32;
    fill(canvas, [255; 3]);
    let mut random = fastrand::Rng::with_seed(11);
    let shown = 12 + 78 * index / total.max(1);
    let nodes: Vec<_> = (0..90)
        .map(|number| {
            let (x, y) = (60.0 + 1160.0 * random.f32(), 90.0 + 590.0 * random.f32());
            let sway = TAU * random.f32();
            let linked = [random.usize(..=number), random.usize(..=number)];
            ((x + 4.0 * (now + sway).sin(), y + 4.0 * (1.3 * now + sway).cos()), linked)
        })
        .collect();
    for (at, linked) in &nodes[..shown] {
        for other in linked {
            line(canvas, [*at, nodes[*other].0], 1.2, [120; 3], 0.8);
        }
    }
    for (number, (at, linked)) in nodes[..shown].iter().enumerate() {
        disc(canvas, *at, 13.0, [255; 3], 1.0);
        disc(canvas, *at, 11.0, COLORS[linked[0] % 8], 1.0);
        write(canvas, &format!("n{number}"), (at.0 as i32 + 14, at.1 as i32 - 8), "sans-serif", 14.0, [30; 3])?;
    }
    write(canvas, &format!("{shown} nodes, {} edges", 2 * shown), (30, 24), "sans-serif", 26.0, [30; 3])
}
