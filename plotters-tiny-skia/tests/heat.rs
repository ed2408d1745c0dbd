//! Tests heat maps and their colour bars.

mod canvas;

use canvas::{rgb, white};
use plotters::prelude::*;
use plotters_tiny_skia::{ColorMap, Error, HeatMap, Origin, PixmapBackend};

#[test]
fn every_value_is_in_its_place() {
    let mut canvas = white(70, 50);
    let values = [0.0, 0.5, 1.0, f64::NAN, -9.0, f64::INFINITY];
    let map = HeatMap::new(&values, 2, 3).unwrap().color_map(ColorMap::GRAY).range(0.0..=1.0);
    map.draw(&mut canvas, (5..65, 5..45)).unwrap();
    for (x, y) in (5..65).flat_map(|x| (5..45).map(move |y| (x, y))) {
        let gray = [[0, 128, 255], [255, 0, 255]][(y as usize - 5) / 20][(x as usize - 5) / 20];
        assert_eq!(rgb(&canvas, x, y), [gray; 3], "({x}, {y})");
    }
    assert!((0..70).all(|x| rgb(&canvas, x, 4) == [255; 3] && rgb(&canvas, x, 45) == [255; 3]));

    // Interpolated, over an area larger than the canvas.
    let map = HeatMap::new(&[0.0, 1.0], 1, 2).unwrap().color_map(ColorMap::GRAY).smooth();
    map.draw(&mut canvas, (-35..105, -10..60)).unwrap();
    for x in 0..70_u32 {
        // The centre of the first value is at 0, that of the second at 70.
        let expected = ((f64::from(x) + 0.5) / 70.0 * 256.0).floor();
        assert!((f64::from(rgb(&canvas, x, 0)[0]) - expected).abs() <= 1.0, "{x}");
    }
    // The first of two values is missing.
    let map = HeatMap::new(&[f32::NAN, 1.0], 1, 2).unwrap().range(0.0..=1.0).color_map(ColorMap::GRAY).smooth();
    let map = map.missing(tiny_skia::Color::from_rgba8(255, 0, 0, 255));
    map.draw(&mut canvas, (0..70, 0..50)).unwrap();
    assert_eq!((rgb(&canvas, 34, 9), rgb(&canvas, 35, 9)), ([255, 0, 0], [255; 3]));
}

/// Values from 0 to 255 in two rows of three columns.
const STEPS: [f32; 6] = [0.0, 51.0, 102.0, 153.0, 204.0, 255.0];

fn steps() -> HeatMap<'static, f32> {
    HeatMap::new(&STEPS, 2, 3).unwrap().range(0.0..=256.0).color_map(ColorMap::GRAY)
}

#[test]
fn in_a_chart_every_value_is_where_the_axes_say() {
    for (x_axis, y_axis) in [(0.0..3.0, 0.0..2.0), (3.0..0.0, 2.0..0.0), (-0.5..2.2, 0.4..1.9), (-1.0..5.0, -3.0..4.0)]
    {
        for (x, y) in [(0.0..3.0, 0.0..2.0), (3.0..0.0, 0.0..2.0), (0.0..3.0, 2.0..0.0)] {
            for map in [steps(), steps().smooth()] {
                let mut canvas = white(200, 150);
                let area = PixmapBackend::new(&mut canvas).into_drawing_area();
                let mut chart = ChartBuilder::on(&area)
                    .margin(10)
                    .set_left_and_bottom_label_area_size(30)
                    .build_cartesian_2d(x_axis.clone(), y_axis.clone())
                    .unwrap();
                chart.draw_series([map.over(x.clone(), y.clone()).unwrap()]).unwrap();
                let inside = chart.plotting_area().get_pixel_range();
                let mut expected = Vec::new();
                for (index, value) in STEPS.iter().enumerate() {
                    let (column, row) = ((index % 3) as f64 + 0.5, (index / 3) as f64 + 0.5);
                    let at = (x.start + (x.end - x.start) * column / 3.0, y.start + (y.end - y.start) * row / 2.0);
                    let (at_x, at_y) = chart.backend_coord(&at);
                    if inside.0.contains(&at_x) && inside.1.contains(&at_y) {
                        expected.push((at_x, at_y, *value));
                    }
                }
                drop((chart, area));
                assert!(expected.len() > 1);
                for (at_x, at_y, value) in expected {
                    let gray = f32::from(rgb(&canvas, at_x as u32, at_y as u32)[0]);
                    // Where it is smooth, the centre of a value may be half a pixel beside that of the pixel.
                    assert!((gray - value).abs() <= 5.0, "{gray}, not {value}: {x:?} {y:?} on {x_axis:?} {y_axis:?}");
                }
                for (at_x, at_y) in (0..200).flat_map(|x| (0..150).map(move |y| (x, y))) {
                    let outside = !inside.0.contains(&at_x) || !inside.1.contains(&at_y);
                    assert!(!outside || rgb(&canvas, at_x as u32, at_y as u32) == [255; 3], "({at_x}, {at_y})");
                }
            }
        }
    }
}

