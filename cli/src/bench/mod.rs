//! `kinetograph bench`: how fast this machine makes movies of drawn pictures.

mod drawing;
mod table;

use std::io;

use crate::arguments::Bench;
use crate::{Result, output};

/// The most pictures that are drawn before anything is measured, and the most memory that they take. A movie shows them
/// again and again.
const PICTURES: u64 = 60;
const MEMORY: u64 = 512 << 20;

pub fn run(Bench { size: (width, height) }: &Bench) -> Result<()> {
    // Refused before it is drawn.
    kinetograph::Settings::new(*width, *height).validate()?;
    let count = (MEMORY / (4 * u64::from(*width) * u64::from(*height))).clamp(2, PICTURES);
    let pictures: Option<Vec<_>> = (0..count).map(|index| drawing::picture(*width, *height, index)).collect();
    let pictures = pictures.ok_or("the size is too large")?;
    match table::print(&pictures, &mut io::stdout().lock()) {
        // Nobody reads the table any more.
        Err(error) if output::is_broken_pipe(&*error) => Ok(()),
        printed => printed,
    }
}
