//! Areas that are filled with colours: heat maps, contours, noise, a map.

use std::f32::consts::TAU;

use kinetograph::plot::{ColorMap, HeatMap, PixmapBackend};
use plotters::prelude::*;
use tiny_skia::Pixmap;

use super::Drawn;
use super::brush::{fill, line, polygon, seconds, write};

/// Draws rows of values as a heat map in a chart, with a colour bar beside it.
fn chart(
    canvas: &mut Pixmap,
    title: &str,
    values: &[f32],
    columns: usize,
    look: impl FnOnce(HeatMap<'_, f32>) -> HeatMap<'_, f32>,
) -> Drawn {
    let area = PixmapBackend::new(canvas).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 26))
        .margin(16)
        .margin_right(120)
        .set_left_and_bottom_label_area_size(50)
        .build_cartesian_2d(0.0..16.0, 0.0..9.0)?;
    chart.configure_mesh().disable_mesh().x_desc("x [cm]").y_desc("y [cm]").label_style(("sans-serif", 16)).draw()?;
    let map = look(HeatMap::new(values, values.len() / columns, columns)?.range(0.0..=1.0));
    chart.draw_series([map.over(0.0..16.0, 0.0..9.0)?])?;
    let (_, rows) = chart.plotting_area().get_pixel_range();
    let x = canvas_width(&area) - 100;
    area.draw(&map.color_bar((x..x + 24, rows), ("sans-serif", 16))?)?;
    Ok(())
}

fn canvas_width<DB: DrawingBackend>(area: &DrawingArea<DB, plotters::coord::Shift>) -> i32 {
    area.dim_in_pixel().0 as i32
}

/// Returns values from 0 to 1 of a field of waves, row after row.
fn waves(columns: usize, rows: usize, now: f64) -> Vec<f32> {
    let value = |column: usize, row: usize| {
        let (x, y) = (16.0 * column as f64 / columns as f64, 9.0 * row as f64 / rows as f64);
        let from = |sx: f64, sy: f64, speed: f64| (1.6 * (x - sx).hypot(y - sy) - speed * now).sin();
        let sources = [from(3.0, 2.0, 4.0), from(13.0, 4.0, 3.0), from(7.0, 11.0 + now.sin(), 2.0)];
        (0.5 + sources.iter().sum::<f64>() / 6.0) as f32
    };
    (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row))).map(|(c, r)| value(c, r)).collect()
}

/// The cells of a coarse grid. Each adds a separate random walk to a wave.
pub fn heat_blocks(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let (columns, rows) = (48, 27);
    let mut values = waves(columns, rows, seconds(index));
    for (cell, value) in values.iter_mut().enumerate() {
        let mut random = fastrand::Rng::with_seed(cell as u64);
        let (phase, rate) = (TAU * random.f32(), 1.0 + 4.0 * random.f32());
        *value = 0.6 * *value + 0.4 * (0.5 + 0.5 * (phase + rate * seconds(index) as f32).sin());
    }
    chart(canvas, &format!("Load of 1296 nodes, step {index}"), &values, columns, |map| map)
}

/// Interfering waves, interpolated between values.
pub fn heat_smooth(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let values = waves(160, 90, seconds(index));
    let title = format!("Interference, t = {:.2} s", seconds(index));
    chart(canvas, &title, &values, 160, |map| map.smooth().color_map(ColorMap::INFERNO))
}

/// Grey noise in axes, new in every frame.
pub fn noise(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let mut random = fastrand::Rng::with_seed(index as u64);
    let values: Vec<f32> = (0..160 * 90).map(|_| random.f32()).collect();
    chart(canvas, &format!("White noise, sample {index}"), &values, 160, |map| map.color_map(ColorMap::GRAY))
}

/// Filled contours of a moving field, lines between them, and arrows along its gradient.
pub fn contours(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let (columns, rows) = (1100, 600);
    let now = 0.5 * seconds(index);
    let levels = waves(columns, rows, now).into_iter().map(|value| 10.0 * value).collect::<Vec<_>>();
    let bands: Vec<f32> = levels.iter().map(|level| (level.floor() + 0.5) / 10.0).collect();
    let title = format!("Potential and field, t = {now:.2} s");
    chart(canvas, &title, &bands, columns, |map| map.color_map(ColorMap::SPECTRAL))?;
    let (left, top, width, height) = (66.0, 44.0, 1094.0, 610.0);
    let level = |x: usize, y: usize| levels[y.min(rows - 1) * columns + x.min(columns - 1)];
    for (column, row) in (0..26).flat_map(|column| (0..14).map(move |row| (column, row))) {
        let (x, y) = (20 + 42 * column, 20 + 43 * row);
        let (dx, dy) = (level(x + 8, y) - level(x - 8, y), level(x, y + 8) - level(x, y - 8));
        let length = dx.hypot(dy).max(1e-3);
        let (ux, uy, size) = (dx / length, -dy / length, 6.0 + 10.0 * length.min(1.0));
        let from = (left + x as f32 / columns as f32 * width, top + height - y as f32 / rows as f32 * height);
        let to = (from.0 + size * ux, from.1 + size * uy);
        line(canvas, [from, to], 1.2, [0; 3], 1.0);
        let barb = |side: f32| (to.0 - 5.0 * ux + side * 3.0 * uy, to.1 - 5.0 * uy - side * 3.0 * ux);
        polygon(canvas, [to, barb(1.0), barb(-1.0)], [0; 3]);
    }
    Ok(())
}

/// Districts whose colours change with the years, under a slow zoom.
pub fn map(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index);
    fill(canvas, [205, 225, 240]);
    let zoom = 1.0 + 0.04 * now as f32;
    let corner = |column: usize, row: usize| {
        let mut random = fastrand::Rng::with_seed((row * 64 + column) as u64);
        let (x, y) = (60.0 * column as f32 + 44.0 * random.f32(), 56.0 * row as f32 + 40.0 * random.f32());
        (640.0 + zoom * (x - 640.0), 360.0 + zoom * (y - 360.0))
    };
    for (column, row) in (1..20).flat_map(|column| (1..12).map(move |row| (column, row))) {
        let from_middle = (column as f64 - 10.0).hypot(1.6 * (row as f64 - 6.0));
        if from_middle > 10.5 {
            continue;
        }
        let ring = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)].map(|(dx, dy)| corner(column + dx, row + dy));
        let value = 0.5 + 0.25 * ((column as f64 * 0.9).sin() + (row as f64 * 0.7 + now).cos());
        polygon(canvas, ring, ColorMap::VIRIDIS.color(1.0 - (8.0 * value).floor() / 8.0));
        line(canvas, ring, 1.0, [255; 3], 0.9);
        if (column + row) % 4 == 0 {
            let (x, y) = (ring[0].0 as i32 + 12, ring[0].1 as i32 + 20);
            write(canvas, &format!("D{}", column * 12 + row), (x, y), "sans-serif", 13.0, [30; 3])?;
        }
    }
    write(canvas, &format!("Unemployment, {}", 1990 + index / 15), (30, 24), "sans-serif", 30.0, [30; 3])
}
