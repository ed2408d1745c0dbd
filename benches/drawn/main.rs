//! x264's presets and tunes, and ours, on drawn pictures: CPU time of one thread, size at equal PSNR and at equal SSIM.
//!
//! `cargo bench --bench drawn --features plotters -- COMMAND`. It needs the x264 program and ffmpeg. The scenes of
//! matplotlib need a Python that has it, named by `--python`.

mod curve;
mod frames;
mod quality;
mod report;
mod scenes;
mod trial;

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use scenes::{Half, SCENES, Scene};
use trial::Trials;

#[derive(Parser)]
struct Arguments {
    /// A Python that has matplotlib.
    #[arg(long, default_value = "python3")]
    python: String,
    /// Where frames and measurements are kept. A measurement that is there already is not repeated.
    #[arg(long, default_value = "target/drawn")]
    folder: PathBuf,
    /// Frames of a scene.
    #[arg(long, default_value_t = 60)]
    frames: usize,
    /// Only these scenes, by name, separated by commas.
    #[arg(long, value_delimiter = ',')]
    scenes: Vec<String>,
    /// Constant rate factors, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "20,23,26")]
    crf: Vec<f64>,
    #[command(subcommand)]
    command: Command,
    /// Cargo adds it.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Draws the frames of all chosen scenes, and writes some of them as PNGs.
    Draw,
    /// Compares sets of x264's options, each in quotes, with the first, and so the best of them for each scene.
    Search {
        /// The half of the scenes.
        #[arg(long, value_enum, default_value_t = Half::Search)]
        half: Half,
        #[arg(allow_hyphen_values = true, required = true)]
        sets: Vec<String>,
    },
    /// Compares presets with x264's tunes and with ours on the other half, prints tables, and draws a picture of them.
    Report { picture: PathBuf },
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Command::Draw => draw(&arguments),
        Command::Search { half, sets } => search(&arguments, *half, sets),
        Command::Report { picture } => report(&arguments, picture),
    }
}

impl Arguments {
    fn chosen(&self, half: Option<Half>) -> impl Iterator<Item = &'static Scene> {
        SCENES.iter().filter(move |scene| {
            half.is_none_or(|half| scene.half == half)
                && (self.scenes.is_empty() || self.scenes.iter().any(|name| name == scene.name))
        })
    }

    fn planes(&self, scene: &Scene) -> Result<PathBuf, Box<dyn Error + Send + Sync>> {
        frames::planes(scene, self.frames, &self.folder, &self.python)
    }
}

fn draw(arguments: &Arguments) -> Result<(), Box<dyn Error + Send + Sync>> {
    for scene in arguments.chosen(None) {
        let planes = arguments.planes(scene)?;
        let picture = arguments.folder.join(format!("{}.png", scene.name));
        frames::write_png(&planes, scene.size, arguments.frames / 2, &picture)?;
        println!("{}", picture.display());
    }
    Ok(())
}

/// Prints size at equal PSNR, at equal SSIM, CPU time and worst blocks, as multiples of the first set's: those of each
/// set, and those of the smallest set of each scene.
fn search(arguments: &Arguments, half: Half, sets: &[String]) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut trials = Trials::open(&arguments.folder)?;
    let scenes: Vec<_> = arguments.chosen(Some(half)).collect();
    let mut best: Vec<(&Scene, curve::Ratio)> = Vec::new();
    for set in sets {
        let mut ratios = Vec::new();
        for scene in &scenes {
            let planes = arguments.planes(scene)?;
            let mut curve = |set| trials.curve(scene, &planes, arguments.frames, set, &arguments.crf);
            let (first, this) = (curve(&sets[0])?, curve(set)?);
            ratios.push((*scene, this.against(&first)));
        }
        print(set, &ratios);
        if best.is_empty() {
            best.clone_from(&ratios);
        }
        for (best, ratio) in best.iter_mut().zip(ratios).filter(|(best, ratio)| ratio.1.psnr < best.1.psnr) {
            *best = ratio;
        }
    }
    print("the smallest of each scene", &best);
    Ok(())
}

fn print(name: &str, ratios: &[(&Scene, curve::Ratio)]) {
    let mean = curve::Ratio::mean(ratios.iter().filter(|(scene, _)| !scene.camera).map(|(_, ratio)| *ratio));
    let each: Vec<_> = ratios.iter().map(|(scene, r)| format!("{} {:.2}/{:.2}", scene.name, r.psnr, r.ssim)).collect();
    println!("{mean} | {name} | {}", each.join(", "));
}

fn report(arguments: &Arguments, picture: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut trials = Trials::open(&arguments.folder)?;
    let mut results = Vec::new();
    for scene in arguments.chosen(Some(Half::Report)) {
        let planes = arguments.planes(scene)?;
        let curve = |set: &str| trials.curve(scene, &planes, arguments.frames, set, &arguments.crf);
        results.push(report::Result::new(scene, curve)?);
    }
    report::print(&results);
    report::picture(&results, picture)
}

/// Returns the path of a file in a folder that is made where it is missing.
fn file(folder: &Path, name: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    Ok(folder.join(name))
}
