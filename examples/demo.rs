//! A typical movie of matplotlib users: an image of noise in axes, 300 frames of 500×500 pixels at 30 frames per
//! second.
//!
//! `demo [OUTPUT]` writes demo.mp4 by default. The index of a frame seeds its noise, so every run makes the same bytes,
//! on any number of cores.

use std::io::Write;

use kinetograph::{Animation, Settings};
use tiny_skia::{FilterQuality, Paint, Pixmap, PixmapPaint, PremultipliedColorU8, Rect, Transform};

const FRAMES: u64 = 300;
const CELLS: u32 = 300;

/// The square axes of matplotlib on a figure of 5 by 5 inches at 100 dots per inch, in pixels.
const LEFT: f32 = 64.0;
const TOP: f32 = 60.0;
const SIDE: f32 = 385.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let output = std::env::args_os().nth(1).unwrap_or_else(|| "demo.mp4".into());
    let settings = Settings::new(500, 500).frame_rate(30);
    let picture = || Pixmap::new(CELLS, CELLS).expect("a valid size");
    let movie = Animation::with_scratch(settings, FRAMES, picture, |noise, canvas, frame| {
        let mut random = fastrand::Rng::with_seed(frame.index());
        for cell in noise.pixels_mut() {
            let grey = random.u8(..);
            *cell = PremultipliedColorU8::from_rgba(grey, grey, grey, 255).ok_or("an opaque colour")?;
        }
        draw(canvas, noise);
        Ok(())
    });
    let report = movie.save(output)?;
    let _ = writeln!(std::io::stdout(), "{report}"); // nobody may be reading
    Ok(())
}

/// Draws the image, with its cells as squares and a thin black border, on white.
fn draw(canvas: &mut Pixmap, picture: &Pixmap) {
    let nearest = PixmapPaint { quality: FilterQuality::Nearest, ..PixmapPaint::default() };
    let place = Transform::from_row(SIDE / CELLS as f32, 0.0, 0.0, SIDE / CELLS as f32, LEFT, TOP);
    canvas.draw_pixmap(0, 0, picture.as_ref(), &nearest, place, None);

    let black = Paint { anti_alias: false, ..Paint::default() };
    for (x, y, width, height) in [
        (LEFT - 1.0, TOP - 1.0, SIDE + 2.0, 1.0),
        (LEFT - 1.0, TOP + SIDE, SIDE + 2.0, 1.0),
        (LEFT - 1.0, TOP, 1.0, SIDE),
        (LEFT + SIDE, TOP, 1.0, SIDE),
    ] {
        let line = Rect::from_xywh(x, y, width, height).expect("a line inside the canvas");
        canvas.fill_rect(line, &black, Transform::identity(), None);
    }
}
