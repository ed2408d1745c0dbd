//! Runs the program.

#![allow(dead_code)] // each test program uses some of it

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub fn kinetograph<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinetograph"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the program, which must succeed and be quiet, and returns its standard output.
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Vec<u8> {
    let Output { status, stdout, stderr } = kinetograph(arguments).output().unwrap();
    assert!(status.success() && stderr.is_empty(), "{status}: {}", String::from_utf8_lossy(&stderr));
    stdout
}

/// Runs the program, which must fail with a single line, and returns what follows its name.
pub fn fail<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> String {
    failure(&kinetograph(arguments).output().unwrap())
}

/// The single line of a failure, without the name of the program.
pub fn failure(Output { status, stdout, stderr }: &Output) -> String {
    let text = String::from_utf8_lossy(stderr).into_owned();
    assert_eq!((status.code(), stdout.is_empty()), (Some(1), true), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().strip_prefix("kinetograph: ").unwrap_or_else(|| panic!("{text}")).to_string()
}

/// Runs the program with this standard input.
pub fn feed<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, input: &[u8]) -> Output {
    let mut child =
        kinetograph(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || drop(pipe.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

/// A path in a folder, as text.
pub fn text(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_string()
}
