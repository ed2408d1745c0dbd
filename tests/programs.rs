//! The examples as programs: outputs that nobody reads, and inputs that are outputs.

use std::path::Path;
use std::process::{Command, Output, Stdio};

mod clips;
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

fn run(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(example(program)).args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

const RAW: [&str; 6] = ["--size", "48x32", "--fps", "25", "--format", "gray"];

fn write_pictures(path: &Path) {
    std::fs::write(path, (0..50).flat_map(clips::picture).collect::<Vec<u8>>()).unwrap();
}

#[test]
fn programs_do_their_work_when_nobody_reads_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_pictures(&at("pictures.raw"));
    let raw = [&RAW[..], &["pictures.raw", "raw.mp4"]].concat();
    assert_eq!(unread("encode_raw", folder.path(), &raw), Some(0));
    assert_eq!(judge::hashes(&at("raw.mp4")).len(), 50);
    let waves = ["--size", "64x48", "--frames", "30", "waves.mp4"];
    assert_eq!(unread("waves", folder.path(), &waves), Some(0));
    assert_eq!(judge::hashes(&at("waves.mp4")).len(), 30);
    let shares = ["--size", "64x48", "--frames", "30", "--resume", "segments", "--share", "1/1"];
    assert_eq!(unread("waves", folder.path(), &shares), Some(0));
    assert!(!listing(&at("segments")).is_empty());
    assert_eq!(unread("recover", folder.path(), &["raw.mp4", "recovered.mp4"]), Some(0));
    assert_eq!(judge::hashes(&at("recovered.mp4")).len(), 50);
    assert_eq!(unread("recover", folder.path(), &["--in-place", "recovered.mp4"]), Some(0));
    // An error is one, whether or not anyone reads it.
    assert_eq!(unread("recover", folder.path(), &["raw.mp4", "recovered.mp4"]), Some(1));
    assert_eq!(unread("encode_raw", folder.path(), &[&RAW[..], &["none", "none.mp4"]].concat()), Some(1));
}

/// As `yes | head` ends: with the status of a program that SIGPIPE has ended, and without a message.
#[test]
fn a_movie_that_nobody_reads_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    write_pictures(&folder.path().join("pictures.raw"));
    for (program, arguments) in [("encode_raw", [&RAW[..], &["pictures.raw", "-"]].concat()), ("stdout", Vec::new())] {
        let mut command = Command::new(example(program));
        command.args(arguments).current_dir(&folder).stdin(Stdio::null()).stderr(Stdio::piped());
        let output = command.stdout(closed()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141), "{program}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program}");
    }
}

/// These macros panic if nobody reads what they print. The example `hello` is the first of the README, and as short as it
/// can be.
#[test]
fn no_example_prints_with_a_macro_that_panics() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut seen = 0;
    for name in listing(&root).into_iter().filter(|name| name != "hello.rs") {
        let path = if name == "waves" { root.join("waves/main.rs") } else { root.join(&name) };
        let code = std::fs::read_to_string(&path).unwrap();
        assert!(!code.contains("print!(") && !code.contains("println!("), "{name}");
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
#[cfg(unix)]
fn an_input_that_is_the_output_is_refused_before_it_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_pictures(&at("pictures.mp4"));
    let before = std::fs::read(at("pictures.mp4")).unwrap();
    std::fs::hard_link(at("pictures.mp4"), at("hard.mp4")).unwrap();
    std::os::unix::fs::symlink("pictures.mp4", at("soft.mp4")).unwrap();
    let names = listing(folder.path());
    for output in ["pictures.mp4", "./pictures.mp4", "hard.mp4", "soft.mp4"] {
        for input in ["pictures.mp4", "-"] {
            let mut command = Command::new(example("encode_raw"));
            command.args(RAW).args([input, output]).current_dir(&folder);
            let result = command.stdin(std::fs::File::open(at("pictures.mp4")).unwrap()).output().unwrap();
            assert_eq!(result.status.code(), Some(1));
            let text = String::from_utf8(result.stderr).unwrap();
            assert_eq!(text, format!("encode_raw: {output} is the input; the movie would replace it\n"));
            assert_eq!(listing(folder.path()), names);
            assert!(std::fs::read(at("pictures.mp4")).unwrap() == before);
        }
        let result = run("recover", folder.path(), &["pictures.mp4", output]);
        assert_eq!(result.status.code(), Some(1));
        assert!(std::fs::read(at("pictures.mp4")).unwrap() == before);
    }
}
