//! Movies whose frames are drawn, by this library and by matplotlib.

use std::path::Path;
use std::process::Command;

use kinetograph::Preset;

use crate::case::{CRF, Case, RATE};
use crate::comparison::Table;
use crate::contestants::Contestant;
use crate::goals::{Goal, exactly};
use crate::machine;
use crate::measure;
use crate::scene::Scene;
use crate::statistics::{Ratio, median};

const CASE: Case = Case { scene: Scene::Plot, size: (1280, 720), frames: 300, preset: Preset::Medium };

/// Compares the example `waves` with matplotlib and the ffmpeg program, which draw and encode the same plot in turn.
/// The tables give the highest possible speed.
///
/// # Errors
/// The message of a program that fails.
pub fn goal(waves: &Path, python: &Path, rounds: u8, folder: &Path, tables: &[Table]) -> Result<Goal, String> {
    let (output, log) = (folder.join("waves.mp4"), folder.join("log"));
    let time = |mut command: Command| {
        command.args(["--size", &format!("{}x{}", CASE.size.0, CASE.size.1), "--frames", &CASE.frames.to_string()]);
        command.args(["--fps", &RATE.to_string(), "--preset", CASE.preset.name(), "--crf", &CRF.to_string()]);
        command.arg(&output);
        measure::run(vec![command], &output, &log).map(|cost| cost.wall)
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(time(Command::new(waves))?);
        let mut matplotlib = Command::new(python);
        matplotlib.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../matplotlib_waves.py"));
        theirs.push(time(matplotlib)?);
    }
    let speed = Ratio::of(&theirs, &ours);
    let ready = tables.iter().find(|table| table.case == CASE).and_then(|table| table.row(Contestant::X264));
    Ok(Goal {
        what: format!("waves, drawn, {}: speed", CASE.name()),
        limit: "≥ 5.00 × matplotlib's".into(),
        measured: exactly(speed),
        holds: speed.median >= 5.0,
        // The speed of a program that draws in no time and never leaves a core idle.
        most: ready.map(|x264| format!("{:.2}", median(&theirs) * machine::cores() / x264.median(|cost| cost.cpu))),
    })
}
