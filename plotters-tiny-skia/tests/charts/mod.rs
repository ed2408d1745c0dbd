//! A chart that tests draw on several backends.

use std::error::Error;

use plotters::{coord::Shift, prelude::*};

/// Width and height in pixels.
pub const SIZE: (u32, u32) = (640, 360);

/// Draws a chart with a title, axes with descriptions, two lines, dots and a legend.
pub fn chart<B: DrawingBackend<ErrorType: 'static>>(area: &DrawingArea<B, Shift>) -> Result<(), Box<dyn Error>> {
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption("Damped by gravity: AVA", ("sans-serif", 26))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..10.0, -1.2..1.2)?;
    chart
        .configure_mesh()
        .max_light_lines(4)
        .x_desc("time [s]")
        .y_desc("angle [rad]")
        .label_style(("sans-serif", 14))
        .axis_desc_style(("sans-serif", 16))
        .draw()?;
    for (name, color, width, damping) in [("free", BLUE, 2, 0.0), ("damped", RED, 3, 0.2)] {
        let curve = (0..=1000).map(|step| f64::from(step) / 100.0).map(|x| (x, swing(x, damping)));
        chart
            .draw_series(LineSeries::new(curve, color.stroke_width(width)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(width)));
    }
    let dots = (0..20).map(|step| f64::from(step) / 2.0).map(|x| (x, (1.7 * x).cos()));
    chart.draw_series(dots.map(|at| Circle::new(at, 3, GREEN.mix(0.6).filled())))?;
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .label_font(("sans-serif", 14))
        .draw()?;
    Ok(())
}

/// Returns the angle of a pendulum.
pub fn swing(x: f64, damping: f64) -> f64 {
    (-damping * x).exp() * (1.3 * x).sin()
}
