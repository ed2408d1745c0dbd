//! The README: its code is tested code, and the two programs that it names make the movies that it promises.

use std::path::Path;

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;

use judge::example;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the Rust blocks of a Markdown text, without the lines that rustdoc hides.
///
/// Blocks that begin with another word after the fence than `rust` or `no_run` are not tested Rust.
fn rust_blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block = lines.by_ref().take_while(|line| !line.starts_with("```"));
        let shown: Vec<&str> = block.filter(|line| *line != "#" && !line.starts_with("# ")).collect();
        if ["rust", "no_run"].contains(&language) {
            blocks.push(shown.join("\n"));
        }
    }
    blocks
}

#[test]
fn readme_examples_are_the_tested_ones() {
    let readme = rust_blocks(&read("README.md"));
    let source = read("src/lib.rs");
    let docs = source.lines().map_while(|line| line.strip_prefix("//!"));
    let docs: Vec<&str> = docs.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    // The examples of the crate's documentation are doctests.
    assert_eq!(readme, rust_blocks(&docs.join("\n")));
    let hello = read("examples/hello.rs");
    let (_, code) = hello.split_once("\n\n").expect("a line that says what it is, then the code");
    assert_eq!(readme[0], code.trim_end());
}

#[test]
fn hello_makes_the_movie_that_the_readme_shows() {
    let folder = tempfile::tempdir().unwrap();
    let run = std::process::Command::new(example("hello")).current_dir(folder.path()).output().unwrap();
    let report = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success() && report.starts_with("90 frames, 3.000 s, "), "{report}");
    assert_eq!(judge::ffprobe(&folder.path().join("hello.mp4"), "nb_read_frames"), "90");
}

#[test]
fn demo_is_what_players_expect() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("demo.mp4");
    judge::run(example("demo").to_str().unwrap(), [&movie]);
    for (field, expected) in [
        ("codec_name", "h264"),
        ("profile", "High"),
        ("pix_fmt", "yuv420p"),
        ("width", "500"),
        ("height", "500"),
        ("nb_frames", "300"),
        ("nb_read_frames", "300"),
        ("r_frame_rate", "30/1"),
        ("avg_frame_rate", "30/1"),
        ("start_time", "0.000000"),
        ("duration", "10.000000"),
        ("color_space", "bt709"),
        ("color_transfer", "iec61966-2-1"),
        ("color_primaries", "bt709"),
        ("color_range", "tv"),
        ("sample_aspect_ratio", "1:1"),
    ] {
        assert_eq!(judge::ffprobe(&movie, field), expected, "{field}");
    }
    for (field, expected) in [
        ("Video;Format", "AVC"),
        ("Video;Width", "500"),
        ("Video;Height", "500"),
        ("Video;FrameCount", "300"),
        ("Video;Duration", "10000"),
        ("General;IsStreamable", "Yes"),
        ("Video;colour_primaries", "BT.709"),
        ("Video;transfer_characteristics", "sRGB/sYCC"),
        ("Video;matrix_coefficients", "BT.709"),
        ("Video;colour_range", "Limited"),
    ] {
        assert_eq!(judge::mediainfo(&movie, field), expected, "{field}");
    }
    let boxes: Vec<_> = boxes::boxes(&std::fs::read(&movie).unwrap()).iter().map(|found| found.name).collect();
    let place = |name| boxes.iter().position(|found| found == name).expect("the box");
    assert!(place(b"moov") < place(b"mdat"), "{boxes:?}");
}
