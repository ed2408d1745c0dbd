//! The rooms of ARCHITECTURE.md and the promises of Cargo.toml, checked against the code.

#[path = "architecture/modules.rs"]
mod modules;
#[path = "architecture/rules.rs"]
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use modules::Crate;
use rules::{Page, cycles, file_cycles, unsafe_outside};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the texts of the Rust files of a folder, by their paths below it.
fn sources(folder: &Path) -> BTreeMap<String, String> {
    fn paths(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { paths(&path) } else { vec![path] }).collect()
    }
    let files = paths(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let named = |path: PathBuf| {
        let below: Vec<_> = path.strip_prefix(folder).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
        (below.join("/"), fs::read_to_string(&path).unwrap())
    };
    files.map(named).collect()
}

fn library() -> Crate {
    Crate::read(&sources(&root().join("src")))
}

fn page() -> Page {
    Page::read(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap())
}

/// Fails with the list of what was found, unless that is empty.
#[track_caller]
fn assert_none<T: Display>(found: impl IntoIterator<Item = T>) {
    let lines: String = found.into_iter().map(|line| format!("\n{line}")).collect();
    assert!(lines.is_empty(), "{lines}");
}

#[test]
fn rooms_name_only_what_the_page_says() {
    assert_none(page().violations(&library()));
}

#[test]
fn the_page_has_no_cycle_between_rooms() {
    assert_eq!(cycles(&page().rooms), BTreeSet::new());
}

#[test]
fn files_have_no_cycles() {
    assert_none(file_cycles(&library()));
}

/// The tests above do not see what a file names through a glob.
#[test]
fn no_module_of_the_crate_is_imported_by_glob() {
    assert_none(library().globs());
}

#[test]
fn unsafe_code_is_only_in_the_encoder_and_the_color_kernels() {
    assert_none(unsafe_outside(&sources(&root().join("src")), &["encoder/", "color/"]));
}

#[test]
fn the_charts_do_not_name_the_library() {
    let folder = root().join("plotters-tiny-skia");
    let mut files = sources(&folder);
    assert!(files.contains_key("src/lib.rs"), "{:?}", files.keys());
    files.insert("Cargo.toml".to_string(), fs::read_to_string(folder.join("Cargo.toml")).unwrap());
    files.retain(|_, text| text.contains(env!("CARGO_PKG_NAME")));
    assert_none(files.into_keys());
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

/// Symbols of C are global in a program: two versions of this crate that share one do not link together.
#[test]
fn the_only_c_symbol_names_the_version() {
    let archive = Path::new(env!("OUT_DIR")).join("libkinetograph_log.a");
    let output = Command::new("nm").args(["--extern-only", "--defined-only"]).arg(&archive).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listing = String::from_utf8(output.stdout).unwrap();
    let symbols: Vec<_> = listing.lines().filter(|line| line.contains(' ')).collect();
    let name = format!("kinetograph_{}_log_to", env!("CARGO_PKG_VERSION").replace(['.', '-', '+'], "_"));
    assert!(matches!(*symbols, [symbol] if symbol.ends_with(&name)), "{listing}");
    for (file, code) in sources(&root().join("src")) {
        assert!(!code.contains("no_mangle") && !code.contains("export_name"), "{file}");
    }
}
