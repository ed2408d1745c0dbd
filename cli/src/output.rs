//! What all commands share about their output: names, standard output, and the line of an error.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

use kinetograph::Layout;

use crate::Result;

/// Returns whether a path stands for standard input or output.
pub fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns the layout of a movie: the one given, or the one that its name asks for.
pub fn layout(given: Option<Layout>, output: &Path) -> Layout {
    let is_annex_b = |extension: &OsStr| ["264", "h264"].iter().any(|name| extension.eq_ignore_ascii_case(name));
    given.unwrap_or_else(|| match output.extension() {
        _ if is_dash(output) => Layout::Fragmented,
        Some(extension) if is_annex_b(extension) => Layout::AnnexB,
        _ => Layout::CrashSafe,
    })
}

/// Fails if an input is the file that is to be written, whatever their paths are.
pub fn refuse_same<'a>(inputs: impl IntoIterator<Item = &'a Path>, output: &Path) -> Result<()> {
    let Some(there) = identity(output) else { return Ok(()) };
    if inputs.into_iter().any(|input| identity(input).is_some_and(|input| input == there)) {
        return Err(format!("{} is an input; the movie would replace it", output.display()).into());
    }
    Ok(())
}

/// Returns what tells a file from others, by whatever path or link it is reached. `-` is standard input.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::{fd::AsFd, unix::fs::MetadataExt};
    let there = if is_dash(path) {
        fs::File::from(io::stdin().as_fd().try_clone_to_owned().ok()?).metadata()
    } else {
        fs::metadata(path)
    };
    there.ok().map(|there| (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<std::path::PathBuf> {
    fs::canonicalize(path).ok()
}

/// Fails if a movie would be written to a terminal.
pub fn refuse_terminal() -> Result<()> {
    if io::stdout().is_terminal() {
        return Err("standard output is a terminal; name a file, or pipe the movie into a program".into());
    }
    Ok(())
}

/// Writes text to standard output. It is no error if nobody reads it.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("writing to standard output: {error}").into())
        }
        _ => Ok(()),
    }
}

/// Prints the facts about a movie for a person, on standard error if that is a terminal.
pub fn report(text: impl std::fmt::Display) {
    let mut out = io::stderr();
    if out.is_terminal() {
        let _ = writeln!(out, "{text}");
    }
}

/// Returns whether an error comes from a pipe that nobody reads any more.
pub fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut errors = std::iter::successors(Some(error), |error| (*error).source());
    errors.any(|error| error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == ErrorKind::BrokenPipe))
}

/// Returns an error and its causes on one line.
pub fn one_line(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    let line = causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"));
    // A file's name may have any character.
    line.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
