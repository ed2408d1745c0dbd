//! A picture like that of a camera: a textured landscape with objects in front of it, and grain.

use std::f32::consts::TAU;

use tiny_skia::{
    Color, FillRule, FilterQuality, Paint, PathBuilder, Pattern, Pixmap, PixmapPaint, PremultipliedColorU8, SpreadMode,
    Transform,
};

/// Draws a frame, of 30 a second, in which the camera pans, turns and zooms.
pub fn draw(canvas: &mut Pixmap, backdrop: &Pixmap, frame: u32) {
    let seconds = frame as f32 / 30.0;
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let smooth = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
    // The backdrop is twice as wide and high as the canvas.
    let camera = Transform::from_translate(-width - 0.02 * width * seconds, -height - 0.01 * height * seconds)
        .post_rotate(3.0 * (0.4 * seconds).sin())
        .post_scale(1.0 + 0.01 * seconds.min(20.0), 1.0 + 0.01 * seconds.min(20.0))
        .post_translate(0.5 * width, 0.5 * height);
    canvas.fill(Color::BLACK);
    canvas.draw_pixmap(0, 0, backdrop.as_ref(), &smooth, camera, None);

    for object in 0..4 {
        let phase = object as f32 * 0.25;
        let x = width * (0.5 + 0.4 * (TAU * (0.07 * seconds + phase)).sin());
        let y = height * (0.5 + 0.3 * (TAU * (0.05 * seconds + 2.0 * phase)).cos());
        let texture = Transform::from_translate(-width * phase, -height * phase).post_rotate(40.0 * seconds);
        let shader = Pattern::new(
            backdrop.as_ref(),
            SpreadMode::Reflect,
            FilterQuality::Bilinear,
            1.0,
            texture.post_translate(x, y),
        );
        let circle = PathBuilder::from_circle(x, y, 0.09 * height).expect("a circle");
        let paint = Paint { shader, ..Paint::default() };
        canvas.fill_path(&circle, &paint, FillRule::Winding, Transform::identity(), None);
    }

    grain(canvas, frame);
}

/// Adds grain.
pub fn grain(canvas: &mut Pixmap, frame: u32) {
    let mut random = fastrand::Rng::with_seed(u64::from(frame));
    for pixel in canvas.pixels_mut() {
        // Grain is the sum of two random numbers from 0 to 3, so that its middle values are the most likely.
        let dice = random.u8(..);
        let grain = (dice & 3) + (dice >> 2 & 3);
        let add = |channel: u8| channel.saturating_add(grain).saturating_sub(3);
        *pixel = PremultipliedColorU8::from_rgba(add(pixel.red()), add(pixel.green()), add(pixel.blue()), 255)
            .expect("an opaque colour");
    }
}

/// Draws surfaces with sharp edges, and on them noise of seven octaves, as clouds, rocks and leaves have it: twice as
/// wide and high as the canvas.
pub fn backdrop(canvas: (u32, u32)) -> Pixmap {
    let (width, height) = (2 * canvas.0, 2 * canvas.1);
    let mut picture = Pixmap::new(width, height).expect("a valid size");
    picture.fill(Color::from_rgba8(120, 150, 190, 255));
    let mut random = fastrand::Rng::with_seed(1893);
    for _ in 0..300 {
        let mut path = PathBuilder::new();
        let (x, y) = (random.f32() * width as f32, random.f32() * height as f32);
        for corner in 0..4 {
            let mut near = |middle: f32| middle + (random.f32() - 0.5) * 0.25 * height as f32;
            let (x, y) = (near(x), near(y));
            if corner == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        let mut surface = Paint::default();
        surface.set_color_rgba8(random.u8(20..), random.u8(20..), random.u8(20..), 255);
        picture.fill_path(&path.finish().expect("corners"), &surface, FillRule::Winding, Transform::identity(), None);
    }
    for octave in 2..9 {
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
