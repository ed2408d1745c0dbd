//! Draws some frames of each movie of the gallery on one sheet. The ffmpeg program decodes them.
//!
//! `cargo run --release --features plotters --example contact_sheet OUTPUT.png` reads target/gallery/*.mp4.

use std::path::Path;
use std::process::Command;

use kinetograph::plot::PixmapBackend;
use plotters::prelude::*;
use tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};

/// Each movie's name, its content, and the times of the frames to show, in seconds.
const MOVIES: [(&str, &str, [&str; 3]); 10] = [
    ("plot", "a plotters chart on every core", ["2", "5", "9.5"]),
    ("heat", "a PDE with a colour bar", ["1", "3.5", "7.5"]),
    ("particles", "a simulation, pushed frame by frame", ["0.8", "4.2", "7.5"]),
    ("svg", "an SVG a frame, by resvg", ["0.5", "2.2", "4.5"]),
    ("images", "a folder of PNGs, held and faded", ["1", "4.7", "8"]),
    ("large", "3840×2160, the sky drawn once", ["0.5", "2", "3.5"]),
    ("live", "watched in a browser while it is made", ["1", "4", "8"]),
    ("stdout", "to a pipe", ["1.5", "4", "7.5"]),
    ("lorenz", "states in order, drawn on every core", ["2", "7", "14"]),
    ("life", "states that are frames, in grey", ["0.7", "5", "14"]),
];
const TILE: (i32, i32) = (184, 104);
const GAP: i32 = 10;
const TITLE: i32 = 24;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let output = std::env::args_os().nth(1).ok_or("the name of the sheet is missing")?;
    let folder = tempfile::tempdir()?;
    let cell = (3 * TILE.0 + 3 * GAP, TITLE + TILE.1 + GAP);
    let mut sheet = Pixmap::new((2 * cell.0 + GAP) as u32, (5 * cell.1 + GAP) as u32).ok_or("an empty sheet")?;
    sheet.fill(tiny_skia::Color::WHITE);
    for (index, (name, about, times)) in MOVIES.into_iter().enumerate() {
        let (left, top) = (GAP + index as i32 % 2 * cell.0, GAP / 2 + index as i32 / 2 * cell.1);
        let area = PixmapBackend::new(&mut sheet).into_drawing_area();
        area.draw(&Text::new(name, (left, top + 4), ("sans-serif", 18, FontStyle::Bold)))?;
        let title_end =
            left + area.estimate_text_size(name, &("sans-serif", 18, FontStyle::Bold).into_font().into())?.0 as i32;
        let grey = ("sans-serif", 16).into_font().color(&BLACK.mix(0.6));
        area.draw(&Text::new(about, (title_end + 12, top + 5), grey))?;
        drop(area);
        for (column, time) in times.into_iter().enumerate() {
            let picture = frame(&Path::new("target/gallery").join(name).with_extension("mp4"), time, folder.path())?;
            let (x, y) = (left + column as i32 * (TILE.0 + GAP), top + TITLE);
            let area = PixmapBackend::new(&mut sheet).into_drawing_area();
            area.draw(&Rectangle::new([(x, y), (x + TILE.0, y + TILE.1)], RGBColor(244, 244, 244).filled()))?;
            drop(area);
            let centered = ((TILE.0 - picture.width() as i32) / 2, (TILE.1 - picture.height() as i32) / 2);
            let paint = PixmapPaint { quality: FilterQuality::Nearest, ..PixmapPaint::default() };
            sheet.draw_pixmap(x + centered.0, y + centered.1, picture.as_ref(), &paint, Transform::identity(), None);
        }
    }
    Ok(sheet.save_png(output)?)
}

/// Decodes the frame at a time in seconds, scaled to fit a tile.
fn frame(movie: &Path, time: &str, folder: &Path) -> Result<Pixmap, Box<dyn std::error::Error>> {
    let picture = folder.join("frame.png");
    let fit = format!("scale={}:{}:force_original_aspect_ratio=decrease:flags=lanczos+accurate_rnd", TILE.0, TILE.1);
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-v", "error", "-y", "-ss", time, "-i"])
        .arg(movie)
        .args(["-frames:v", "1", "-vf", &fit])
        .arg(&picture);
    // Beyond the end of the movie, ffmpeg succeeds without writing a frame.
    if !ffmpeg.status()?.success() || !picture.exists() {
        return Err(format!("ffmpeg decodes no frame of {} at {time} s", movie.display()).into());
    }
    let frame = Pixmap::load_png(&picture)?;
    std::fs::remove_file(picture)?; // otherwise a failure on the next movie would go unnoticed
    Ok(frame)
}
