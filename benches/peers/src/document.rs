//! The results in Markdown: what is printed, and what BENCHMARKS.md is made of.

use std::fmt::Write;

use crate::comparison::{Row, Table};
use crate::contestants::Contestant;

/// One case as a table, and below it who has failed.
pub fn table(table: &Table) -> String {
    let mut text = format!("### {}\n\n", table.case.name());
    let mut cells = vec![
        ["", "CPU s", "× x264", "wall s", "× x264", "frames/s", "memory MB", "file kB", "PSNR dB", "SSIM", "matrix"]
            .map(String::from)
            .to_vec(),
    ];
    let Some(limit) = table.row(Contestant::X264) else { return format!("{text}The x264 program has failed.\n") };
    cells.extend(table.rows.iter().filter_map(|row| line(table, row, limit)));
    text += &aligned(&cells);
    for row in &table.rows {
        if let Err(error) = &row.picture {
            let _ = writeln!(text, "\n{} failed: {error}", row.who.name());
        }
    }
    text
}

fn line(table: &Table, row: &Row, limit: &Row) -> Option<Vec<String>> {
    let picture = row.picture.as_ref().ok()?;
    let wall = row.median(|cost| cost.wall);
    Some(vec![
        row.who.name().into(),
        format!("{:.2}", row.median(|cost| cost.cpu)),
        row.ratio(limit, |cost| cost.cpu).to_string(),
        format!("{wall:.2}"),
        row.ratio(limit, |cost| cost.wall).to_string(),
        format!("{:.0}", f64::from(table.case.frames) / wall),
        format!("{:.0}", row.median(|cost| cost.memory) / 1e6),
        format!("{:.0}", row.median(|cost| cost.bytes as f64) / 1e3),
        format!("{:.2}", picture.psnr),
        format!("{:.4}", picture.ssim),
        picture.matrix.clone().unwrap_or("untagged".into()),
    ])
}

/// A Markdown table whose columns also stand in line when it is read as text; all but the first are right-aligned.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            let _ = if column == 0 { write!(text, "| {cell:<width$} ") } else { write!(text, "| {cell:>width$} ") };
        }
        text += "|\n";
        if index == 0 {
            for column in 0..columns {
                let dashes = "-".repeat(width(column));
                let _ = if column == 0 { write!(text, "| {dashes} ") } else { write!(text, "| {dashes}:") };
            }
            text += "|\n";
        }
    }
    text
}
