//! The rooms of the house, as ARCHITECTURE.md has them, and what Cargo.toml promises, held against the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The third column of the row of words, which all rooms may name.
const WORDS: &str = "each other";

/// What rooms may name, from the table of ARCHITECTURE.md: the room, and its third column. Words may name each other.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| -> BTreeSet<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(|name| name.trim_end_matches(".rs").trim_end_matches('/').to_string()).collect()
    };
    let mut table = BTreeMap::new();
    for row in page.lines().skip_while(|line| *line != "## The rooms").filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').collect();
        let [_, rooms, _, named, _] = cells[..] else { break };
        let named = if named.contains(WORDS) { names(rooms) } else { names(named) };
        for room in names(rooms) {
            assert!(table.insert(room, named.clone()).is_none(), "two rows in {row}");
        }
    }
    table
}

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

/// The modules of the crate that a text names, as `crate::name` or in `crate::{name::…}`.
fn named_rooms(text: &str) -> BTreeSet<String> {
    let modules: BTreeSet<_> = sources(&source_folder()).iter().map(|file| room_of(file)).collect();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut named = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        // The names at the depth of the group's own braces; without a group, the one name.
        let (mut depth, mut name, mut is_first) = (0, String::new(), true);
        for c in after.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => is_first = true,
                c if c.is_alphanumeric() || c == '_' => {
                    if is_first {
                        name.push(c);
                    }
                    continue;
                }
                _ => {}
            }
            if !name.is_empty() {
                is_first = false;
                named.extend(modules.get(&std::mem::take(&mut name)).cloned());
            }
            if depth == 0 {
                break;
            }
        }
    }
    named
}

#[test]
fn rooms_name_only_what_the_page_says() {
    let table = table();
    let words = table["error"].clone();
    assert!(words.contains("settings"), "{words:?}");
    let mut used = BTreeSet::new();
    for file in sources(&source_folder()) {
        let room = room_of(&file);
        // The face only re-exports.
        if ["lib", "guide"].contains(&room.as_str()) || file.ends_with("tests.rs") {
            continue;
        }
        let allowed = table.get(&room).unwrap_or_else(|| panic!("the page has no room {room}: {}", file.display()));
        let code = product_code(&file);
        for named in named_rooms(&code) {
            let fine = named == room || words.contains(&named) || allowed.contains(&named);
            assert!(fine, "{} names {named}", file.display());
            used.insert((room.clone(), named));
        }
        // From a file at the top this is another way to name the crate.
        let at_the_top = file.parent() == Some(&source_folder());
        assert!(!at_the_top || !code.contains("super::"), "{}", file.display());
    }
    for (room, allowed) in &table {
        for named in allowed.iter().filter(|named| *named != room && !words.contains(*named)) {
            let edge = (room.clone(), named.clone());
            assert!(used.contains(&edge), "the page lets {room} name {named}, which it does not");
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
