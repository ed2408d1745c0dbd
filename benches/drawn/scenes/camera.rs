//! Pictures like those of a camera: texture or soft light, motion of the whole picture, grain.

use std::sync::LazyLock;

use tiny_skia::{Color, FilterQuality, Pixmap, PixmapPaint, PremultipliedColorU8, Transform};

use super::Drawn;
use super::brush::{disc, fill, polygon, seconds};

/// Adds grain: the sum of two random numbers from 0 to 3, less 3, so that its middle values are the most likely.
fn grain(canvas: &mut Pixmap, index: usize) {
    let mut random = fastrand::Rng::with_seed(index as u64);
    for pixel in canvas.pixels_mut() {
        let dice = random.u8(..);
        let add = |channel: u8| channel.saturating_add((dice & 3) + (dice >> 2 & 3)).saturating_sub(3);
        *pixel = PremultipliedColorU8::from_rgba(add(pixel.red()), add(pixel.green()), add(pixel.blue()), 255)
            .expect("an opaque colour");
    }
}

/// Draws surfaces with sharp edges, and on them noise of several octaves, as rocks and leaves have it.
fn backdrop(width: u32, height: u32) -> Pixmap {
    let mut picture = Pixmap::new(width, height).expect("a valid size");
    picture.fill(Color::from_rgba8(120, 150, 190, 255));
    let mut random = fastrand::Rng::with_seed(1893);
    for _ in 0..200 {
        let (x, y) = (random.f32() * width as f32, random.f32() * height as f32);
        let mut corner = || (x + 300.0 * (random.f32() - 0.5), y + 300.0 * (random.f32() - 0.5));
        let corners = [corner(), corner(), corner(), corner()];
        polygon(&mut picture, corners, [0; 3].map(|_| random.u8(20..230)));
    }
    for octave in 2..8 {
        let (columns, rows) = (4 << octave, 3 << octave);
        let mut cells = Pixmap::new(columns, rows).expect("a valid size");
        for cell in cells.pixels_mut() {
            let light = random.u8(..);
            let mut channel = || light / 4 * 3 + random.u8(..64);
            *cell = PremultipliedColorU8::from_rgba(channel(), channel(), channel(), 255).expect("an opaque colour");
        }
        let paint = PixmapPaint { quality: FilterQuality::Bicubic, opacity: 0.15, ..PixmapPaint::default() };
        let scale = Transform::from_scale(width as f32 / columns as f32, height as f32 / rows as f32);
        picture.draw_pixmap(0, 0, cells.as_ref(), &paint, scale, None);
    }
    picture
}

static BACKDROP: LazyLock<Pixmap> = LazyLock::new(|| backdrop(1920, 1080));

/// A textured landscape under a camera that pans, turns and zooms.
pub fn landscape(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index) as f32;
    let smooth = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
    let view = Transform::from_translate(-960.0 - 30.0 * now, -540.0 - 12.0 * now)
        .post_rotate(2.0 * (0.4 * now).sin())
        .post_scale(1.1 + 0.01 * now, 1.1 + 0.01 * now)
        .post_translate(640.0, 360.0);
    canvas.draw_pixmap(0, 0, BACKDROP.as_ref(), &smooth, view, None);
    grain(canvas, index);
    Ok(())
}

/// Lights out of focus, which move past each other in the dark, in a hand that shakes.
pub fn night(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index) as f32;
    fill(canvas, [24, 22, 30]);
    let (shake_x, shake_y) = (4.0 * (5.1 * now).sin() + 2.0 * (11.3 * now).sin(), 3.0 * (6.7 * now).cos());
    let mut random = fastrand::Rng::with_seed(17);
    for _ in 0..70 {
        let (radius, depth) = (20.0 + 60.0 * random.f32(), 0.5 + random.f32());
        let x = (1480.0 * random.f32() + 60.0 * depth * now) % 1480.0 - 100.0 + shake_x;
        let y = 720.0 * random.f32() + shake_y;
        let color = [[255, 190, 90], [255, 90, 60], [120, 170, 255], [250, 240, 220]][random.usize(..4)];
        // The edge of a light is soft over a fifth of its radius.
        for ring in 0..6 {
            disc(canvas, (x, y), radius * (1.0 - 0.04 * ring as f32), color, 0.07);
        }
    }
    grain(canvas, index);
    Ok(())
}
