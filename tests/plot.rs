//! Charts and heat maps: against golden pictures, against plotters' own backend, and against what they claim.
#![cfg(feature = "plotters")]

mod charts;

use std::{env, path::Path};

use charts::{SIZE, chart, swing};
use kinetograph::{
    Error,
    plot::{ColorMap, HeatMap, PixmapBackend, register_font},
};
use plotters::{
    element::{BitMapElement, DashedPathElement},
    prelude::*,
    style::{
        FontTransform,
        text_anchor::{HPos, Pos, VPos},
    },
};
use tiny_skia::Pixmap;

/// Of 255, in every component of every pixel.
const TOLERANCE: u8 = 3;

fn white(width: u32, height: u32) -> Pixmap {
    let mut canvas = Pixmap::new(width, height).unwrap();
    canvas.fill(tiny_skia::Color::WHITE);
    canvas
}

fn draw(canvas: &mut Pixmap, draw: impl FnOnce(&DrawingArea<PixmapBackend, plotters::coord::Shift>)) {
    draw(&PixmapBackend::new(canvas).into_drawing_area());
}

fn rgb(canvas: &Pixmap, x: u32, y: u32) -> [u8; 3] {
    let pixel = canvas.pixel(x, y).unwrap();
    [pixel.red(), pixel.green(), pixel.blue()]
}

