//! The shell completions and man pages, made from the arguments.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::{Result, output};

/// Prints the completions for a shell.
pub fn completions(shell: Shell) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "kinetograph", &mut text);
    output::print(&String::from_utf8_lossy(&text))
}

/// Writes the man page of the program and one of each command into a folder.
pub fn man(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| format!("creating {}: {error}", folder.display()))?;
    let command = Arguments::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, folder)
        .map_err(|error| format!("writing man pages into {}: {error}", folder.display()).into())
}
