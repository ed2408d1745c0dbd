//! Measures the time to draw charts of 1280×720 pixels on this backend and on the bitmap backend of plotters.
//!
//! Both draw in turn, on one thread. A time is the median of all turns in milliseconds. A ratio is the median of the
//! ratios of each turn, so that other load on the machine affects both alike.

use std::time::Instant;

use plotters::{coord::Shift, prelude::*};
use plotters_tiny_skia::PixmapBackend;
use tiny_skia::Pixmap;

const SIZE: (u32, u32) = (1280, 720);
const TURNS: usize = 101;

/// What a chart shows.
#[derive(Clone, Copy)]
enum Content {
    Axes,
    Waves { count: u32, width: u32 },
    Noise,
    Dots,
    Bars,
}

fn main() {
    println!("{:>28} {:>9} {:>9} {:>7}", "ms a chart, 1280×720", "ours", "plotters", "ratio");
    for (name, content) in [
        ("axes, title and labels", Content::Axes),
        ("5 waves of 1000 points, 1 px", Content::Waves { count: 5, width: 1 }),
        ("5 waves of 1000 points, 2 px", Content::Waves { count: 5, width: 2 }),
        ("5 waves of 1000 points, 3 px", Content::Waves { count: 5, width: 3 }),
        ("noise of 1000 points, 2 px", Content::Noise),
        ("1000 dots of 4 px", Content::Dots),
        ("50 translucent bars", Content::Bars),
    ] {
        let mut canvas = Pixmap::new(SIZE.0, SIZE.1).expect("a valid size");
        let mut bytes = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
        let mut times = Vec::new();
        for turn in 0..=TURNS {
            let start = Instant::now();
            chart(PixmapBackend::new(&mut canvas), content, turn as f64);
            let ours = start.elapsed().as_secs_f64();
            let start = Instant::now();
            chart(BitMapBackend::with_buffer(&mut bytes, SIZE), content, turn as f64);
            times.push((ours, start.elapsed().as_secs_f64()));
        }
        // The first turn is left out: it allocates memory and fills the caches.
        let median = |value: fn(&(f64, f64)) -> f64| {
            let mut values: Vec<f64> = times[1..].iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let (ours, theirs, ratio) = (median(|t| t.0 * 1e3), median(|t| t.1 * 1e3), median(|t| t.0 / t.1));
        println!("{name:>28} {ours:9.3} {theirs:9.3} {ratio:7.2}");
    }
}

fn chart<B: DrawingBackend<ErrorType: 'static>>(backend: B, content: Content, phase: f64) {
    draw(&backend.into_drawing_area(), content, phase).expect("a chart that can be drawn");
}

fn draw<B: DrawingBackend<ErrorType: 'static>>(
    area: &DrawingArea<B, Shift>,
    content: Content,
    phase: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption("Everything a chart has", ("sans-serif", 32))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..10.0, -1.2..1.2)?;
    chart.configure_mesh().x_desc("time [s]").y_desc("amplitude [m]").label_style(("sans-serif", 16)).draw()?;
    let x = (0..1000).map(|step| f64::from(step) / 100.0);
    match content {
        Content::Axes => return Ok(()),
        Content::Waves { count, width } => {
            for wave in 0..count {
                let color = Palette99::pick(wave as usize).stroke_width(width);
                let points = x.clone().map(|x| (x, (x * (1.0 + 0.3 * f64::from(wave)) - phase).sin()));
                chart
                    .draw_series(LineSeries::new(points, color))?
                    .label(format!("wave {wave}"))
                    .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color));
            }
            chart.configure_series_labels().border_style(BLACK).background_style(WHITE.mix(0.8)).draw()?;
        }
        Content::Noise => {
            let noise = x.map(|x| (x, (x * 12_345.678 + phase).sin().fract()));
            chart.draw_series(LineSeries::new(noise, BLUE.stroke_width(2)))?;
        }
        Content::Dots => {
            let dots = x.map(|x| (x, (x * 12_345.678 + phase).sin()));
            chart.draw_series(dots.map(|at| Circle::new(at, 4, RED.mix(0.5).filled())))?;
        }
        Content::Bars => {
            let bars = (0..50).map(|bar| f64::from(bar) / 5.0);
            chart.draw_series(
                bars.map(|x| Rectangle::new([(x, 0.0), (x + 0.18, (x - phase).sin())], GREEN.mix(0.6).filled())),
            )?;
        }
    }
    Ok(())
}