/// Compares with tests/golden, or draws it anew if UPDATE_GOLDEN is set.
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
fn lines_of_all_slopes_and_widths_look_as_approved() {
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
fn shapes_look_as_approved() {
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
fn text_in_four_rotations_and_all_faces_looks_as_approved() {
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
fn a_whole_chart_looks_as_approved() {
    let mut canvas = Pixmap::new(SIZE.0, SIZE.1).unwrap();
    draw(&mut canvas, |area| chart(area).unwrap());
    assert_golden("chart", &canvas);
}

#[test]
fn a_heat_map_looks_as_approved() {
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

#[test]
fn upright_lines_are_crisp_and_as_wide_as_asked_for() {
    for width in 1..=6 {
        for (from, to) in [((5, 20), (34, 20)), ((20, 5), (20, 34)), ((34, 20), (5, 20))] {
            let mut canvas = white(40, 40);
            draw(&mut canvas, |area| area.draw(&PathElement::new([from, to], BLACK.stroke_width(width))).unwrap());
            let black = canvas.pixels().iter().filter(|pixel| pixel.red() == 0).count();
            assert_eq!(black as u32, 30 * width, "{from:?} to {to:?}, width {width}");
            assert!(canvas.pixels().iter().all(|pixel| [0, 255].contains(&pixel.red())), "grey at width {width}");
        }
        // Around a corner, too.
        let mut canvas = white(40, 40);
        let corner = [(5, 5), (20, 5), (20, 30)];
        draw(&mut canvas, |area| area.draw(&PathElement::new(corner, BLACK.stroke_width(width))).unwrap());
        let across = (0..40).filter(|&x| rgb(&canvas, x, 20)[0] != 255).count();
        assert_eq!(across as u32, width);
    }
}

#[test]
fn a_translucent_line_is_even_where_it_crosses_itself() {
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
        assert!(seam <= 2 * TOLERANCE, "{seam} at ({x}, {y})");
    }
}

/// The darkness of each pixel where it is grey, as text and axes are, and not coloured.
fn ink(canvas: &Pixmap) -> Vec<u8> {
    let darkness = |pixel: &tiny_skia::PremultipliedColorU8| {
        let (low, high) =
            (pixel.red().min(pixel.green()).min(pixel.blue()), pixel.red().max(pixel.green()).max(pixel.blue()));
        if high - low < 30 { 255 - high } else { 0 }
    };
    canvas.pixels().iter().map(darkness).collect()
}

#[test]
fn axes_and_text_are_within_a_pixel_of_those_of_plotters_own_backend() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bitmap_backend.png");
    let theirs = ink(&Pixmap::load_png(golden).unwrap());
    let mut canvas = Pixmap::new(SIZE.0, SIZE.1).unwrap();
    draw(&mut canvas, |area| chart(area).unwrap());
    let ours = ink(&canvas);
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    // Wherever one is dark, the other must be about as dark at a distance of a pixel at most.
    let mut dark = 0;
    for (name, from, to) in [("ours", &ours, &theirs), ("theirs", &theirs, &ours)] {
        for (x, y) in (1..width - 1).flat_map(|x| (1..height - 1).map(move |y| (x, y))) {
            // Not where a coloured line runs over a grid line, or is seen through the legend.
            let inside = (69..627).contains(&x) && (43..305).contains(&y);
            let there = from[y * width + x];
            if inside || there < 150 {
                continue;
            }
            dark += 1;
            let nearby = (y - 1..=y + 1).flat_map(|y| to[y * width + x - 1..=y * width + x + 1].iter()).max().unwrap();
            assert!(*nearby > there / 2, "({x}, {y}) is {there} in {name}, and {nearby} at most beside it");
        }
    }
    assert!(dark > 3000, "only {dark} dark pixels were compared");
}

/// The middle of the ink in each column but the outermost, in pixels from the top.
fn middles(canvas: &Pixmap) -> Vec<f64> {
    let middle = |x| {
        let ink = |y| f64::from(255 - rgb(canvas, x, y)[1]);
        let rows = 0..canvas.height();
        rows.clone().map(|y| ink(y) * (f64::from(y) + 0.5)).sum::<f64>() / rows.map(ink).sum::<f64>()
    };
    (2..canvas.width() - 2).map(middle).collect()
}

/// How much a curve bends from column to column, in pixels: the root of the mean square of its second differences.
fn roughness(curve: &[f64]) -> f64 {
    let squares: f64 = curve.windows(3).map(|at| (at[0] - 2.0 * at[1] + at[2]).powi(2)).sum();
    (squares / (curve.len() - 2) as f64).sqrt()
}

#[test]
fn a_curve_is_several_times_smoother_than_on_plotters_own_backend() {
    let (width, height) = (400, 200);
    for stroke in 1..=3 {
        fn wave<B: DrawingBackend<ErrorType: std::fmt::Debug>>(backend: B, stroke: u32) {
            let area = backend.into_drawing_area();
            area.fill(&WHITE).unwrap();
            let mut chart = ChartBuilder::on(&area).build_cartesian_2d(0.0..10.0, -1.2..1.2).unwrap();
            let points = (0..=2000).map(|step| f64::from(step) / 200.0).map(|x| (x, swing(x, 0.1)));
            chart.draw_series(LineSeries::new(points, RED.stroke_width(stroke))).unwrap();
        }
        let mut ours = Pixmap::new(width, height).unwrap();
        wave(PixmapBackend::new(&mut ours), stroke);
        let mut bytes = vec![0; (width * height * 3) as usize];
        wave(BitMapBackend::with_buffer(&mut bytes, (width, height)), stroke);
        let mut theirs = white(width, height);
        for (to, from) in theirs.data_mut().chunks_exact_mut(4).zip(bytes.chunks_exact(3)) {
            to[..3].copy_from_slice(from);
        }
        let (ours, theirs) = (middles(&ours), middles(&theirs));
        let shift = ours.iter().zip(&theirs).map(|(ours, theirs)| ours - theirs).sum::<f64>() / ours.len() as f64;
        assert!(shift.abs() < 0.5, "stroke {stroke}: {shift} px lower");
        let exact: Vec<f64> = (2..width - 2).map(|x| 83.0 * swing(f64::from(x) / 40.0, 0.1)).collect();
        let (exact, ours, theirs) = (roughness(&exact), roughness(&ours), roughness(&theirs));
        assert!(
            ours - exact < (theirs - exact) / 3.0,
            "stroke {stroke}: {ours} px, plotters {theirs} px, exactly {exact}"
        );
    }
}

#[test]
fn rotated_text_is_the_same_text_rotated() {
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
fn threads_that_draw_at_once_draw_the_same() {
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

#[test]
fn a_font_of_your_own_is_drawn_and_a_broken_one_is_refused() {
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
fn a_legend_is_drawn_in_known_families_and_refused_in_others() {
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
    assert!(ink(&plain).iter().any(|&darkness| darkness > 200));
    assert!(legend("Unheard-of").unwrap_err().contains("FontUnavailable"));
    register_font("Unheard-of", FontStyle::Normal, dejavu::sans_condensed::bold()).unwrap();
    assert!(legend("Unheard-of").unwrap() != plain);
}

/// Past plotters, which moves what is drawn on an area into it before the backend sees it.
#[test]
fn no_coordinate_width_or_size_is_too_large() {
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
    let error = PixmapBackend::new(&mut canvas).blit_bitmap((0, 0), (4, 4), &[0; 47]).unwrap_err();
    assert!(error.to_string().contains("is 47 bytes; a 4×4 rgb frame needs at least 48"), "{error}");
    // Whose bytes cannot be counted.
    assert!(PixmapBackend::new(&mut canvas).blit_bitmap((0, 0), (u32::MAX, u32::MAX), &[0; 47]).is_err());
}

#[test]
fn a_heat_map_shows_every_value_where_it_is() {
    let mut canvas = white(70, 50);
    let values = [0.0, 0.5, 1.0, f64::NAN, -9.0, f64::INFINITY];
    let map = HeatMap::new(&values, 2, 3).unwrap().color_map(ColorMap::GRAY).range(0.0..=1.0);
    map.draw(&mut canvas, (5..65, 5..45)).unwrap();
    for (x, y) in (5..65).flat_map(|x| (5..45).map(move |y| (x, y))) {
        let gray = [[0, 128, 255], [255, 0, 255]][(y as usize - 5) / 20][(x as usize - 5) / 20];
        assert_eq!(rgb(&canvas, x, y), [gray; 3], "({x}, {y})");
    }
    assert!((0..70).all(|x| rgb(&canvas, x, 4) == [255; 3] && rgb(&canvas, x, 45) == [255; 3]));

    // Between two values, one of them missing, and beyond the canvas on all sides.
    let map = HeatMap::new(&[0.0, 1.0], 1, 2).unwrap().color_map(ColorMap::GRAY).smooth();
    map.draw(&mut canvas, (-35..105, -10..60)).unwrap();
    for x in 0..70_u32 {
        // Half of the way from the middle of the first, which is at 0, to that of the second, at 70.
        let expected = ((f64::from(x) + 0.5) / 70.0 * 256.0).floor();
        assert!((f64::from(rgb(&canvas, x, 0)[0]) - expected).abs() <= 1.0, "{x}");
    }
    let map = HeatMap::new(&[f32::NAN, 1.0], 1, 2).unwrap().range(0.0..=1.0).color_map(ColorMap::GRAY).smooth();
    let map = map.missing(tiny_skia::Color::from_rgba8(255, 0, 0, 255));
    map.draw(&mut canvas, (0..70, 0..50)).unwrap();
    assert_eq!((rgb(&canvas, 34, 9), rgb(&canvas, 35, 9)), ([255, 0, 0], [255; 3]));
}

#[test]
fn labels_of_a_color_bar_are_spread_over_the_widest_range() {
    let mut canvas = white(120, 190);
    let map = HeatMap::new(&[0.0], 1, 1).unwrap().range(f64::MIN..=f64::MAX);
    map.draw_color_bar(&mut canvas, (5..15, 10..180), ("sans-serif", 12)).unwrap();
    // The rows of the labels' marks: −1e308, 0 and 1e308 of ±1.798e308.
    let marks: Vec<u32> = (0..190).filter(|&y| rgb(&canvas, 16, y) == [0; 3]).collect();
    assert_eq!(marks, [47, 94, 142]);
    // Beside them the labels, one below the other.
    let has_ink = |y: &u32| (22..120).any(|x| rgb(&canvas, x, *y)[0] < 128);
    let rows: Vec<u32> = (0..190).filter(has_ink).collect();
    let labels: Vec<_> = rows.chunk_by(|a, b| a + 1 == *b).collect();
    assert_eq!(labels.len(), 3, "{labels:?}");
    for (label, mark) in labels.iter().zip(marks) {
        assert!(label[0] < mark && mark < label[label.len() - 1], "{label:?} is not beside {mark}");
    }
}

#[test]
fn heat_maps_that_cannot_be_are_refused_with_the_reason() {
    for (count, rows, columns) in [(5, 2, 3), (7, 2, 3), (0, 0, 0), (0, 0, 7), (1, usize::MAX, usize::MAX)] {
        let values = vec![0.0; count];
        let error = HeatMap::new(&values, rows, columns).unwrap_err().to_string();
        assert!(error.starts_with(&format!("values.len() is {count}; it must be {rows} rows")), "{error}");
    }
    let mut canvas = white(9, 9);
    let values = [1.0, 2.0];
    for range in [f64::NAN..=1.0, 0.0..=f64::INFINITY, std::ops::RangeInclusive::new(2.0, 1.0)] {
        let map = HeatMap::new(&values, 1, 2).unwrap().range(range);
        let error = map.draw(&mut canvas, (0..9, 0..9)).unwrap_err().to_string();
        assert!(error.starts_with("range is ") && error.contains("a finite number"), "{error}");
        assert!(map.draw_color_bar(&mut canvas, (0..9, 0..9), ("sans-serif", 9)).is_err());
    }
}

#[test]
fn heat_maps_of_all_values_and_areas_are_drawn() {
    let mut canvas = white(30, 30);
    let constant = [7.0; 4];
    for values in [&constant[..], &[f64::NAN; 4], &[f64::MIN, f64::MAX, f64::INFINITY, f64::NEG_INFINITY]] {
        for map in [HeatMap::new(values, 2, 2).unwrap(), HeatMap::new(values, 4, 1).unwrap().smooth()] {
            let empty = std::ops::Range { start: 20, end: 3 };
            for area in [(0..30, 0..30), (5..5, 0..9), (empty, 0..9), (i32::MIN..i32::MAX, i32::MIN..i32::MAX)] {
                map.draw(&mut canvas, area.clone()).unwrap();
                for size in [0.0, 12.0, 1e9, f64::NAN] {
                    map.draw_color_bar(&mut canvas, area.clone(), ("sans-serif", size)).unwrap();
                }
            }
        }
    }
}