#[test]
fn a_map_over_the_whole_axes_fills_the_plotting_area() {
    let mut canvas = white(100, 80);
    let area = PixmapBackend::new(&mut canvas).into_drawing_area();
    let mut chart = ChartBuilder::on(&area).margin(10).build_cartesian_2d(0.0..3.0, 0.0..2.0).unwrap();
    chart.draw_series([steps().over(0.0..3.0, 0.0..2.0).unwrap()]).unwrap();
    let (columns, rows) = chart.plotting_area().get_pixel_range();
    drop((chart, area));
    let mut expected = white(100, 80);
    steps().origin(Origin::Lower).draw(&mut expected, (columns, rows)).unwrap();
    assert!(canvas == expected);
}

#[test]
fn the_origin_is_where_it_is_set() {
    // Of a corner at the top, and below it.
    let left = |map: HeatMap<f32>, y_axis: Option<std::ops::Range<f64>>| {
        let mut canvas = white(30, 20);
        if let Some(y_axis) = y_axis {
            let area = PixmapBackend::new(&mut canvas).into_drawing_area();
            let mut chart = ChartBuilder::on(&area).build_cartesian_2d(0.0..3.0, y_axis).unwrap();
            chart.draw_series([map.over(0.0..3.0, 0.0..2.0).unwrap()]).unwrap();
        } else {
            map.draw(&mut canvas, (0..30, 0..20)).unwrap();
        }
        [rgb(&canvas, 0, 0)[0], rgb(&canvas, 0, 19)[0]]
    };
    let (up, down) = (Some(0.0..2.0), Some(2.0..0.0));
    let (row_0_above, row_0_below) = ([0, 153], [153, 0]);
    assert_eq!(left(steps(), None), row_0_above);
    assert_eq!(left(steps(), up.clone()), row_0_below);
    assert_eq!(left(steps(), down.clone()), row_0_above);
    for place in [None, up, down] {
        assert_eq!(left(steps().origin(Origin::Upper), place.clone()), row_0_above);
        assert_eq!(left(steps().origin(Origin::Lower), place), row_0_below);
    }
}

#[test]
fn a_color_bar_is_the_same_in_an_area_as_on_a_canvas() {
    let mut expected = white(120, 190);
    steps().draw_color_bar(&mut expected, (25..35, 20..180), ("sans-serif", 12)).unwrap();
    for margin in [0, 10] {
        let mut canvas = white(120, 190);
        let area = PixmapBackend::new(&mut canvas).into_drawing_area().margin(margin, 0, margin, 0);
        let bar = steps().color_bar((25 - margin..35 - margin, 20 - margin..180 - margin), ("sans-serif", 12));
        area.draw(&bar.unwrap()).unwrap();
        drop(area);
        assert!(canvas == expected, "{margin}");
    }
}

#[test]
fn labels_are_spread_over_the_widest_range() {
    let mut canvas = white(120, 190);
    let map = HeatMap::new(&[0.0], 1, 1).unwrap().range(f64::MIN..=f64::MAX);
    map.draw_color_bar(&mut canvas, (5..15, 10..180), ("sans-serif", 12)).unwrap();
    // The rows of the ticks: −1e308, 0 and 1e308 of ±1.798e308.
    let ticks: Vec<u32> = (0..190).filter(|&y| rgb(&canvas, 16, y) == [0; 3]).collect();
    assert_eq!(ticks, [47, 94, 142]);
    // Beside them the labels, one below the other.
    let has_ink = |y: &u32| (22..120).any(|x| rgb(&canvas, x, *y)[0] < 128);
    let rows: Vec<u32> = (0..190).filter(has_ink).collect();
    let labels: Vec<_> = rows.chunk_by(|a, b| a + 1 == *b).collect();
    assert_eq!(labels.len(), 3, "{labels:?}");
    for (label, tick) in labels.iter().zip(ticks) {
        assert!(label[0] < tick && tick < label[label.len() - 1], "{label:?} is not beside {tick}");
    }
}

#[test]
fn a_wrong_number_of_values_is_refused() {
    for (count, rows, columns) in [(5, 2, 3), (7, 2, 3), (0, 0, 0), (0, 0, 7), (1, usize::MAX, usize::MAX)] {
        let values = vec![0.0; count];
        let Err(Error::Values { count: got, rows: r, columns: c, .. }) = HeatMap::new(&values, rows, columns) else {
            panic!("{count} values are {rows} rows × {columns} columns");
        };
        assert_eq!((got, r, c), (count, rows, columns));
    }
}

#[test]
fn an_impossible_range_is_refused() {
    let mut canvas = white(9, 9);
    let values = [1.0, 2.0];
    for (low, high) in [(f64::NAN, 1.0), (0.0, f64::INFINITY), (2.0, 1.0)] {
        let map = HeatMap::new(&values, 1, 2).unwrap().range(low..=high);
        let expected = format!("the range is {low} to {high}; ");
        for error in [map.draw(&mut canvas, (0..9, 0..9)), map.draw_color_bar(&mut canvas, (0..9, 0..9), ("serif", 9))]
        {
            let error = error.unwrap_err();
            assert!(matches!(error, Error::Range { .. }) && error.to_string().starts_with(&expected), "{error}");
        }
    }
}

#[test]
fn no_value_or_area_panics() {
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
