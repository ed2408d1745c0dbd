//! The outside judges: ffmpeg, ffprobe, mediainfo and the x264 program, run on files of a folder that goes away.

#![allow(dead_code)] // each test program uses some of them

pub mod browser;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Runs a program that must succeed, and gives its standard output.
///
/// A judge that is not installed is a failure, not a skip: `make test` installs them.
pub fn run<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&stderr));
    stdout
}

/// An error with its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

/// The path of an example, which `cargo test` builds beside the tests.
pub fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("the path of this test");
    let example = tests.parent().and_then(Path::parent).expect("target/…/deps/…").join("examples");
    let example = example.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is not built: cargo build --all-features --examples", example.display());
    example
}

/// The names of what is in a folder, sorted.
pub fn listing(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Fields of the first video stream, separated by commas, each in a line as ffprobe shows it. It counts
/// `nb_read_frames` by decoding them.
pub fn ffprobe(movie: &Path, fields: &str) -> String {
    let entry = format!("stream={fields}");
    let counted = if fields.contains("nb_read_frames") { "-count_frames" } else { "-hide_banner" };
    let path = movie.to_str().expect("a path in UTF-8");
    let out = run(
        "ffprobe",
        ["-v", "error", counted, "-select_streams", "v:0", "-show_entries", &entry, "-of", "default=nk=1:nw=1", path],
    );
    text(out).trim().to_string()
}

/// One field of the video track, or of the whole file, as mediainfo shows it: `Video;Width`, `General;Duration`.
pub fn mediainfo(movie: &Path, section_and_field: &str) -> String {
    let (section, field) = section_and_field.split_once(';').expect("Section;Field");
    let template = format!("--Inform={section};%{field}%");
    String::from_utf8(run("mediainfo", [&template, movie.to_str().expect("a path in UTF-8")]))
        .expect("text")
        .trim()
        .into()
}

/// The samples of all pictures of a movie as ffmpeg decodes them, plane after plane, picture after picture: without a
/// pixel format asked for, ffmpeg converts nothing. Frames are passed as they are, none doubled or dropped.
pub fn decode(movie: &Path) -> Vec<u8> {
    let path = movie.to_str().expect("a path in UTF-8");
    run("ffmpeg", ["-v", "error", "-xerror", "-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "-"])
}

/// The NAL units of an Annex B stream, without start codes and the zeros that may follow a unit.
pub fn split_annex_b(stream: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= stream.len() {
        if stream[at..at + 3] == [0, 0, 1] {
            starts.push(at);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends = starts.iter().skip(1).copied().chain([stream.len()]);
    let units = starts.iter().zip(ends).map(|(start, end)| {
        let unit = &stream[start + 3..end];
        // A NAL unit never ends in a zero byte (H.264 7.4.1).
        &unit[..unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)]
    });
    units.collect()
}

/// Time, duration and hash of every frame, as ffmpeg prints them.
pub fn frames(movie: &Path) -> String {
    let path = movie.to_str().expect("a path in UTF-8");
    let out = run("ffmpeg", ["-v", "error", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-"]);
    String::from_utf8(out).expect("text")
}

/// The hash of every frame.
pub fn hashes(movie: &Path) -> Vec<String> {
    hashes_in(&frames(movie))
}

/// The hash of every frame in the lines that [`frames`] returns.
pub fn hashes_in(lines: &str) -> Vec<String> {
    let hash = |line: &str| line.rsplit(',').next().expect("a field").trim().to_string();
    lines.lines().filter(|line| !line.starts_with('#')).map(hash).collect()
}

/// Time and hash of every frame, as far as ffmpeg can read an incomplete file.
pub fn shown(movie: &Path) -> Vec<(u64, String)> {
    let path = movie.to_str().expect("a path in UTF-8");
    let out = run("ffmpeg", ["-v", "fatal", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-"]);
    let lines = String::from_utf8(out).expect("text");
    let fields = lines.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').map(str::trim));
    fields.map(|mut fields| (fields.nth(2).unwrap().parse().unwrap(), fields.nth(2).unwrap().into())).collect()
}

/// Entries of ffprobe, one line an entry.
pub fn probe(movie: &Path, entries: &str) -> String {
    let path = movie.to_str().expect("a path in UTF-8");
    let out = run("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", path]);
    text(out)
}

/// What a program prints. Windows ends lines in its own way.
fn text(out: Vec<u8>) -> String {
    String::from_utf8(out).expect("text").replace("\r\n", "\n")
}
