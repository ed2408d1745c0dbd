//! Tests text and fonts.

mod canvas;

use canvas::{draw, gray_darkness, rgb, white};
use plotters::{
    prelude::*,
    style::{
        FontTransform,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plotters_tiny_skia::{Error, PixmapBackend, register_font};

#[test]
fn rotated_text_has_the_same_pixels() {
    let side = 161;
    let text = |rotation: FontTransform| {
        let mut canvas = white(side, side);
        let style = TextStyle::from(("sans-serif", 24)).transform(rotation).pos(Pos::new(HPos::Center, VPos::Top));
        draw(&mut canvas, |area| area.draw(&Text::new("Aÿ 7g", (80, 80), style)).unwrap());
        canvas
    };
    let plain = text(FontTransform::None);
    assert!(plain.pixels().iter().any(|pixel| pixel.red() < 20));
    for (rotation, turned) in [
        (FontTransform::Rotate90, text(FontTransform::Rotate90)),
        (FontTransform::Rotate180, text(FontTransform::Rotate180)),
        (FontTransform::Rotate270, text(FontTransform::Rotate270)),
    ] {
        for (x, y) in (0..side as i32).flat_map(|x| (0..side as i32).map(move |y| (x, y))) {
            let (to_x, to_y) = rotation.transform(x - 80, y - 80);
            assert_eq!(rgb(&plain, x as u32, y as u32), rgb(&turned, (to_x + 80) as u32, (to_y + 80) as u32));
        }
    }
}

#[test]
fn a_registered_font_is_drawn_and_a_broken_one_refused() {
    let text = |family| {
        let mut canvas = white(120, 40);
        draw(&mut canvas, |area| area.draw(&Text::new("Quiz", (5, 5), (family, 28))).unwrap());
        canvas
    };
    assert!(text("condensed") == text("sans-serif"));
    register_font("condensed", FontStyle::Normal, dejavu::sans_condensed::bold()).unwrap();
    assert!(text("condensed") != text("sans-serif"));
    for broken in [&b""[..], b"not a font", &dejavu::serif::regular()[..2000]] {
        let error = register_font("broken", FontStyle::Normal, broken).unwrap_err();
        assert!(matches!(&error, Error::Font { family, .. } if family == "broken"), "{error}");
    }
}

#[test]
fn a_legend_needs_a_registered_family() {
    let legend = |family: &str| {
        let mut canvas = white(120, 80);
        let area = PixmapBackend::new(&mut canvas).into_drawing_area();
        let mut chart = ChartBuilder::on(&area).build_cartesian_2d(0..1, 0..1).unwrap();
        chart.draw_series(LineSeries::new([(0, 0), (1, 1)], RED)).unwrap().label("Quiz");
        let drawn = chart.configure_series_labels().label_font((family, 28)).draw().map_err(|error| error.to_string());
        drop((chart, area));
        drawn.map(|()| canvas)
    };
    let plain = legend("sans-serif").unwrap();
    assert!(gray_darkness(&plain).iter().any(|&darkness| darkness > 200));
    assert!(legend("Unheard-of").unwrap_err().contains("FontUnavailable"));
    register_font("Unheard-of", FontStyle::Normal, dejavu::sans_condensed::bold()).unwrap();
    assert!(legend("Unheard-of").unwrap() != plain);
}
