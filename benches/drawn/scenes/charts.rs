//! Charts: lines, scattered points, a surface, a bar race, an oscilloscope, curves on a dark ground.

use std::f64::consts::TAU;

use kinetograph::plot::{ColorMap, PixmapBackend};
use plotters::prelude::*;
use tiny_skia::Pixmap;

use super::Drawn;
use super::brush::{COLORS, fill, line, rgb, seconds, write};

/// Five moving lines with title, grid, axes, labels and a legend.
pub fn lines(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index);
    let area = PixmapBackend::new(canvas).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("Coupled oscillators, t = {now:.1} s"), ("sans-serif", 28))
        .margin(16)
        .x_label_area_size(50)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..10.0, -1.2..1.2)?;
    chart
        .configure_mesh()
        .max_light_lines(0)
        .bold_line_style(BLACK.mix(0.15))
        .x_desc("position [m]")
        .y_desc("displacement [mm]")
        .label_style(("sans-serif", 16))
        .axis_desc_style(("sans-serif", 18))
        .draw()?;
    for (number, color) in COLORS.into_iter().take(5).enumerate() {
        let color = rgb(color);
        let n = number as f64;
        let value = |x: f64| {
            (0.7 * (n + 1.0) * x + (n - 2.0) * now).sin()
                * (0.4 + 0.6 * (0.5 * now + n).cos().abs())
                * (-0.05 * x).exp()
        };
        let points = (0..=600).map(|step| f64::from(step) / 60.0).map(|x| (x, value(x)));
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(format!("mode {}", number + 1))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 16))
        .draw()?;
    Ok(())
}

/// Translucent points of three groups. New ones appear, and all drift.
pub fn scatter(canvas: &mut Pixmap, index: usize, total: usize) -> Drawn {
    let now = seconds(index);
    let area = PixmapBackend::new(canvas).into_drawing_area();
    area.fill(&WHITE)?;
    let shown = 300 + 1200 * index / total.max(1);
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("{shown} samples"), ("sans-serif", 22))
        .margin(10)
        .set_left_and_bottom_label_area_size(40)
        .build_cartesian_2d(-3.0..3.0, -3.0..3.0)?;
    chart.configure_mesh().bold_line_style(BLACK.mix(0.1)).max_light_lines(0).draw()?;
    let mut random = fastrand::Rng::with_seed(5);
    let mut normal = || (0..6).map(|_| random.f64() - 0.5).sum::<f64>() * 1.4;
    for sample in 0..shown {
        let group = sample % 3;
        let turn = TAU * group as f64 / 3.0 + 0.2 * now;
        let at = (1.1 * turn.cos() + normal(), 1.1 * turn.sin() + 0.7 * normal());
        chart.draw_series([Circle::new(at, 4, rgb(COLORS[group]).mix(0.4).filled())])?;
    }
    Ok(())
}

/// A shaded surface that rotates and waves, between axes in three dimensions.
pub fn surface(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index);
    let area = PixmapBackend::new(canvas).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("sin(r − t) / r", ("sans-serif", 26))
        .margin(10)
        .build_cartesian_3d(-3.0..3.0, -1.0..1.0, -3.0..3.0)?;
    chart.with_projection(|mut view| {
        (view.yaw, view.pitch, view.scale) = (0.5 + 0.3 * now, 0.35 + 0.1 * (0.5 * now).sin(), 0.85);
        view.into_matrix()
    });
    chart.configure_axes().light_grid_style(BLACK.mix(0.1)).max_light_lines(3).draw()?;
    let steps = || (-30..=30).map(|step| f64::from(step) / 10.0);
    let height = |x: f64, z: f64| {
        let r = 2.0 * x.hypot(z) + 0.5;
        1.4 * (r - 3.0 * now).sin() / r
    };
    let shade = |height: &f64| rgb(ColorMap::VIRIDIS.color(0.5 + 0.45 * height)).mix(0.9).filled();
    chart.draw_series(SurfaceSeries::xoz(steps(), steps(), height).style_func(&shade))?;
    Ok(())
}

const CITIES: [&str; 12] = [
    "Tokyo",
    "Delhi",
    "Shanghai",
    "São Paulo",
    "Ciudad de México",
    "Cairo",
    "Mumbai",
    "Beijing",
    "Dhaka",
    "Osaka",
    "New York",
    "Karachi",
];

