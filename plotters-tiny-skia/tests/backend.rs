//! Tests the shapes that the backend draws.

mod canvas;
mod charts;

use canvas::{draw, rgb, white};
use charts::{SIZE, chart};
use plotters::{
    prelude::*,
    style::{
        FontTransform,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plotters_backend::DrawingErrorKind;
use plotters_tiny_skia::{Error, PixmapBackend};
use tiny_skia::Pixmap;

#[test]
fn axis_aligned_lines_are_crisp_and_exactly_as_wide() {
    for width in 1..=6 {
        for (from, to) in [((5, 20), (34, 20)), ((20, 5), (20, 34)), ((34, 20), (5, 20))] {
            let mut canvas = white(40, 40);
            draw(&mut canvas, |area| area.draw(&PathElement::new([from, to], BLACK.stroke_width(width))).unwrap());
            let black = canvas.pixels().iter().filter(|pixel| pixel.red() == 0).count();
            assert_eq!(black as u32, 30 * width, "{from:?} to {to:?}, width {width}");
            assert!(canvas.pixels().iter().all(|pixel| [0, 255].contains(&pixel.red())), "grey at width {width}");
        }
        // As part of a polyline.
        let mut canvas = white(40, 40);
        let corner = [(5, 5), (20, 5), (20, 30)];
        draw(&mut canvas, |area| area.draw(&PathElement::new(corner, BLACK.stroke_width(width))).unwrap());
        let across = (0..40).filter(|&x| rgb(&canvas, x, 20)[0] != 255).count();
        assert_eq!(across as u32, width);
    }
}

#[test]
fn a_translucent_polyline_is_even_at_crossings() {
    let mut canvas = white(60, 60);
    let loops = [(5, 30), (55, 30), (55, 55), (30, 55), (30, 5)];
    draw(&mut canvas, |area| area.draw(&PathElement::new(loops, BLACK.mix(0.5).stroke_width(5))).unwrap());
    assert_eq!(rgb(&canvas, 30, 30), rgb(&canvas, 15, 30));
    assert_eq!(canvas.pixels().iter().map(|pixel| pixel.red()).min(), Some(rgb(&canvas, 15, 30)[0]));
}

#[test]
fn an_outline_without_width_is_not_drawn() {
    let mut canvas = white(40, 40);
    draw(&mut canvas, |area| {
        let style = BLACK.stroke_width(0);
        area.draw(&Circle::new((20, 20), 12, style)).unwrap();
        area.draw(&Rectangle::new([(5, 5), (30, 30)], style)).unwrap();
        area.draw(&PathElement::new([(5, 30), (12, 8), (30, 5)], style)).unwrap();
    });
    assert!(canvas == white(40, 40));
}

#[test]
fn polygons_that_share_an_edge_leave_no_seam() {
    let mut canvas = white(60, 60);
    draw(&mut canvas, |area| {
        area.draw(&Polygon::new([(5, 5), (54, 9), (5, 54)], BLUE)).unwrap();
        area.draw(&Polygon::new([(54, 9), (5, 54), (50, 50)], BLUE)).unwrap();
    });
    for (x, y) in (10..45).flat_map(|x| (12..45).map(move |y| (x, y))) {
        let seam = rgb(&canvas, x, y)[0];
        assert!(seam <= 6, "{seam} at ({x}, {y})");
    }
}

#[test]
fn concurrent_threads_draw_the_same() {
    let pictures: Vec<Pixmap> = std::thread::scope(|scope| {
        let draw_one = || {
            let mut canvas = Pixmap::new(SIZE.0, SIZE.1).unwrap();
            draw(&mut canvas, |area| chart(area).unwrap());
            canvas
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(draw_one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(pictures.iter().all(|picture| picture == &pictures[0]));
}

/// Calls the backend directly, because drawing areas of plotters move coordinates into the area.
#[test]
fn no_coordinate_or_size_panics() {
    const FAR: [i32; 5] = [i32::MIN, -40_000, 15, 40_000, i32::MAX];
    let mut canvas = white(40, 30);
    let mut backend = PixmapBackend::new(&mut canvas);
    let pairs: Vec<(i32, i32)> = FAR.iter().flat_map(|&x| FAR.map(|y| (x, y))).collect();
    let (faint, opaque) = (RED.mix(0.1), BLUE);
    for &from in &pairs {
        backend.draw_pixel(from, faint.to_backend_color()).unwrap();
        for &to in &pairs {
            let shape = [from, to, (5, 5), (5, 5), (to.1, from.0)];
            for path in [&shape[..], &shape[..2], &shape[..3], &shape[..1], &[]] {
                for width in [0, 1, 5, u32::MAX] {
                    backend.draw_path(path.iter().copied(), &faint.stroke_width(width)).unwrap();
                }
                backend.fill_polygon(path.iter().copied(), &faint).unwrap();
                backend.fill_polygon(path.iter().copied(), &opaque).unwrap();
            }
            for width in [0, 1, 5, u32::MAX] {
                backend.draw_line(from, to, &faint.stroke_width(width)).unwrap();
                backend.draw_rect(from, to, &faint.stroke_width(width), false).unwrap();
            }
            backend.draw_rect(from, to, &faint, true).unwrap();
        }
        for radius in [0, 1, 100_000, i32::MAX as u32, u32::MAX] {
            backend.draw_circle(from, radius, &faint, true).unwrap();
            for width in [0, 1, 5, u32::MAX] {
                backend.draw_circle(from, radius, &faint.stroke_width(width), false).unwrap();
            }
        }
        for size in [0.0, -3.0, 1e-300, 0.1, 40.0, f64::NAN] {
            for rotation in [FontTransform::None, FontTransform::Rotate90, FontTransform::Rotate180] {
                let anchor = Pos::new(HPos::Right, VPos::Bottom);
                let style = TextStyle::from(("sans-serif", size)).transform(rotation).pos(anchor);
                backend.draw_text("W\u{1F600}\n\0\u{FFFD}", &style, from).unwrap();
            }
        }
        backend.blit_bitmap(from, (2, 2), &[9; 12]).unwrap();
        for size in [(0, u32::MAX), (u32::MAX, 0)] {
            backend.blit_bitmap(from, size, &[]).unwrap();
        }
    }
    for size in [5000.0, 1e300, f64::INFINITY] {
        let style = TextStyle::from(("sans-serif", size));
        backend.draw_text("W", &style, (i32::MIN, i32::MAX)).unwrap();
        backend.estimate_text_size("W", &style).unwrap();
    }
}

#[test]
fn a_bitmap_with_too_few_bytes_is_refused() {
    let mut canvas = white(9, 9);
    // The bytes of the second would overflow.
    for (width, height) in [(4, 4), (u32::MAX, u32::MAX)] {
        let error = PixmapBackend::new(&mut canvas).blit_bitmap((0, 0), (width, height), &[0; 47]).unwrap_err();
        let DrawingErrorKind::DrawingError(Error::Bitmap { bytes, width: w, height: h, .. }) = error else { panic!() };
        assert_eq!((bytes, w, h), (47, width, height));
    }
    assert!(PixmapBackend::new(&mut canvas).blit_bitmap((0, 0), (4, 4), &[0; 48]).is_ok());
}
