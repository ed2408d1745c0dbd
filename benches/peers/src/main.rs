//! kinetograph beside what people use today: whole processes, in turn, in one run, on the same frames.

mod case;
mod comparison;
mod contestants;
mod document;
mod judge;
mod measure;
mod scene;
mod statistics;

use std::error::Error;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kinetograph::Preset;

use crate::case::{Case, Job};
use crate::comparison::Studio;
use crate::contestants::{Contestant, Programs};
use crate::scene::Scene;

/// Measures kinetograph beside what people use today.
///
/// Frames are drawn into a temporary folder (TMPDIR says where); then the contestants encode them in turn, round after
/// round, each in a process of its own.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Short movies only, to see that it runs
    #[arg(long)]
    quick: bool,
    /// Rounds; the tables show their medians
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Only these contestants
    #[arg(long, value_delimiter = ',')]
    contestants: Vec<Contestant>,
    /// One case instead of the usual ones: scene, size, frames
    #[arg(long, requires_all = ["size", "frames", "preset"])]
    scene: Option<Scene>,
    /// Width and height of that case's frames in pixels, as 640x480
    #[arg(long, value_parser = size)]
    size: Option<(u32, u32)>,
    /// That case's number of frames
    #[arg(long)]
    frames: Option<u32>,
    /// That case's presets
    #[arg(long, value_delimiter = ',')]
    preset: Vec<Preset>,
    /// The Python that may have PyAV, imageio-ffmpeg and matplotlib
    #[arg(long, env = "PYTHON", default_value = "python3")]
    python: PathBuf,
    /// The library's example program
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/examples/encode_raw"))]
    encode_raw: PathBuf,
}

/// What this program does when it has started itself.
#[derive(Subcommand)]
#[command(hide = true)]
enum Part {
    /// Draws frames
    Draw {
        #[command(flatten)]
        frames: Frames,
        rgba: PathBuf,
        i420: PathBuf,
    },
    /// Is one contestant
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
    let outcome = match &arguments.part {
        None => compare(&arguments),
        Some(Part::Draw { frames, rgba, i420 }) => {
            frames.scene.write(frames.size, frames.frames, rgba, i420).map_err(Into::into)
        }
        Some(Part::Perform { who, frames, preset, bit_rate, rgba, output }) => who.perform(&Job {
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
    let programs = Programs { python: arguments.python.clone(), encode_raw: arguments.encode_raw.clone() };
    let mut present = Vec::new();
    for who in arguments.contestants() {
        match who.find(&programs) {
            Ok(version) => {
                println!("{}: {version}; {}", who.name(), who.includes());
                present.push(who);
            }
            Err(reason) => println!("{}: MISSING, {reason}", who.name()),
        }
    }
    if !present.contains(&Contestant::X264) {
        return Err("everything is measured against the x264 program: install it".into());
    }
    let folder = tempfile::tempdir()?;
    let mut studio = Studio::new(folder.path(), &programs, arguments.rounds.into());
    for case in arguments.cases() {
        println!("\n{}", document::table(&studio.compare(case, &present)?));
    }
    Ok(())
}

impl Arguments {
    fn contestants(&self) -> Vec<Contestant> {
        let all = Contestant::value_variants().iter().copied().filter(|who| *who != Contestant::EncodeRaw);
        if self.contestants.is_empty() { all.collect() } else { self.contestants.clone() }
    }

    fn cases(&self) -> Vec<Case> {
        let cases = |scene, size, frames, presets: &[Preset]| {
            presets.iter().map(move |preset| Case { scene, size, frames, preset: *preset }).collect::<Vec<_>>()
        };
        if let (Some(scene), Some(size), Some(frames)) = (self.scene, self.size, self.frames) {
            return cases(scene, size, frames, &self.preset);
        }
        let (ultrafast, veryfast, medium) = (Preset::Ultrafast, Preset::Veryfast, Preset::Medium);
        if self.quick {
            let plot = cases(Scene::Plot, (640, 480), 300, &[veryfast, medium]);
            return [plot, cases(Scene::Photo, (640, 480), 100, &[veryfast])].concat();
        }
        [
            cases(Scene::Plot, (640, 480), 1000, &[ultrafast, veryfast, medium]),
            cases(Scene::Plot, (1280, 720), 400, &[veryfast, medium]),
            cases(Scene::Photo, (1280, 720), 250, &[veryfast, medium]),
        ]
        .concat()
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| "write it as 640x480".into())
}
