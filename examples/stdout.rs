//! Writes a movie to a pipe: `cargo run --release --example stdout | ffplay -`.
//!
//! The reader can begin before the last frame is drawn. Nothing else goes to standard output.

use std::io::{ErrorKind, IsTerminal, Write};

use kinetograph::{Error, Layout, Movie, Settings};
use tiny_skia::{Color, Paint, PathBuilder, Pixmap, Stroke, Transform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let output = std::io::stdout();
    if output.is_terminal() {
        return Err("standard output is a terminal; redirect it to a file or a program".into());
    }
    match record(output) {
        // The reader has what it wanted. The status is that of a program that SIGPIPE has ended.
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::BrokenPipe => std::process::exit(141),
        result => Ok(result?),
    }
}

fn record(output: std::io::Stdout) -> kinetograph::Result<()> {
    let mut movie = Movie::stream(output, &Settings::new(720, 720).frame_rate(30).layout(Layout::Fragmented))?;
    let mut canvas = Pixmap::new(720, 720).expect("a valid size");
    for frame in 0..240u16 {
        draw(&mut canvas, f32::from(frame) / 240.0);
        movie.push(&canvas)?;
    }
    let (_, report) = movie.finish()?;
    let _ = writeln!(std::io::stderr(), "{report}"); // nobody may be reading
    Ok(())
}

/// Draws the curve of a spirograph up to now, in colours that change along it.
fn draw(canvas: &mut Pixmap, now: f32) {
    canvas.fill(Color::from_rgba8(250, 247, 240, 255));
    let at = |share: f32| {
        let (orbit, spin) = (share * 13.0 * std::f32::consts::TAU, share * 13.0 * std::f32::consts::TAU * 18.0 / 13.0);
        (360.0 + 190.0 * orbit.cos() + 130.0 * spin.cos(), 360.0 + 190.0 * orbit.sin() - 130.0 * spin.sin())
    };
    let stroke = Stroke { width: 3.0, ..Stroke::default() };
    let arcs = (now * 300.0) as u16;
    for arc in 0..=arcs {
        let mut path = PathBuilder::new();
        for step in 0..=8_u8 {
            let (x, y) = at((f32::from(arc) + f32::from(step) / 8.0).min(now * 300.0) / 300.0);
            if step == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        let hue = f32::from(arc) / 300.0 * std::f32::consts::TAU;
        let tone = |shift: f32| (110.0 + 90.0 * (hue + shift).cos()) as u8;
        let mut paint = Paint::default();
        paint.set_color_rgba8(tone(0.0), tone(2.1), tone(4.2), 255);
        if let Some(path) = path.finish() {
            canvas.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }
}
