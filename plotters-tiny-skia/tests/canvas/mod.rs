//! Canvases that tests draw on and examine.
#![allow(dead_code)] // no test uses all of it

use plotters::{coord::Shift, prelude::*};
use plotters_tiny_skia::PixmapBackend;
use tiny_skia::Pixmap;

pub fn white(width: u32, height: u32) -> Pixmap {
    let mut canvas = Pixmap::new(width, height).unwrap();
    canvas.fill(tiny_skia::Color::WHITE);
    canvas
}

pub fn draw(canvas: &mut Pixmap, draw: impl FnOnce(&DrawingArea<PixmapBackend, Shift>)) {
    draw(&PixmapBackend::new(canvas).into_drawing_area());
}

pub fn rgb(canvas: &Pixmap, x: u32, y: u32) -> [u8; 3] {
    let pixel = canvas.pixel(x, y).unwrap();
    [pixel.red(), pixel.green(), pixel.blue()]
}

/// Returns the darkness of each grey pixel, as text and axes have them, and 0 for each coloured pixel.
pub fn gray_darkness(canvas: &Pixmap) -> Vec<u8> {
    let darkness = |pixel: &tiny_skia::PremultipliedColorU8| {
        let (low, high) =
            (pixel.red().min(pixel.green()).min(pixel.blue()), pixel.red().max(pixel.green()).max(pixel.blue()));
        if high - low < 30 { 255 - high } else { 0 }
    };
    canvas.pixels().iter().map(darkness).collect()
}
