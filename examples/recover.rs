//! Makes a finished movie of an unfinished file: `recover demo.mp4.part demo.mp4`.

use std::io::Write;
use std::path::PathBuf;

use clap::Parser;

#[derive(Parser)]
#[command(about = "Makes a finished movie of an unfinished file")]
struct Arguments {
    /// The unfinished file, which is left as it is
    unfinished: PathBuf,
    /// The movie, which must not exist yet
    #[arg(required_unless_present = "in_place")]
    movie: Option<PathBuf>,
    /// Turn the unfinished file itself into the movie
    #[arg(long, conflicts_with = "movie")]
    in_place: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { unfinished, movie, .. } = Arguments::parse();
    let recovered = match &movie {
        Some(movie) if movie.exists() => return Err(format!("{} exists already", movie.display()).into()),
        Some(movie) => kinetograph::recover(&unfinished, movie)?,
        None => kinetograph::recover_in_place(&unfinished)?,
    };
    // The work is done, whether or not anyone reads this.
    let _ = writeln!(std::io::stdout(), "{}: {recovered}", movie.unwrap_or(unfinished).display());
    Ok(())
}
