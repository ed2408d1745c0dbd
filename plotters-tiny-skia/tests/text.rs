//! Tests text and fonts.

mod canvas;

use std::ops::Range;

use canvas::{draw, gray_darkness, rgb, white};
use plotters::{
    prelude::*,
    style::{
        FontTransform,
        text_anchor::{HPos, Pos, VPos},
    },
};
use plotters_backend::DrawingBackend;
use plotters_tiny_skia::{Error, PixmapBackend, register_font};
use tiny_skia::Pixmap;

#[test]
fn rotated_text_has_the_same_pixels() {
    let side = 161;
    let text = |rotation: FontTransform| {
        let mut canvas = white(side, side);
        let style = TextStyle::from(("sans-serif", 24)).transform(rotation).pos(Pos::new(HPos::Center, VPos::Top));
        draw(&mut canvas, |area| area.draw(&Text::new("Aÿ 7g\nשלום", (80, 80), style)).unwrap());
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
    // A font of bitmaps has no outlines.
    let mut bitmaps = dejavu::serif::regular().to_vec();
    let outlines = bitmaps.windows(4).position(|tag| tag == b"glyf").unwrap();
    bitmaps[outlines..outlines + 4].copy_from_slice(b"gone");
    for broken in [&b""[..], b"not a font", b"ttcf", &dejavu::serif::regular()[..2000], bitmaps.leak()] {
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

/// Returns the columns and rows that are drawn on: the first, and that after the last.
fn drawn(canvas: &Pixmap) -> (Range<i32>, Range<i32>) {
    let dark = gray_darkness(canvas);
    let at = || {
        (0..dark.len()).filter(|&at| dark[at] > 60).map(|at| (at as u32 % canvas.width(), at as u32 / canvas.width()))
    };
    let range = |of: fn((u32, u32)) -> u32| at().map(of).min().unwrap() as i32..at().map(of).max().unwrap() as i32 + 1;
    (range(|at| at.0), range(|at| at.1))
}

#[test]
fn text_fills_the_size_that_was_measured() {
    const LINES: [&str; 5] = ["Hello", "مرحبا", "שלום", "top\n\nbottom", "first\nand a second\r\nسطر\u{2028}end"];
    for text in LINES {
        let mut canvas = white(200, 200);
        let plain = TextStyle::from(("sans-serif", 20));
        let (width, height) = PixmapBackend::new(&mut canvas).estimate_text_size(text, &plain).unwrap();
        assert_eq!(height, (20.0 / 1.24 + 20.0 * (text.split(['\n', '\u{2028}']).count() - 1) as f64) as u32);
        for (h_pos, left) in
            [(HPos::Left, 150), (HPos::Center, 150 - width as i32 / 2), (HPos::Right, 150 - width as i32)]
        {
            for (v_pos, top) in
                [(VPos::Top, 100), (VPos::Center, 100 - height as i32 / 2), (VPos::Bottom, 100 - height as i32)]
            {
                let mut canvas = white(300, 200);
                let style = plain.pos(Pos::new(h_pos, v_pos));
                draw(&mut canvas, |area| area.draw(&Text::new(text, (150, 100), style)).unwrap());
                let (columns, rows) = drawn(&canvas);
                assert!((left - 1..left + 4).contains(&columns.start), "{text} begins at {columns:?}, not {left}");
                let right = left + width as i32;
                assert!((right - 3..=right + 1).contains(&columns.end), "{text} ends at {columns:?}, not {right}");
                let bottom = top + height as i32;
                assert!(rows.start >= top - 1 && rows.end <= bottom + 1, "{text} is in {rows:?}, not {top}..{bottom}");
                assert!(rows.len() as u32 + 8 > height, "{text} is only in {rows:?}");
            }
        }
    }
}

#[test]
fn each_line_is_anchored_where_the_text_is() {
    let lines = |h_pos: HPos| {
        let mut canvas = white(200, 60);
        let style = TextStyle::from(("sans-serif", 20)).pos(Pos::new(h_pos, VPos::Top));
        draw(&mut canvas, |area| area.draw(&Text::new("H\nHHHHH", (100, 5), style)).unwrap());
        // The second line begins 20 pixels below the first.
        [5, 25].map(|top| {
            let rows = canvas.clone_rect(tiny_skia::IntRect::from_xywh(0, top, 200, 20).unwrap()).unwrap();
            drawn(&rows).0
        })
    };
    let [short, long] = lines(HPos::Left);
    assert_eq!(short.start, long.start);
    let [short, long] = lines(HPos::Center);
    assert!((short.start - long.start - (long.end - short.end)).abs() <= 1, "{short:?} is not centred in {long:?}");
    let [short, long] = lines(HPos::Right);
    assert!((short.end - long.end).abs() <= 1, "{short:?} and {long:?}");
}

#[test]
fn words_in_arabic_run_from_right_to_left() {
    let width = |text: &str| {
        let style = TextStyle::from(("sans-serif", 200));
        PixmapBackend::new(&mut white(9, 9)).estimate_text_size(text, &style).unwrap().0 as i32
    };
    // Beh has its wide form at the end of a word: in the word it joins, apart it does not.
    assert!(width("بب") < 2 * width("ب") - 20, "{} {}", width("بب"), width("ب"));
    let picture = |text: &str| {
        let mut canvas = white(200, 40);
        draw(&mut canvas, |area| area.draw(&Text::new(text, (5, 5), ("sans-serif", 24))).unwrap());
        canvas
    };
    // A mark of direction, U+202D, forces the order of what is stored after it.
    assert!(picture("אב 12") == picture("\u{202D}12 בא"));
    assert!(picture("(א)") == picture("\u{202D}(א)"));
}

#[test]
fn tabs_are_spaces_and_joiners_are_invisible() {
    let picture = |text: &str| {
        let mut canvas = white(200, 40);
        draw(&mut canvas, |area| area.draw(&Text::new(text, (5, 5), ("sans-serif", 24))).unwrap());
        canvas
    };
    assert!(picture("a\tb") == picture("a b"));
    assert!(picture("a\u{200E}\u{FE0F}b") == picture("ab"));
}
