//! Compares kinetograph with what people use today: whole processes, in turn, in one run, on the same frames.

mod case;
mod chart;
mod comparison;
mod contestants;
mod document;
mod drawn;
mod goals;
mod judge;
mod machine;
mod measure;
mod photo;
mod scene;
mod statistics;

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kinetograph::Preset;

use crate::case::{Case, Job};
use crate::comparison::Runner;
use crate::contestants::{Contestant, Entry, Programs};
use crate::scene::Scene;

/// Compares kinetograph with what people use today.
///
/// The program draws frames into a temporary folder (in TMPDIR). Then the contestants encode them in turn, round after
/// round, each in a separate process.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// Encode short movies only, as a quick check
    #[arg(long)]
    quick: bool,
    /// Number of rounds; the tables show medians
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Run only these contestants
    #[arg(long, value_delimiter = ',')]
    contestants: Vec<Contestant>,
    /// Run one case instead of the usual ones; needs size, frames and preset
    #[arg(long, requires_all = ["size", "frames", "preset"])]
    scene: Option<Scene>,
    /// Width and height of the frames of that case in pixels, such as 640x480
    #[arg(long, value_parser = size)]
    size: Option<(u32, u32)>,
    /// Number of frames of that case
    #[arg(long)]
    frames: Option<u32>,
    /// Presets of that case
    #[arg(long, value_delimiter = ',')]
    preset: Vec<Preset>,
    /// Write BENCHMARKS.md and docs/benchmarks.png into this folder
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// The output of `cargo bench`, to include in BENCHMARKS.md
    #[arg(long, value_name = "FILE", requires = "write")]
    benches: Option<PathBuf>,
    /// A Python, possibly with PyAV, imageio-ffmpeg and matplotlib
    #[arg(long, env = "PYTHON", default_value = "python3")]
    python: PathBuf,
    /// The program kinetograph; the example waves is in the folder examples beside it
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/kinetograph"))]
    kinetograph: PathBuf,
}

/// The tasks for which this program starts itself.
#[derive(Subcommand)]
#[command(hide = true)]
enum Task {
    /// Draws frames
    Draw {
        #[command(flatten)]
        frames: Frames,
        rgba: PathBuf,
        i420: PathBuf,
    },
    /// Runs one contestant
    Perform {
        who: Contestant,
        #[command(flatten)]
        frames: Frames,
        #[arg(long)]
        preset: Preset,
        #[arg(long)]
        bit_rate: u32,
        #[arg(long)]
        rgba: PathBuf,
        #[arg(long)]
        output: PathBuf,
    },
}

#[derive(Args)]
struct Frames {
    #[arg(long)]
    scene: Scene,
    #[arg(long, value_parser = size)]
    size: (u32, u32),
    #[arg(long)]
    frames: u32,
}

fn main() {
    let arguments = Arguments::parse();
    let outcome = match &arguments.task {
        None => compare(&arguments),
        Some(Task::Draw { frames, rgba, i420 }) => {
            frames.scene.write(frames.size, frames.frames, rgba, i420).map_err(Into::into)
        }
        Some(Task::Perform { who, frames, preset, bit_rate, rgba, output }) => who.perform(&Job {
            case: Case { scene: frames.scene, size: frames.size, frames: frames.frames, preset: *preset },
            rgba: rgba.clone(),
            i420: PathBuf::new(),
            bit_rate: *bit_rate,
            output: output.clone(),
        }),
    };
    if let Err(error) = outcome {
        eprintln!("peers: {error}");
        std::process::exit(1);
    }
}

