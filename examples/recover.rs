//! Finishes a recording that was cut short: `recover demo.mp4.k3Xz9Q.part [demo.mp4]`.

use std::path::PathBuf;

use clap::Parser;

#[derive(Parser)]
#[command(about = "Makes an unfinished recording a finished movie")]
struct Arguments {
    /// The file that was left behind.
    unfinished: PathBuf,
    /// The movie's name, which must be free; without one the file keeps its name.
    movie: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { unfinished, movie } = Arguments::parse();
    if let Some(movie) = movie.iter().find(|movie| movie.exists()) {
        return Err(format!("{} is there already", movie.display()).into());
    }
    let recovered = kinetograph::recover(&unfinished)?;
    let path = movie.as_ref().unwrap_or(&unfinished);
    if *path != unfinished {
        std::fs::rename(&unfinished, path)?;
    }
    println!("{}: {recovered}", path.display());
    Ok(())
}
