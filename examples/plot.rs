//! A moving chart with title, axes and legend, drawn and encoded on every core.
//!
//! `cargo run --release --features plotters --example plot` writes target/gallery/plot.mp4.

use std::io::Write;

use kinetograph::plot::PixmapBackend;
use kinetograph::{Animation, FrameInfo, Settings};
use plotters::prelude::*;
use tiny_skia::Pixmap;

/// Damping in 1/s, and the first colours of matplotlib.
const SWINGS: [(f64, RGBColor); 3] =
    [(0.05, RGBColor(31, 119, 180)), (0.25, RGBColor(255, 127, 14)), (0.8, RGBColor(44, 160, 44))];

fn main() -> kinetograph::Result<()> {
    std::fs::create_dir_all("target/gallery").expect("a folder that can be made");
    let animation = Animation::new(Settings::new(1280, 720).frame_rate(30), 300, draw);
    let report = animation
        .on_progress(|progress| {
            let _ = write!(std::io::stderr(), "\r{progress}"); // nobody may be reading
        })
        .save("target/gallery/plot.mp4")?;
    let _ = writeln!(std::io::stdout(), "\n{report}"); // nobody may be reading
    Ok(())
}

fn draw(canvas: &mut Pixmap, frame: FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let now = frame.seconds();
    let area = PixmapBackend::new(canvas).into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("Three pendulums, after {now:4.1} s"), ("sans-serif", 34))
        .margin(24)
        .x_label_area_size(60)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..10.0, -1.1..1.1)?;
    chart
        .configure_mesh()
        .y_labels(5)
        .max_light_lines(0)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("time [s]")
        .y_desc("angle [rad]")
        .label_style(("sans-serif", 20))
        .axis_desc_style(("sans-serif", 24))
        .draw()?;
    for (damping, color) in SWINGS {
        let angle = |time: f64| (-damping * time).exp() * (3.0 * time).cos();
        let past = (0..=1000).map(|step| f64::from(step) / 100.0).take_while(|time| *time <= now);
        chart
            .draw_series(LineSeries::new(past.map(|time| (time, angle(time))), color.stroke_width(3)))?
            .label(format!("damped by {damping}/s"))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], color.stroke_width(3)));
        chart.draw_series([Circle::new((now, angle(now)), 8, color.filled())])?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .margin(16)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 20))
        .draw()?;
    Ok(())
}
