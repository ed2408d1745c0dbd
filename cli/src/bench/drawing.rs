//! Pictures like those of a plot: moving curves on a grid.

use kinetograph::tiny_skia::{Color, Paint, PathBuilder, Pixmap, Stroke, Transform};

const COLORS: [[u8; 3]; 5] = [[31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189]];

/// Draws a picture, or returns `None` if it is too large for a pixmap.
pub fn picture(width: u32, height: u32, index: u64) -> Option<Pixmap> {
    let mut canvas = Pixmap::new(width, height)?;
    canvas.fill(Color::WHITE);
    let (width, height) = (width as f32, height as f32);
    for line in 1..10 {
        let share = line as f32 / 10.0;
        stroke(&mut canvas, [204; 3], 1.0, [(share * width, 0.0), (share * width, height)]);
        stroke(&mut canvas, [204; 3], 1.0, [(0.0, share * height), (width, share * height)]);
    }
    for (curve, color) in COLORS.into_iter().enumerate() {
        let curve = curve as f32;
        let points = (0..=400).map(|point| {
            let x = point as f32 / 400.0;
            let angle = 6.3 * (1.0 + 0.5 * curve) * x + 0.05 * index as f32 * (1.0 + 0.25 * curve);
            (x * width, height * (0.5 - (0.42 - 0.06 * curve) * angle.sin()))
        });
        stroke(&mut canvas, color, 1.5, points);
    }
    Some(canvas)
}

fn stroke(canvas: &mut Pixmap, [red, green, blue]: [u8; 3], width: f32, points: impl IntoIterator<Item = (f32, f32)>) {
    let mut line = PathBuilder::new();
    for (x, y) in points {
        if line.is_empty() { line.move_to(x, y) } else { line.line_to(x, y) }
    }
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    if let Some(path) = line.finish() {
        canvas.stroke_path(&path, &paint, &Stroke { width, ..Stroke::default() }, Transform::identity(), None);
    }
}
