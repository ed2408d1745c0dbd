//! Compares charts and heat maps with golden images.

mod canvas;
mod charts;

use std::{env, path::Path};

use canvas::{draw, white};
use charts::{SIZE, chart};
use plotters::{
    element::{BitMapElement, DashedPathElement},
    prelude::*,
    style::{
        FontTransform,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plotters_tiny_skia::{ColorMap, HeatMap};
use tiny_skia::Pixmap;

/// The largest difference of a component of a pixel, of 255.
const TOLERANCE: u8 = 3;

/// Compares a canvas with an image in tests/golden, or replaces the image if UPDATE_GOLDEN is set.
fn assert_golden(name: &str, canvas: &Pixmap) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.png"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        canvas.save_png(&path).unwrap();
    }
    let golden = Pixmap::load_png(&path).unwrap();
    let size = |canvas: &Pixmap| (canvas.width(), canvas.height());
    let worst = golden.data().iter().zip(canvas.data()).map(|(a, b)| a.abs_diff(*b)).max();
    if size(&golden) != size(canvas) || worst > Some(TOLERANCE) {
        let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        canvas.save_png(&drawn).unwrap();
        panic!("{} differs from the golden picture by up to {worst:?}", drawn.display());
    }
}

#[test]
fn lines_match_the_picture() {
    let mut canvas = white(400, 300);
    draw(&mut canvas, |area| {
        for step in 0..24 {
            let (sin, cos) = (f64::from(step) * std::f64::consts::TAU / 24.0).sin_cos();
            let at = |radius: f64| (100 + (radius * cos).round() as i32, 100 + (radius * sin).round() as i32);
            area.draw(&PathElement::new([at(20.0), at(95.0)], BLACK.stroke_width(1 + step / 6))).unwrap();
        }
        for width in 1..=6 {
            let y = 20 + 30 * width;
            let steps = [(220, y), (250, y), (250, y - 14), (290, y - 14), (290, y), (310, y)];
            area.draw(&PathElement::new(steps, RED.stroke_width(width as u32))).unwrap();
            let zigzag = [(320, y), (335, y - 14), (350, y), (365, y - 14), (390, y)];
            area.draw(&PathElement::new(zigzag, BLUE.mix(0.5).stroke_width(width as u32))).unwrap();
        }
        let curve = |shift: i32| (10..390).map(move |x| (x, shift + (15.0 * (f64::from(x) / 40.0).sin()) as i32));
        area.draw(&PathElement::new(curve(230).collect::<Vec<_>>(), MAGENTA.stroke_width(3))).unwrap();
        area.draw(&PathElement::new(curve(255).collect::<Vec<_>>(), BLACK)).unwrap();
        area.draw(&DashedPathElement::new(curve(280), 8, 5, GREEN.stroke_width(2))).unwrap();
    });
    assert_golden("lines", &canvas);
}

#[test]
fn shapes_match_the_picture() {
    let mut canvas = white(400, 200);
    let bitmap: Vec<u8> =
        (0..40 * 30).flat_map(|index| [index % 40 * 6, 80, index / 40 * 8]).map(|v| v as u8).collect();
    draw(&mut canvas, |area| {
        area.draw(&Rectangle::new([(10, 10), (60, 40)], BLUE.filled())).unwrap();
        area.draw(&Rectangle::new([(40, 25), (90, 60)], RED.mix(0.5).filled())).unwrap();
        area.draw(&Rectangle::new([(100, 10), (150, 40)], BLACK)).unwrap();
        area.draw(&Rectangle::new([(110, 20), (160, 60)], BLACK.mix(0.4).stroke_width(6))).unwrap();
        for radius in 0..8 {
            area.draw(&Circle::new((180 + radius * radius * 3, 20), radius, GREEN.filled())).unwrap();
            area.draw(&Circle::new((180 + radius * radius * 3, 50), radius, BLACK.stroke_width(1 + radius as u32 / 3)))
                .unwrap();
        }
        area.draw(&Circle::new((370, 40), 25, MAGENTA.mix(0.5).filled())).unwrap();
        area.draw(&Circle::new((400, 40), 40, CYAN.mix(0.5).stroke_width(11))).unwrap();
        let star = |x: f64, y: f64| {
            (0..5)
                .map(move |tip| f64::from(tip * 4) * std::f64::consts::PI / 5.0)
                .map(move |angle| ((x + 45.0 * angle.sin()).round() as i32, (y - 45.0 * angle.cos()).round() as i32))
        };
        area.draw(&Polygon::new(star(60.0, 130.0).collect::<Vec<_>>(), BLUE.filled())).unwrap();
        area.draw(&Polygon::new(star(150.0, 130.0).collect::<Vec<_>>(), BLUE.mix(0.5).filled())).unwrap();
        area.draw(&TriangleMarker::new((220, 130), 20, RED.filled())).unwrap();
        area.draw(&Cross::new((260, 130), 15, BLACK.stroke_width(3))).unwrap();
        area.draw(&Pixel::new((285, 130), RED)).unwrap();
        for at in [(300, 100), (380, 110), (310, 185), (-20, 180)] {
            area.draw(&BitMapElement::with_owned_buffer(at, (40, 30), bitmap.clone()).unwrap()).unwrap();
        }
    });
    assert_golden("shapes", &canvas);
}