/// A bar race: bars grow and change places, with names and numbers.
pub fn bars(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    fill(canvas, [255; 3]);
    let value = |city: usize, at: f64| {
        let n = city as f64;
        18.0 + 3.0 * ((n * 2.1).sin() + 1.0) + at * (1.2 + (n * 1.7).cos()) + 3.0 * (0.7 * at + n).sin()
    };
    // A bar moves from one place to the next in a third of a second.
    let place = |city: usize| {
        let rank = |at: f64| (0..12).filter(|other| value(*other, at) > value(city, at)).count() as f64;
        (0..10).map(|back| rank(seconds(index) - f64::from(back) / 30.0)).sum::<f64>() / 10.0
    };
    let now = seconds(index);
    let longest = (0..12).map(|city| value(city, now)).fold(0.0, f64::max);
    write(canvas, "Population of the largest cities", (40, 20), "sans-serif", 30.0, [40; 3])?;
    write(canvas, &format!("{}", 1950 + index / 6), (1080, 620), "sans-serif", 64.0, [170; 3])?;
    for line_at in 0..=6 {
        let x = (220.0 + 5.0 * f64::from(line_at) / longest * 920.0).round() as f32 + 0.5;
        line(canvas, [(x, 80.0), (x, 690.0)], 1.0, [210; 3], 1.0);
    }
    for city in 0..12 {
        let (y, length) = ((90.0 + 50.0 * place(city)) as f32, (value(city, now) / longest * 920.0) as f32);
        let bar = [(220.0, y), (220.0 + length, y), (220.0 + length, y + 40.0), (220.0, y + 40.0)];
        super::brush::polygon(canvas, bar, COLORS[city % 8]);
        write(canvas, CITIES[city], (30, y as i32 + 10), "sans-serif", 20.0, [30; 3])?;
        let number = format!("{:.2}", value(city, now));
        write(canvas, &number, (228 + length as i32, y as i32 + 10), "sans-serif", 20.0, [30; 3])?;
    }
    Ok(())
}

/// Three signals that run through an axis whose labels run with them.
pub fn oscilloscope(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let end = seconds(index) + 5.0;
    let area = PixmapBackend::new(canvas).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .set_left_and_bottom_label_area_size(40)
        .build_cartesian_2d(end - 5.0..end, -2.0..2.0)?;
    chart.configure_mesh().max_light_lines(0).bold_line_style(BLACK.mix(0.2)).x_desc("time [s]").draw()?;
    for (channel, color) in COLORS.into_iter().take(3).enumerate() {
        let n = channel as f64;
        let jitter = |step: i64| fastrand::Rng::with_seed(step as u64 * 3 + channel as u64).f64() - 0.5;
        let first = ((end - 5.0) * 100.0).ceil() as i64;
        let points = (first..first + 500).map(|step| {
            let time = step as f64 / 100.0;
            (time, n - 1.0 + 0.4 * (TAU * time * (0.7 + 0.6 * n)).sin() + 0.15 * jitter(step))
        });
        chart.draw_series(LineSeries::new(points, rgb(color).stroke_width(1)))?;
    }
    Ok(())
}

/// Rose curves with a glow on a dark ground, with thin circles and labels of angles.
pub fn dark(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index);
    fill(canvas, [18, 18, 28]);
    let (middle, radius) = ((canvas.width() as f32 / 2.0, canvas.height() as f32 / 2.0 + 20.0), 460.0);
    let place = |angle: f64, r: f64| {
        (middle.0 + radius * (r * angle.cos()) as f32, middle.1 - radius * (r * angle.sin()) as f32)
    };
    for ring in 1..=4 {
        let circle = (0..=180).map(|step| place(TAU * f64::from(step) / 180.0, f64::from(ring) / 4.0));
        line(canvas, circle, 1.0, [90, 90, 110], 1.0);
    }
    for spoke in 0..12 {
        let angle = TAU * f64::from(spoke) / 12.0;
        line(canvas, [middle, place(angle, 1.0)], 1.0, [60, 60, 80], 1.0);
        let (x, y) = place(angle, 1.05);
        write(canvas, &format!("{}°", 30 * spoke), (x as i32 - 18, y as i32 - 10), "sans-serif", 20.0, [200; 3])?;
    }
    write(canvas, "Polar roses", (40, 30), "sans-serif", 40.0, [230; 3])?;
    write(canvas, &format!("k = {:.2}", 2.0 + 0.1 * now), (40, 90), "sans-serif", 26.0, [200; 3])?;
    for (number, color) in [[0, 220, 255], [255, 60, 60], [80, 110, 255]].into_iter().enumerate() {
        let n = number as f64;
        let rose = |step: u32| {
            let angle = TAU * f64::from(step) / 720.0 * 2.0;
            place(angle + 0.2 * n * now, (0.95 - 0.2 * n) * ((2.0 + 0.1 * now + n) * angle).cos())
        };
        for (width, alpha) in [(9.0, 0.15), (5.0, 0.25), (1.8, 1.0)] {
            line(canvas, (0..=720).map(rose), width, color, alpha);
        }
    }
    Ok(())
}