fn compare(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let programs = Programs { python: arguments.python.clone(), kinetograph: arguments.kinetograph.clone() };
    let field: Vec<Entry> = Contestant::value_variants().iter().map(|who| Entry::find(*who, &programs)).collect();
    println!("{}\n\n{}", machine::describe(), document::field(&field));
    let present: Vec<Contestant> = field.iter().filter(|entry| entry.found.is_ok()).map(|entry| entry.who).collect();
    for program in ["x264", "ffmpeg", "ffprobe"] {
        machine::first_line(Command::new(program).arg(if program == "x264" { "--version" } else { "-version" }))
            .map_err(|error| format!("{error}: the comparison needs it"))?;
    }
    let disturbance = machine::disturbance();
    if let Some(load) = disturbance {
        println!("{}", document::disturbed(load));
    }
    let folder = tempfile::tempdir()?;
    let mut tables = Vec::new();
    let plans = arguments.plans();
    // The chart has only the cases of the first plan.
    let charted = plans.first().map_or(0, |plan| plan.cases.len());
    for plan in plans {
        let contestants: Vec<Contestant> =
            plan.contestants.iter().copied().filter(|who| present.contains(who)).collect();
        let mut runner = Runner::new(folder.path(), &programs, plan.rounds.into());
        for case in plan.cases {
            let table = runner.compare(case, &contestants)?;
            println!("{}", document::table(&table));
            tables.push(table);
        }
    }
    let mut goals = goals::goals(&tables);
    if arguments.write.is_some() && present.contains(&Contestant::Matplotlib) {
        let waves = arguments.kinetograph.with_file_name("examples").join("waves");
        goals.push(drawn::goal(&waves, &arguments.python, arguments.rounds, folder.path(), &tables)?);
    }
    println!("{}", document::goals(&goals));
    if let Some(folder) = &arguments.write {
        let benches = arguments.benches.as_ref().map(std::fs::read_to_string).transpose()?;
        let file = folder.join("BENCHMARKS.md");
        let others = document::other_sections(&std::fs::read_to_string(&file).unwrap_or_default());
        let page = document::page(&field, &tables, &goals, disturbance, benches.as_deref(), &others);
        std::fs::write(file, page)?;
        std::fs::create_dir_all(folder.join("docs"))?;
        chart::draw(&tables[..charted])?.save_png(folder.join("docs/benchmarks.png"))?;
    }
    Ok(())
}

/// Cases for the same contestants.
struct Plan {
    cases: Vec<Case>,
    contestants: Vec<Contestant>,
    rounds: u8,
}

impl Arguments {
    fn plans(&self) -> Vec<Plan> {
        let cases = |scene, size, frames, presets: &[Preset]| {
            presets.iter().map(move |preset| Case { scene, size, frames, preset: *preset }).collect::<Vec<_>>()
        };
        let rounds = self.rounds;
        let field: Vec<Contestant> = match self.contestants.is_empty() {
            true => Contestant::value_variants().iter().copied().filter(|who| *who != Contestant::Program).collect(),
            false => self.contestants.clone(),
        };
        if let (Some(scene), Some(size), Some(frames)) = (self.scene, self.size, self.frames) {
            return vec![Plan { cases: cases(scene, size, frames, &self.preset), contestants: field, rounds }];
        }
        let (ultrafast, veryfast, medium) = (Preset::Ultrafast, Preset::Veryfast, Preset::Medium);
        if self.quick {
            let plot = cases(Scene::Plot, (640, 480), 300, &[veryfast, medium]);
            let photo = cases(Scene::Photo, (640, 480), 100, &[veryfast]);
            return vec![Plan { cases: [plot, photo].concat(), contestants: field, rounds }];
        }
        let all = [
            cases(Scene::Plot, (640, 480), 600, &[ultrafast, veryfast, medium]),
            cases(Scene::Plot, (1280, 720), 300, &[veryfast, medium]),
            cases(Scene::Photo, (1280, 720), 120, &[veryfast, medium]),
        ];
        let program = || vec![Contestant::X264, Contestant::Program];
        let beside = cases(Scene::Plot, (1280, 720), 400, &[veryfast, medium]);
        let mut plans = vec![
            Plan { cases: all.concat(), contestants: field, rounds },
            Plan { cases: beside, contestants: program(), rounds },
        ];
        if self.write.is_some() {
            // This case measures memory, for which one round suffices. The frames take 8 GB.
            let long = cases(Scene::Plot, (1280, 720), 1600, &[veryfast]);
            plans.push(Plan { cases: long, contestants: program(), rounds: 1 });
        }
        plans
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| "it must be like 640x480".into())
}
