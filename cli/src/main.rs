//! `kinetograph`: makes movies of pictures, Y4M and raw frames, and finishes, joins and describes them.

mod arguments;
mod bench;
mod documents;
mod encode;
mod info;
mod join;
mod output;
mod recover;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// The exit status of a program that SIGPIPE has ended, as shells see it.
const BROKEN_PIPE: u8 = 128 + 13;

/// The result of a command. An error prints as one line with all its causes.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Encode(arguments) => encode::run(&arguments),
        Command::Recover(arguments) => recover::run(&arguments),
        Command::Join(arguments) => join::run(&arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Completions { shell } => documents::completions(shell),
        Command::Man { folder } => documents::man(&folder),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the movie has what it wanted.
        Err(error) if output::is_broken_pipe(&*error) => ExitCode::from(BROKEN_PIPE),
        Err(error) => {
            // Nobody is left to be told if standard error is closed.
            let _ = writeln!(io::stderr(), "kinetograph: {}", output::one_line(&*error));
            ExitCode::FAILURE
        }
    }
}
