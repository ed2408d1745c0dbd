//! Points that begin side by side follow the Lorenz attractor and part. Each state follows from the one before, and is
//! drawn on every core.
//!
//! `cargo run --release --example lorenz` writes target/gallery/lorenz.mp4.

use std::io::Write;

use kinetograph::{Animation, Settings};
use tiny_skia::{Color, LineCap, Paint, PathBuilder, Pixmap, Stroke, Transform};

type Point = [f32; 3];

fn main() -> kinetograph::Result<()> {
    std::fs::create_dir_all("target/gallery").expect("a folder that can be made");
    let mut trails: Vec<Vec<Point>> = (0..16).map(|index| vec![[1.0 + 0.004 * index as f32, 1.0, 14.0]]).collect();
    let simulation = std::iter::from_fn(move || {
        for trail in &mut trails {
            (0..6).for_each(|_| trail.push(step(trail[trail.len() - 1])));
            trail.drain(..trail.len().saturating_sub(320));
        }
        Some(trails.clone())
    });
    let settings = Settings::new(1280, 720).frame_rate(30).background([8, 10, 22]);
    let movie = Animation::from_states(settings, simulation.skip(330).take(450), |canvas, trails, frame| {
        let colors = (0..).map(|index| Color::from_rgba8(255 - 12 * index, 90 + 10 * index, 40 + 13 * index, 255));
        trails.iter().zip(colors).for_each(|(trail, color)| draw(canvas, trail, 0.3 * frame.seconds() as f32, color));
        Ok(())
    });
    let report = movie.save("target/gallery/lorenz.mp4")?;
    let _ = writeln!(std::io::stdout(), "{report}"); // nobody may be reading
    Ok(())
}

/// Takes one step of Lorenz's equations.
fn step([x, y, z]: Point) -> Point {
    let time = 0.004;
    [x + time * 10.0 * (y - x), y + time * (x * (28.0 - z) - y), z + time * (x * y - 8.0 / 3.0 * z)]
}

/// Draws a trail that fades with age, seen from an angle that turns.
fn draw(canvas: &mut Pixmap, trail: &[Point], angle: f32, mut color: Color) {
    let (sin, cos) = angle.sin_cos();
    let project = |[x, y, z]: Point| (640.0 + 17.0 * (x * cos - y * sin), 690.0 - 13.5 * z);
    let pieces = trail.len().div_ceil(20);
    for (age, piece) in (0..pieces).map(|piece| &trail[20 * piece..trail.len().min(20 * piece + 21)]).enumerate() {
        let mut line = PathBuilder::new();
        let (x, y) = project(piece[0]);
        line.move_to(x, y);
        piece.iter().skip(1).map(|point| project(*point)).for_each(|(x, y)| line.line_to(x, y));
        color.set_alpha((age + 1) as f32 / pieces as f32);
        let mut paint = Paint::default();
        paint.set_color(color);
        let stroke = Stroke { width: 3.0, line_cap: LineCap::Round, ..Stroke::default() };
        let Some(line) = line.finish() else { continue };
        canvas.stroke_path(&line, &paint, &stroke, Transform::identity(), None);
    }
}
