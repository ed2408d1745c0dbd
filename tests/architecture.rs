//! The rooms of the house, as ARCHITECTURE.md has them, and what Cargo.toml promises, held against the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The words that all rooms may use.
const WORDS: &[&str] = &["error", "frame", "packet", "planes", "settings", "time"];

/// What each room may name besides the words and itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("settings", &[]),
    ("time", &[]),
    ("frame", &[]),
    ("planes", &[]),
    ("packet", &[]),
    ("color", &[]),
    ("encoder", &[]),
    ("mp4", &[]),
    ("sink", &["mp4"]),
    ("recording", &["mp4", "sink"]),
    ("recover", &["mp4", "sink"]),
    ("report", &[]),
    ("progress", &["report"]),
    ("plot", &[]),
    ("html", &[]),
    ("pipeline", &["encoder", "recording"]),
    ("part", &["color", "encoder", "recording"]),
    ("movie", &["color", "encoder", "recording", "pipeline", "report"]),
    ("animation", &["color", "encoder", "recording", "pipeline", "report", "progress", "part", "movie", "html"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let nested = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    nested.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The room of a source file: the first part of its path below src, without `.rs`.
fn room_of(file: &Path) -> String {
    let below = file.strip_prefix(source_folder()).unwrap();
    below.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_string()
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A file's text without its unit tests, which stand at its end.
fn product_code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_string()
}

/// The modules of the crate that a text names, as `crate::name` or in `use crate::{name::…}`.
fn named_rooms(text: &str) -> BTreeSet<String> {
    let modules: BTreeSet<_> = sources(&source_folder()).iter().map(|file| room_of(file)).collect();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut named = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let path = match after.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default(),
            None => after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default(),
        };
        for name in path.split(',') {
            let first = name.trim().split("::").next().unwrap_or_default();
            named.extend(modules.get(first).cloned());
        }
    }
    named
}

#[test]
fn rooms_name_only_the_rooms_below_them() {
    for file in sources(&source_folder()) {
        let room = room_of(&file);
        // The face only re-exports.
        if ["lib", "guide"].contains(&room.as_str()) || file.ends_with("tests.rs") {
            continue;
        }
        let (_, allowed) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("room {room} is not in the table: {}", file.display()));
        for named in named_rooms(&product_code(&file)) {
            let fine = named == room || WORDS.contains(&named.as_str()) || allowed.contains(&named.as_str());
            assert!(fine, "{} names {named}", file.display());
        }
    }
}

#[test]
fn unsafe_code_is_only_in_the_encoder_and_the_colour_kernels() {
    for file in sources(&source_folder()) {
        let code = product_code(&file);
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let has_unsafe = lines
            .clone()
            .any(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe"));
        if has_unsafe {
            assert!(["encoder", "color"].contains(&room_of(&file).as_str()), "{}", file.display());
        }
    }
}

/// What the code itself may use of the standard library clippy checks by the same field.
#[test]
fn the_stated_rust_version_serves_every_dependency() {
    let printed = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let rustc = printed("rustc", &["-vV"]);
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let version = |text: &str| {
        let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap());
        [0; 3].map(|_| parts.next().unwrap_or(0))
    };
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    let metadata = printed(
        env!("CARGO"),
        &["metadata", "--format-version", "1", "--locked", "--all-features", "--filter-platform", host],
    );
    let stated: Vec<_> =
        metadata.split("\"rust_version\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(stated.len() > 20, "no versions in {metadata}");
    let newest = stated.into_iter().map(version).max().unwrap();
    assert!(newest <= ours, "a dependency needs Rust {newest:?}, rust-version says {ours:?}");
}
