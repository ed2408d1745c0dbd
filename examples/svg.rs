//! A clock: resvg draws an SVG for each frame.
//!
//! `cargo run --release --example svg` writes target/gallery/svg.mp4.

use std::io::Write;

use kinetograph::{Movie, Settings};
use resvg::usvg::{Options, Tree};
use tiny_skia::{Pixmap, Transform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all("target/gallery")?;
    let mut options = Options { font_family: "DejaVu Sans".into(), ..Options::default() };
    options.fontdb_mut().load_font_data(dejavu::sans::regular().to_vec());
    let mut movie = Movie::create("target/gallery/svg.mp4", &Settings::new(480, 480).frame_rate(30))?;
    let mut canvas = Pixmap::new(480, 480).expect("a valid size");
    for frame in 0..150 {
        let tree = Tree::from_str(&clock(10.0 * 3600.0 + 9.0 * 60.0 + 20.0 + f64::from(frame) / 30.0), &options)?;
        resvg::render(&tree, Transform::from_scale(480.0 / 720.0, 480.0 / 720.0), &mut canvas.as_mut());
        movie.push(&canvas)?;
    }
    let report = movie.finish()?;
    let _ = writeln!(std::io::stdout(), "{report}"); // nobody may be reading
    Ok(())
}

/// Makes the SVG of a clock that shows a time in seconds since midnight.
fn clock(seconds: f64) -> String {
    let marks: String = (0..60)
        .map(|minute| {
            let (length, width) = if minute % 5 == 0 { (24, 6) } else { (12, 2) };
            let turn = minute * 6;
            format!(
                r##"<path d="M0-268v{length}" stroke-width="{width}" stroke="#27374d" transform="rotate({turn})"/>"##
            )
        })
        .collect();
    let numbers: String = (1..=12)
        .map(|hour| {
            let (sin, cos) = (f64::from(hour) * std::f64::consts::TAU / 12.0).sin_cos();
            format!(r#"<text x="{}" y="{}">{hour}</text>"#, 212.0 * sin, 13.0 - 212.0 * cos)
        })
        .collect();
    // The second hand overshoots each mark and swings back.
    let beat = seconds.fract();
    let swing = seconds.floor() + 1.0 - (-14.0 * beat).exp() * (45.0 * beat).cos();
    let (hour, minute, second) = (seconds / 120.0, seconds / 10.0, swing * 6.0);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-360 -360 720 720">
        <defs>
          <radialGradient id="face" cy=".35"><stop stop-color="#fff"/><stop offset="1" stop-color="#dde6ed"/></radialGradient>
          <linearGradient id="wall" x2=".4" y2="1"><stop stop-color="#f7b267"/><stop offset="1" stop-color="#d1495b"/></linearGradient>
          <filter id="shadow"><feDropShadow dx="4" dy="8" stdDeviation="6" flood-opacity=".35"/></filter>
        </defs>
        <rect x="-360" y="-360" width="720" height="720" fill="url(#wall)"/>
        <circle r="300" fill="#27374d" filter="url(#shadow)"/><circle r="282" fill="url(#face)"/>{marks}
        <g font-size="38" text-anchor="middle" fill="#27374d">{numbers}</g>
        <g stroke-linecap="round" filter="url(#shadow)">
          <path d="M0 30V-140" stroke="#27374d" stroke-width="16" transform="rotate({hour})"/>
          <path d="M0 36V-205" stroke="#27374d" stroke-width="10" transform="rotate({minute})"/>
          <path d="M0 55V-235" stroke="#d1495b" stroke-width="5" transform="rotate({second})"/>
          <circle r="13" fill="#d1495b"/>
        </g></svg>"##
    )
}
