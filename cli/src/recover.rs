//! `kinetograph recover`: an unfinished file becomes a finished movie.

use crate::arguments::Recover;
use crate::{Result, output};

pub fn run(Recover { from, to, in_place: _ }: &Recover) -> Result<()> {
    if let Some(to) = to {
        output::refuse_same([&**from], to)?;
        return Err("not yet".into());
    }
    let recovered = kinetograph::recover(from)?;
    output::print(&format!("{recovered}\n"))
}
