//! Equal programs draw equal frames and convert them to equal planes on every processor and system. The checksums are
//! those of x86-64.

use kinetograph::color::{Converter, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame, PixelFormat};
use tiny_skia::{
    BlendMode, Color, FillRule, FilterQuality, GradientStop, LinearGradient, Paint, Path, PathBuilder, Pixmap,
    PixmapPaint, Point, RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

fn noise(bytes: u32) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..bytes).map(|_| random.u8(..)).collect()
}

#[test]
fn planes_are_the_same_everywhere() {
    let (width, height) = (133, 75);
    let pixels = noise(4 * width * height);
    let mut found = crc32fast::Hasher::new();
    for &format in PixelFormat::ALL {
        let pixels = &pixels[..(width * height) as usize * format.bytes_per_pixel()];
        let frame = Frame::new(pixels, width, height, format);
        for (&chroma, &depth) in Chroma::ALL.iter().flat_map(|c| BitDepth::ALL.iter().map(move |depth| (c, depth))) {
            let mut planes = Planes::new(width, height, chroma, depth);
            Converter::new(ColorSpace::BT709, chroma, depth, [10, 200, 90]).convert(&frame, &mut planes).unwrap();
            for plane in 0..planes.count() {
                (0..planes.size(plane).1).for_each(|y| found.update(planes.row(plane, y)));
            }
        }
    }
    assert_eq!(format!("{:08x}", found.finalize()), "64771916");
}

/// A blot that moves with the time.
fn blot(time: f32) -> Path {
    let mut path = PathBuilder::new();
    path.move_to(20.0 + time, 20.0);
    path.cubic_to(300.0, 40.0 + time, 10.0, 200.0, 250.0, 230.0 - time);
    path.quad_to(160.0, 10.0, 40.0, 200.0);
    path.close();
    path.finish().unwrap()
}

fn gradient(time: f32, is_radial: bool) -> Shader<'static> {
    let colors = [Color::from_rgba8(50, 127, 150, 200), Color::from_rgba8(220, 140, 75, 180), Color::BLACK];
    let stops = [0.0, 0.4, 1.0].into_iter().zip(colors).map(|(at, color)| GradientStop::new(at, color)).collect();
    let (begin, turned) = (Point::from_xy(100.0, 100.0), Transform::from_rotate(time));
    match is_radial {
        true => {
            RadialGradient::new(begin, 0.0, Point::from_xy(120.0, 90.0), 90.0 + time, stops, SpreadMode::Pad, turned)
        }
        false => LinearGradient::new(begin, Point::from_xy(190.0, 200.0 - time), stops, SpreadMode::Reflect, turned),
    }
    .unwrap()
}

#[test]
fn drawings_are_the_same_everywhere() {
    let mut picture = Pixmap::new(50, 50).unwrap();
    picture.data_mut().copy_from_slice(&noise(4 * 50 * 50));
    picture.data_mut().chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
    let mut found = crc32fast::Hasher::new();
    for frame in 0..20 {
        let time = frame as f32 * 0.37;
        for style in 0..6 {
            let mut canvas = Pixmap::new(320, 240).unwrap();
            canvas.fill(Color::WHITE);
            let mut paint = Paint::default();
            paint.set_color_rgba8(200, 30, 90, if style == 0 { 255 } else { 127 });
            match style {
                2 | 3 => paint.shader = gradient(time, style == 3),
                4 => paint.blend_mode = BlendMode::SoftLight,
                5 => {
                    for (quality, x) in [(FilterQuality::Bicubic, 20.0), (FilterQuality::Bilinear, 150.0)] {
                        let paint = PixmapPaint { quality, ..PixmapPaint::default() };
                        let place = Transform::from_row(2.3, 0.1, -0.2, 3.1, x + time, 10.0);
                        canvas.draw_pixmap(0, 0, picture.as_ref(), &paint, place, None);
                    }
                }
                _ => {}
            }
            let (path, stroke) = (blot(time), Stroke { width: 2.7, ..Stroke::default() });
            canvas.fill_path(&path, &paint, FillRule::EvenOdd, Transform::identity(), None);
            canvas.stroke_path(&path, &paint, &stroke, Transform::from_rotate(time / 3.0), None);
            found.update(canvas.data());
        }
    }
    assert_eq!(format!("{:08x}", found.finalize()), "55fc7936");
}
