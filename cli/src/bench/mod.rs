//! `kinetograph bench`: how fast this machine makes movies of drawn pictures.

mod drawing;
mod table;

use std::io;

use crate::arguments::Bench;
use crate::{Result, output};

/// The pictures that are drawn before anything is measured. A movie shows them again and again.
const PICTURES: u64 = 60;

pub fn run(Bench { size: (width, height) }: &Bench) -> Result<()> {
    // Refused before it is drawn.
    kinetograph::Settings::new(*width, *height).validate()?;
    let pictures: Vec<_> = (0..PICTURES)
        .map(|index| drawing::picture(*width, *height, index))
        .collect::<Option<_>>()
        .ok_or("the size is too large")?;
    match table::print(&pictures, &mut io::stdout().lock()) {
        // Nobody reads the table any more.
        Err(error) if output::is_broken_pipe(&*error) => Ok(()),
        printed => printed,
    }
}
