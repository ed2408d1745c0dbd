//! Shapes and text in one call each.

use plotters::prelude::*;
use tiny_skia::{FillRule, Paint, PathBuilder, Pixmap, Stroke, Transform};

use super::Drawn;
use kinetograph::plot::PixmapBackend;

/// The first colours of matplotlib.
pub const COLORS: [[u8; 3]; 8] = [
    [31, 119, 180],
    [255, 127, 14],
    [44, 160, 44],
    [214, 39, 40],
    [148, 103, 189],
    [140, 86, 75],
    [227, 119, 194],
    [23, 190, 207],
];

/// Returns the time of a frame in seconds.
pub fn seconds(index: usize) -> f64 {
    index as f64 / 30.0
}

pub fn rgb([red, green, blue]: [u8; 3]) -> RGBColor {
    RGBColor(red, green, blue)
}

pub fn paint([red, green, blue]: [u8; 3], alpha: f32) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (255.0 * alpha) as u8);
    paint
}

pub fn fill(canvas: &mut Pixmap, [red, green, blue]: [u8; 3]) {
    canvas.fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
}

pub fn disc(canvas: &mut Pixmap, (x, y): (f32, f32), radius: f32, color: [u8; 3], alpha: f32) {
    if let Some(path) = PathBuilder::from_circle(x, y, radius) {
        canvas.fill_path(&path, &paint(color, alpha), FillRule::Winding, Transform::identity(), None);
    }
}

fn path(points: impl IntoIterator<Item = (f32, f32)>) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (x, y) in points {
        if path.is_empty() { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path
}

pub fn line(canvas: &mut Pixmap, points: impl IntoIterator<Item = (f32, f32)>, width: f32, color: [u8; 3], alpha: f32) {
    if let Some(path) = path(points).finish() {
        let stroke = Stroke { width, ..Stroke::default() };
        canvas.stroke_path(&path, &paint(color, alpha), &stroke, Transform::identity(), None);
    }
}

pub fn polygon(canvas: &mut Pixmap, points: impl IntoIterator<Item = (f32, f32)>, color: [u8; 3]) {
    let mut path = path(points);
    path.close();
    if let Some(path) = path.finish() {
        canvas.fill_path(&path, &paint(color, 1.0), FillRule::Winding, Transform::identity(), None);
    }
}

/// Writes a line of text whose top left corner is at a position.
pub fn write(canvas: &mut Pixmap, text: &str, at: (i32, i32), family: &str, size: f64, color: [u8; 3]) -> Drawn {
    let area = PixmapBackend::new(canvas).into_drawing_area();
    Ok(area.draw(&Text::new(text.to_string(), at, (family, size).into_font().color(&rgb(color))))?)
}
