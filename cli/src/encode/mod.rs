//! `kinetograph encode`: finds out what the input is, and makes a movie of it.

mod natural;
mod pictures;
mod pixels;
mod pushed;
mod repeated;
mod settings;
mod y4m;

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use crate::arguments::Encode;
use crate::{Result, output};

pub use natural::natural_order;

/// A file or standard input, read from its beginning.
struct Input<'a> {
    path: &'a Path,
    reader: Box<dyn Read>,
    /// Bytes in all, if that is known.
    length: Option<u64>,
}

pub fn run(arguments: &Encode) -> Result<()> {
    let Encode { input, output, .. } = arguments;
    if output::is_dash(output) {
        output::refuse_terminal()?;
    } else {
        output::refuse_same(input.iter().map(|path| &**path), output)?;
    }
    let is_sized = arguments.quality.max_size.is_some();
    let report = match &**input {
        [path] if !path.is_dir() => {
            let (input, is_y4m) = open(path)?;
            match (is_y4m, arguments.raw.size) {
                (true, Some(_)) => return Err(format!("{}: it is a Y4M, which states its size", input.name()).into()),
                (true, None) if is_sized => repeated::y4m(arguments, input)?,
                (true, None) => pushed::y4m(arguments, input)?,
                (false, Some(size)) if is_sized => repeated::raw(arguments, input, size)?,
                (false, Some(size)) => pushed::raw(arguments, input, size)?,
                (false, None) if output::is_dash(path) => {
                    return Err("standard input is no Y4M; raw frames need --size and --fps".into());
                }
                (false, None) => pictures::encode(arguments)?,
            }
        }
        _ if arguments.raw.size.is_some() => return Err("raw frames are one file; join the files with cat".into()),
        _ => pictures::encode(arguments)?,
    };
    output::report(report);
    Ok(())
}

/// Opens an input, and returns whether it begins like a Y4M.
fn open(path: &Path) -> Result<(Input<'_>, bool)> {
    let reading = |error: io::Error| format!("reading {}: {error}", path.display());
    let (mut reader, length): (Box<dyn Read>, _) = if output::is_dash(path) {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(path).map_err(reading)?;
        let length = file.metadata().ok().filter(|data| data.is_file()).map(|data| data.len());
        (Box::new(file), length)
    };
    let mut begin = Vec::new();
    (&mut reader).take(y4m::MAGIC.len() as u64).read_to_end(&mut begin).map_err(reading)?;
    let is_y4m = begin == y4m::MAGIC;
    Ok((Input { path, reader: Box::new(Cursor::new(begin).chain(reader)), length }, is_y4m))
}

impl Input<'_> {
    fn name(&self) -> String {
        if output::is_dash(self.path) { "standard input".into() } else { self.path.display().to_string() }
    }
}
