//! The results as a chart, drawn with the plotters backend of the library.

use std::error::Error;

use kinetograph::plot::PixmapBackend;
use plotters::coord::Shift;
use plotters::prelude::*;
use tiny_skia::Pixmap;

use crate::comparison::{Row, Table};
use crate::contestants::Contestant;
use crate::measure::Cost;
use crate::statistics::Ratio;

/// The colour-blind-safe palette of Okabe and Ito, without yellow, which is faint on white.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(80, 80, 80),
];

/// Draws the wall time and CPU time of every contestant in every case, as multiples of the x264 program's.
pub fn draw(tables: &[Table]) -> Result<Pixmap, Box<dyn Error>> {
    let who = contestants(tables);
    let mut canvas = Pixmap::new(1100, 200 + 60 * who.len() as u32).ok_or("the chart's size")?;
    {
        let area = PixmapBackend::new(&mut canvas).into_drawing_area();
        area.fill(&WHITE)?;
        let (left, right) = area.split_horizontally(630);
        panel(&left, "Wall time, × x264 program", tables, &who, true, |cost| cost.wall)?;
        panel(&right, "CPU time, × x264 program", tables, &who, false, |cost| cost.cpu)?;
        area.present()?;
    }
    Ok(canvas)
}

type Area<'a> = DrawingArea<PixmapBackend<'a>, Shift>;

fn panel(
    area: &Area<'_>,
    title: &str,
    tables: &[Table],
    who: &[Contestant],
    is_named: bool,
    value: impl Fn(&Cost) -> f64 + Copy,
) -> Result<(), Box<dyn Error>> {
    let points = points(tables, who, value);
    let most = points.iter().map(|point| point.ratio.most).fold(2.0, f64::max) * 1.1;
    let least = points.iter().map(|point| point.ratio.least).fold(0.5, f64::min) / 1.1;
    let rows = who.len() as f64;
    // Contestants are at 0, 1, … from the bottom, and the legend is above them.
    let rows_and_legend = -0.5..rows - 0.5 + 0.35 * tables.len() as f64;
    let name = |y: &f64| {
        let is_row = y.fract() == 0.0 && *y >= 0.0;
        who.iter().rev().nth(*y as usize).filter(|_| is_row).map_or(String::new(), |who| format!("{}  ", who.name()))
    };
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(title, ("sans-serif", 18))
        .x_label_area_size(30)
        .y_label_area_size(if is_named { 190 } else { 10 })
        .build_cartesian_2d((least..most).log_scale(), rows_and_legend.clone())?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(WHITE)
        .x_labels(12)
        .x_label_formatter(&|ratio| match ratio {
            0.2 | 0.5 | 1.0 | 2.0 | 5.0 | 10.0 | 20.0 => format!("{ratio}"),
            _ => String::new(), // other labels would overlap
        })
        .x_label_style(("sans-serif", 13))
        .y_labels(if is_named { rows_and_legend.end as usize + 2 } else { 0 })
        .y_label_formatter(&name)
        .set_tick_mark_size(LabelAreaPosition::Left, 0) // there are no contestants beside the legend
        .y_label_style(("sans-serif", 14))
        .draw()?;
    let limit = PathElement::new([(1.0, -0.5), (1.0, rows - 0.5)], BLACK);
    let between = (1..who.len()).map(|row| row as f64 - 0.5);
    let between = between.map(|y| PathElement::new([(least, y), (most, y)], BLACK.mix(0.15)));
    chart.draw_series(std::iter::once(limit).chain(between))?;
    for (index, table) in tables.iter().enumerate() {
        let color = COLORS[index % COLORS.len()];
        let of_case: Vec<&Point> = points.iter().filter(|point| point.case == index).collect();
        chart.draw_series(of_case.iter().map(|point| {
            PathElement::new([(point.ratio.least, point.y), (point.ratio.most, point.y)], color.stroke_width(2))
        }))?;
        chart
            .draw_series(of_case.iter().map(|point| Circle::new((point.ratio.median, point.y), 4, color.filled())))?
            .label(table.case.name())
            .legend(move |(x, y)| Circle::new((x + 10, y), 4, color.filled()));
    }
    if !is_named {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .label_font(("sans-serif", 13))
            .background_style(WHITE)
            .draw()?;
    }
    Ok(())
}

struct Point {
    case: usize,
    y: f64,
    ratio: Ratio,
}

fn points(tables: &[Table], who: &[Contestant], value: impl Fn(&Cost) -> f64 + Copy) -> Vec<Point> {
    let mut points = Vec::new();
    for (case, table) in tables.iter().enumerate() {
        let Some(limit) = table.row(Contestant::X264) else { continue };
        for (row, contestant) in who.iter().enumerate() {
            let ratio = |row: &Row| row.ratio(limit, value);
            // The cases are below one another in the row of the contestant.
            let y = (who.len() - row) as f64 - 0.5 - (case as f64 + 1.0) / (tables.len() as f64 + 1.0);
            points.extend(table.row(*contestant).map(ratio).map(|ratio| Point { case, y, ratio }));
        }
    }
    points
}

/// Returns the contestants that have finished a case, except the x264 program, which is 1 everywhere.
fn contestants(tables: &[Table]) -> Vec<Contestant> {
    let mut who = Vec::new();
    for row in tables.iter().flat_map(|table| &table.rows).filter(|row| row.picture.is_ok()) {
        if row.who != Contestant::X264 && !who.contains(&row.who) {
            who.push(row.who);
        }
    }
    who
}
