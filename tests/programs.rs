//! The examples as programs: outputs that nobody reads.

use std::path::Path;
use std::process::{Command, Stdio};

mod judge;

use judge::{example, listing};

/// Makes a pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

/// Runs a program whose standard output and error are pipes that nobody reads.
fn unread(program: &str, folder: &Path, arguments: &[&str]) -> Option<i32> {
    let mut command = Command::new(example(program));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(closed()).stderr(closed());
    command.status().unwrap().code()
}

#[test]
fn programs_do_their_work_when_nobody_reads_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let waves = ["--size", "64x48", "--frames", "30", "waves.mp4"];
    assert_eq!(unread("waves", folder.path(), &waves), Some(0));
    assert_eq!(judge::hashes(&at("waves.mp4")).len(), 30);
    let shares = ["--size", "64x48", "--frames", "30", "--resume", "segments", "--share", "1/1"];
    assert_eq!(unread("waves", folder.path(), &shares), Some(0));
    assert!(!listing(&at("segments")).is_empty());
    // An error is one, whether or not anyone reads it.
    assert_eq!(unread("waves", folder.path(), &["--size", "0x0", "none.mp4"]), Some(1));
}

/// As `yes | head` ends: with the status of a program that SIGPIPE has ended, and without a message.
#[test]
fn a_movie_that_nobody_reads_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(example("stdout"));
    command.current_dir(&folder).stdin(Stdio::null()).stderr(Stdio::piped());
    let output = command.stdout(closed()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// These macros panic if nobody reads what they print. The example `hello` is the first of the README, and as short as it
/// can be.
#[test]
fn no_example_prints_with_a_macro_that_panics() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut seen = 0;
    for name in listing(&root).into_iter().filter(|name| name != "hello.rs" && name != "python") {
        let path = if name == "waves" { root.join("waves/main.rs") } else { root.join(&name) };
        let code = std::fs::read_to_string(&path).unwrap();
        assert!(!code.contains("print!(") && !code.contains("println!("), "{name}");
        seen += 1;
    }
    assert!(seen > 10);
}
