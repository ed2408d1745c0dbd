//! `kinetograph recover`: an unfinished file becomes a finished movie.

use crate::arguments::Recover;
use crate::{Result, output};

pub fn run(Recover { from, to, in_place: _ }: &Recover) -> Result<()> {
    let recovered = match to {
        Some(to) => {
            output::refuse_same([&**from], to)?;
            if to.exists() {
                return Err(format!("{} exists already; name a file that does not", to.display()).into());
            }
            kinetograph::recover(from, to)?
        }
        None => kinetograph::recover_in_place(from)?,
    };
    output::print(&format!("{}: {recovered}\n", to.as_ref().unwrap_or(from).display()))
}
