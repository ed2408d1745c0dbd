//! The goals of the library, compared with what was measured.

use kinetograph::Preset;

use crate::comparison::Table;
use crate::contestants::Contestant::{Animation, Movie, Program, X264};
use crate::machine;
use crate::scene::Scene;
use crate::statistics::Ratio;

/// One goal with what was measured.
pub struct Goal {
    pub what: String,
    pub limit: String,
    pub measured: String,
    pub holds: bool,
    /// The best value that is possible.
    pub most: Option<String>,
}

/// Returns the goals that the tables have measured.
pub fn goals(tables: &[Table]) -> Vec<Goal> {
    tables.iter().flat_map(|table| beside_the_program(table).into_iter().chain(segments(table))).collect()
}

/// Compares our program with the x264 program, which neither converts nor muxes.
fn beside_the_program(table: &Table) -> Vec<Goal> {
    let (Some(ours), Some(limit)) = (table.row(Program), table.row(X264)) else { return Vec::new() };
    let goal = |what: &str, limit: String, measured: String, holds| Goal {
        what: format!("program, {}: {what}", table.case.name()),
        limit,
        measured,
        holds,
        most: None,
    };
    let cpu = ours.ratio(limit, |cost| cost.cpu);
    let wall = ours.ratio(limit, |cost| cost.wall);
    let memory = (ours.median(|cost| cost.memory) - limit.median(|cost| cost.memory)) / 1e6;
    vec![
        goal("CPU time", "≤ 1.10 × x264's".into(), exactly(cpu), cpu.median <= 1.10),
        goal("wall time", "≤ 1.05 × x264's".into(), exactly(wall), wall.median <= 1.05),
        goal("memory", "≤ x264's + 40 MB".into(), format!("{memory:+.0} MB"), memory <= 40.0),
    ]
}

/// Compares segments with the threads of x264 on plots.
fn segments(table: &Table) -> Vec<Goal> {
    let (Some(segments), Some(limit)) = (table.row(Animation), table.row(X264)) else { return Vec::new() };
    if table.case.scene != Scene::Plot {
        return Vec::new();
    }
    let name = table.case.name();
    let speed = limit.ratio(segments, |cost| cost.wall);
    let least = if table.case.preset == Preset::Medium { 1.15 } else { 1.2 };
    let speed = Goal {
        what: format!("Animation, {name}: speed"),
        limit: format!("≥ {least:.2} × x264's"),
        measured: exactly(speed),
        holds: speed.median >= least,
        // The speed of a program that needs x264's CPU time and never leaves a core idle.
        most: Some(format!("{:.2}", limit.median(|cost| cost.wall * machine::cores() / cost.cpu))),
    };
    // Movie writes the stream of the x264 program, in the same container.
    let size = table.row(Movie).map(|movie| segments.ratio(movie, |cost| cost.bytes as f64).median);
    let size = size.map(|size| Goal {
        what: format!("Animation, {name}: file"),
        limit: "≤ 1.00 × Movie's".into(),
        measured: format!("{size:.3}"),
        holds: size <= 1.0,
        most: None,
    });
    std::iter::once(speed).chain(size).collect()
}

/// Formats a ratio with one more digit than the limits have.
pub fn exactly(ratio: Ratio) -> String {
    format!("{:.3} ({:.2}–{:.2})", ratio.median, ratio.least, ratio.most)
}