#[test]
fn text_matches_the_picture() {
    let mut canvas = white(400, 300);
    let rotations = [FontTransform::None, FontTransform::Rotate90, FontTransform::Rotate180, FontTransform::Rotate270];
    draw(&mut canvas, |area| {
        for (index, (rotation, color)) in rotations.into_iter().zip([BLACK, RED, BLUE, MAGENTA]).enumerate() {
            let style = TextStyle::from(("sans-serif", 17)).color(&color).transform(rotation);
            area.draw(&Text::new("  Rotated gÅy", (105, 105), style.clone())).unwrap();
            let anchor = Pos::new([HPos::Left, HPos::Center, HPos::Right][index % 3], VPos::Center);
            let at = (290, 30 + 50 * index as i32);
            area.draw(&Cross::new(at, 4, GREEN)).unwrap();
            area.draw(&Text::new("anchor", at, style.pos(anchor))).unwrap();
        }
        for (index, (family, style)) in [
            ("sans-serif", FontStyle::Normal),
            ("sans-serif", FontStyle::Bold),
            ("sans-serif", FontStyle::Oblique),
            ("monospace", FontStyle::Normal),
            ("serif", FontStyle::Normal),
            ("a family that nobody has", FontStyle::Normal),
        ]
        .into_iter()
        .enumerate()
        {
            let at = (10 + 200 * (index as i32 / 3), 232 + 22 * (index as i32 % 3));
            area.draw(&Text::new("Hamburgefonstiv 0123", at, (family, 16.0, style))).unwrap();
        }
        area.draw(&Text::new(
            "small, and translucent",
            (10, 212),
            ("sans-serif", 11).into_font().color(&BLACK.mix(0.5)),
        ))
        .unwrap();
    });
    assert_golden("text", &canvas);
}

#[test]
fn a_chart_matches_the_picture() {
    let mut canvas = Pixmap::new(SIZE.0, SIZE.1).unwrap();
    draw(&mut canvas, |area| chart(area).unwrap());
    assert_golden("chart", &canvas);
}

#[test]
fn heat_maps_match_the_picture() {
    let mut canvas = white(420, 190);
    let values: Vec<f32> = (0..16 * 12)
        .map(|index| ((index % 16) as f32 / 2.0 - 4.0, (index / 16) as f32 / 2.0 - 3.0))
        .map(|(x, y)| if x == y { f32::NAN } else { x.sin() * y.cos() })
        .collect();
    let map = HeatMap::new(&values, 12, 16).unwrap();
    map.draw(&mut canvas, (5..145, 10..180)).unwrap();
    map.draw_color_bar(&mut canvas, (155..165, 10..180), ("sans-serif", 12)).unwrap();
    let map = map.smooth().color_map(ColorMap::BLUE_RED).range(-1.0..=1.0).missing(tiny_skia::Color::BLACK);
    map.draw(&mut canvas, (215..355, 10..180)).unwrap();
    map.draw_color_bar(&mut canvas, (365..375, 10..180), ("sans-serif", 12).into_font().color(&BLUE)).unwrap();
    assert_golden("heat", &canvas);
}
