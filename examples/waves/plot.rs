//! Draws a frame, as a pure function of its index.

use std::f32::consts::TAU;

use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

const COLORS: [[u8; 3]; 5] = [[31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189]];
const POINTS: usize = 500;
const MARKERS: usize = 40;

/// Returns the area of the curves, which is the same fraction of every canvas.
fn axes(canvas: &Pixmap) -> Rect {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    Rect::from_ltrb(0.08 * width, 0.06 * height, 0.97 * width, 0.92 * height).expect("a canvas has a size")
}

/// Draws what does not move: grid lines and a border, on white.
pub fn backdrop(width: u32, height: u32) -> Pixmap {
    let mut canvas = Pixmap::new(width, height).expect("a valid size");
    canvas.fill(Color::WHITE);
    let axes = axes(&canvas);
    let mut grid = PathBuilder::new();
    for line in 1..10 {
        let share = line as f32 / 10.0;
        let (x, y) = (axes.left() + share * axes.width(), axes.top() + share * axes.height());
        grid.move_to(x, axes.top());
        grid.line_to(x, axes.bottom());
        grid.move_to(axes.left(), y);
        grid.line_to(axes.right(), y);
    }
    stroke(&mut canvas, grid, [204; 3], 1.0);
    let mut frame = PathBuilder::new();
    frame.push_rect(axes);
    stroke(&mut canvas, frame, [0; 3], 1.0);
    canvas
}

/// Draws the curves, which move to the left at different speeds, and the markers, which move along them to the right.
pub fn draw(canvas: &mut Pixmap, index: u64) {
    let axes = axes(canvas);
    let turn = TAU * index as f32 / 120.0;
    let place = |wave: usize, x: f32| {
        let wave = wave as f32;
        let y = 0.5 - (0.42 - 0.06 * wave) * (TAU * (1.0 + 0.5 * wave) * x + turn * (1.0 + 0.25 * wave)).sin();
        (axes.left() + x * axes.width(), axes.top() + y * axes.height())
    };
    for (wave, color) in COLORS.into_iter().enumerate() {
        let mut curve = PathBuilder::with_capacity(POINTS, POINTS);
        for point in 0..POINTS {
            let (x, y) = place(wave, point as f32 / (POINTS - 1) as f32);
            if point == 0 { curve.move_to(x, y) } else { curve.line_to(x, y) }
        }
        stroke(canvas, curve, color, 1.5);
    }
    for (wave, color) in COLORS.into_iter().enumerate() {
        let mut circles = PathBuilder::new();
        for marker in (wave..MARKERS).step_by(COLORS.len()) {
            let (x, y) = place(wave, (marker as f32 / MARKERS as f32 + index as f32 / 300.0).fract());
            circles.push_circle(x, y, 4.0);
        }
        if let Some(circles) = circles.finish() {
            canvas.fill_path(&circles, &paint(color), FillRule::Winding, Transform::identity(), None);
        }
    }
}

fn stroke(canvas: &mut Pixmap, line: PathBuilder, color: [u8; 3], width: f32) {
    if let Some(path) = line.finish() {
        let stroke = Stroke { width, ..Stroke::default() };
        canvas.stroke_path(&path, &paint(color), &stroke, Transform::identity(), None);
    }
}

fn paint([red, green, blue]: [u8; 3]) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}
