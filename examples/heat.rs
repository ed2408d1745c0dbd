//! A flame moves under a plate, and heat spreads through it. The array is drawn as a heat map with a colour bar.
//!
//! `cargo run --release --features plotters --example heat` writes target/gallery/heat.mp4.

use std::io::Write;

use kinetograph::plot::{ColorMap, HeatMap, PixmapBackend};
use kinetograph::{Movie, Settings};
use plotters::prelude::*;
use tiny_skia::Pixmap;

/// Cells along each side of the plate.
const SIDE: usize = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all("target/gallery")?;
    let mut movie = Movie::create("target/gallery/heat.mp4", &Settings::new(816, 720).frame_rate(30))?;
    let mut canvas = Pixmap::new(816, 720).expect("a valid size");
    let mut heat = vec![0.0_f32; SIDE * SIDE];
    for frame in 0..240 {
        for step in 0..20 {
            let time = (f64::from(frame) + f64::from(step) / 20.0) / 30.0;
            burn(&mut heat, time);
            diffuse(&mut heat);
        }
        draw(&mut canvas, &heat, f64::from(frame) / 30.0)?;
        movie.push(&canvas)?;
    }
    let report = movie.finish()?;
    let _ = writeln!(std::io::stdout(), "{report}"); // nobody may be reading
    Ok(())
}

/// Draws the plate in a chart, and a colour bar beside it.
fn draw(canvas: &mut Pixmap, heat: &[f32], time: f64) -> Result<(), Box<dyn std::error::Error>> {
    let area = PixmapBackend::new(canvas).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("Temperature [°C] after {time:4.1} s"), ("sans-serif", 28))
        .margin(20)
        .margin_right(150)
        .set_left_and_bottom_label_area_size(55)
        .build_cartesian_2d(0.0..20.0, 0.0..20.0)?;
    let whole = |value: &f64| format!("{value:.0}");
    chart
        .configure_mesh()
        .disable_mesh()
        .x_desc("x [cm]")
        .y_desc("y [cm]")
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .label_style(("sans-serif", 18))
        .draw()?;
    let map = HeatMap::new(heat, SIDE, SIDE)?.color_map(ColorMap::INFERNO).range(0.0..=1000.0).smooth();
    chart.draw_series([map.over(0.0..20.0, 0.0..20.0)?])?;
    let (_, rows) = chart.plotting_area().get_pixel_range();
    area.draw(&map.color_bar((706..731, rows), ("sans-serif", 18))?)?;
    Ok(())
}

/// Heats the plate where the flame is.
fn burn(heat: &mut [f32], time: f64) {
    let (x, y) = (100.0 + 65.0 * (1.5 * time).sin(), 100.0 + 65.0 * (2.5 * time).cos());
    for (row, cells) in heat.chunks_mut(SIDE).enumerate() {
        let row_heat = (-(row as f64 - y).powi(2) / 40.0).exp();
        for (column, cell) in cells.iter_mut().enumerate().filter(|_| row_heat > 1e-3) {
            *cell += (28.0 * row_heat * (-(column as f64 - x).powi(2) / 40.0).exp()) as f32;
        }
    }
}

/// Takes one explicit step of the heat equation. The edges stay cold.
fn diffuse(heat: &mut [f32]) {
    let before = heat.to_vec();
    for cell in (1..SIDE - 1).flat_map(|y| y * SIDE + 1..(y + 1) * SIDE - 1) {
        let around = before[cell - 1] + before[cell + 1] + before[cell - SIDE] + before[cell + SIDE];
        heat[cell] += 0.2 * (around - 4.0 * before[cell]);
    }
}
