//! Makes a finished movie of an unfinished file: `recover demo.mp4.k3Xz9Q.part [demo.mp4]`.

use std::path::PathBuf;

use clap::Parser;

#[derive(Parser)]
#[command(about = "Makes a finished movie of an unfinished file")]
struct Arguments {
    /// The unfinished file
    unfinished: PathBuf,
    /// A new name for the movie, which must not exist yet [default: the file keeps its name]
    movie: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { unfinished, movie } = Arguments::parse();
    if let Some(movie) = movie.iter().find(|movie| movie.exists()) {
        return Err(format!("{} exists already", movie.display()).into());
    }
    let recovered = kinetograph::recover(&unfinished)?;
    let path = movie.as_ref().unwrap_or(&unfinished);
    if *path != unfinished {
        std::fs::rename(&unfinished, path)?;
    }
    println!("{}: {recovered}", path.display());
    Ok(())
}
