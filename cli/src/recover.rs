//! `kinetograph recover`: an unfinished file becomes a finished movie.

use std::fs;

use crate::arguments::Recover;
use crate::{Result, output};

pub fn run(Recover { from, to, in_place: _ }: &Recover) -> Result<()> {
    let movie = to.as_ref().unwrap_or(from);
    if let Some(to) = to {
        if to.exists() {
            return Err(format!("{} exists already", to.display()).into());
        }
        fs::copy(from, to).map_err(|error| format!("copying {} to {}: {error}", from.display(), to.display()))?;
    }
    match kinetograph::recover(movie) {
        Ok(recovered) => output::print(&format!("{}: {recovered}\n", movie.display())),
        Err(error) => {
            if to.is_some() {
                let _ = fs::remove_file(movie);
            }
            Err(error.into())
        }
    }
}
