//! What the rooms and files of a crate may name, and where it may be unsafe.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

use crate::modules::Crate;

/// A directed graph: what each node names.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// The table of rooms in ARCHITECTURE.md.
pub struct Page {
    /// What each room may name besides itself and the words.
    pub rooms: Graph,
    /// The rooms that every room may name. They may name each other.
    words: BTreeSet<String>,
}

impl Page {
    pub fn read(text: &str) -> Self {
        let names = |cell: &str| -> BTreeSet<String> {
            let quoted = cell.split('`').skip(1).step_by(2);
            quoted.map(|name| name.trim_end_matches(".rs").trim_end_matches('/').to_string()).collect()
        };
        let mut page = Self { rooms: Graph::new(), words: BTreeSet::new() };
        let section = text.lines().skip_while(|line| *line != "## The rooms").skip(1);
        for row in section.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `")) {
            let cells: Vec<_> = row.split('|').collect();
            let [_, rooms, _, named, _] = cells[..] else { panic!("not three columns: {row}") };
            if named.contains("each other") {
                page.words.extend(names(rooms));
            }
            for room in names(rooms) {
                assert!(page.rooms.insert(room, names(named)).is_none(), "a second row for a room: {row}");
            }
        }
        page
    }

    /// Returns what contradicts the table: a room that only the page or only the crate has, a name that the table does
    /// not allow, and an allowed name that the room does not use.
    pub fn violations(&self, library: &Crate) -> BTreeSet<String> {
        let mut violations = BTreeSet::new();
        let (listed, present): (BTreeSet<_>, _) = (self.rooms.keys().cloned().collect(), library.rooms());
        violations.extend(listed.difference(&present).map(|room| format!("src has no {room}")));
        violations.extend(present.difference(&listed).map(|room| format!("the page has no {room}")));
        let mut unused = self.rooms.clone();
        for mention in library.mentions() {
            let room = mention.file.split('/').next().unwrap().trim_end_matches(".rs");
            // lib.rs re-exports from all rooms. What else it might name makes a cycle with those that name lib.rs.
            for named in mention.rooms.iter().filter(|named| *named != room && room != "lib") {
                if let Some(unused) = unused.get_mut(room) {
                    unused.remove(named);
                }
                let is_allowed = self.rooms.get(room).is_some_and(|allowed| allowed.contains(named));
                if !is_allowed && !self.words.contains(named) {
                    violations.insert(format!("{} names {named} by {}", mention.file, mention.path));
                }
            }
        }
        let unused = unused.iter().flat_map(|(room, named)| named.iter().map(move |named| (room, named)));
        violations.extend(unused.map(|(room, named)| format!("{room} does not name {named}, as the page says")));
        violations
    }
}

/// Returns the sets of nodes that reach each other.
pub fn cycles(graph: &Graph) -> BTreeSet<BTreeSet<String>> {
    let reached = |from| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(node) = next.pop() {
            next.extend(graph.get(node).into_iter().flatten().filter(|named| reached.insert(named.to_string())));
        }
        reached
    };
    let reach: Graph = graph.keys().map(|node| (node.clone(), reached(node))).collect();
    let mutual = |node: &String| -> BTreeSet<String> {
        reach[node].iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(node))).cloned().collect()
    };
    graph.keys().map(mutual).filter(|set| !set.is_empty()).collect()
}

/// Returns the cycles between the files of a crate, each with the paths that make it.
///
/// A file depends on the files that define the items that it names. That a parent declares a module, or re-exports its
/// items, is no dependency. So a child may use items of its parent or its parent those of the child, but not both. A
/// call of a method does not name the file with the method, only the file with the type. The error type is left out: it
/// names the types of its facts, whose functions return it.
pub fn file_cycles(library: &Crate) -> Vec<String> {
    let mut graph = Graph::new();
    let mut paths = BTreeMap::<_, BTreeSet<_>>::new();
    for mention in library.mentions() {
        let depends_on = |home: &String| *home != mention.file && !mention.file.starts_with("error/");
        for home in mention.homes.into_iter().filter(depends_on) {
            graph.entry(mention.file.clone()).or_default().insert(home.clone());
            paths.entry((mention.file.clone(), home)).or_default().insert(mention.path.clone());
        }
    }
    let describe = |cycle: BTreeSet<String>| {
        let within = paths.iter().filter(|((file, home), _)| cycle.contains(file) && cycle.contains(home));
        let lines = within.map(|((file, home), paths)| {
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            format!("\n  {file} names {home} by {}", paths.join(", "))
        });
        format!("a cycle of {} files{}", cycle.len(), lines.collect::<String>())
    };
    cycles(&graph).into_iter().map(describe).collect()
}

/// Returns the files with unsafe code, tests included, that are in none of the folders.
pub fn unsafe_outside<'a>(files: &'a BTreeMap<String, String>, folders: &[&str]) -> Vec<&'a String> {
    fn is_unsafe(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "unsafe",
            TokenTree::Group(group) => is_unsafe(group.stream()),
            _ => false,
        })
    }
    let outside = files.iter().filter(|(file, _)| !folders.iter().any(|folder| file.starts_with(folder)));
    outside.filter(|(_, text)| is_unsafe(text.parse().unwrap())).map(|(file, _)| file).collect()
}

// The rules find what they forbid, in small crates that break them.

fn files<const N: usize>(files: [(&str, &str); N]) -> BTreeMap<String, String> {
    files.map(|(path, text)| (path.to_string(), text.to_string())).into()
}

/// Returns the violations of a crate in which `color/mod.rs` has the text and may name words only.
fn violations_of_color(text: &str) -> Vec<String> {
    let library = Crate::read(&files([
        (
            "lib.rs",
            "mod color; mod error; mod movie; mod mp4;
            pub use error::{Error, Result}; pub use movie::{Movie, movie}; pub use image;",
        ),
        ("error.rs", "pub struct Error; pub type Result<T> = std::result::Result<T, Error>;"),
        ("movie.rs", "use crate::{color, Result}; pub struct Movie(crate::mp4::Muxer); pub fn movie(_: color::Isa) {}"),
        ("mp4/mod.rs", "mod muxer; pub use muxer::Muxer; pub use {crate::Error as Mp4Error, mp4::FourCC};"),
        ("mp4/muxer.rs", "pub struct Muxer;"),
        ("color/mod.rs", text),
        ("color/isa.rs", "use super::super::{Result, Movie as M};"),
    ]));
    let page = Page::read(
        "## The rooms\n| room | what it does | names |\n|---|---|---|\n| `movie.rs` | | `color/`, `mp4/` |\n\
        | `color/`, `mp4/` | | |\n| `error.rs` | | each other |\n",
    );
    page.violations(&library).into_iter().collect()
}

#[test]
fn a_forbidden_room_is_found_however_it_is_named() {
    for (text, path) in [
        ("use crate::{Movie, Animation};", "crate::Movie"),
        ("use crate::{error::Error, Movie as Film};", "crate::Movie"),
        ("use crate::{error::{self, Error}, movie::{self}};", "crate::movie"),
        ("use super::movie;", "super::movie"),
        ("use crate as root; fn f() { root::movie(); }", "root::movie"),
        ("fn f(movie: &crate::Movie) {}", "crate::Movie"),
        ("fn f() { crate::Movie::create(); }", "crate::Movie::create"),
        ("fn f() { use crate::Movie; }", "crate::Movie"),
        ("fn f<T: Into<crate::Movie>>() {}", "crate::Movie"),
        ("fn f() -> String { format!(\"{}\", vec![crate::movie()][0]) }", "crate::movie"),
        ("macro_rules! m { () => { $crate::Movie::create() } }", "crate::Movie::create"),
        ("mod inner { use super::super::Movie; }", "super::super::Movie"),
        ("#[cfg(unix)] mod m { use crate::Movie; } #[cfg(not(unix))] mod m {}", "crate::Movie"),
        ("pub use crate::movie::Movie;", "crate::movie::Movie"),
        ("#[cfg(not(test))] use crate::Movie;", "crate::Movie"),
        ("#[cfg(any(test, unix))] use crate::Movie;", "crate::Movie"),
    ] {
        assert_eq!(violations_of_color(text), [format!("color/mod.rs names movie by {path}")], "{text}");
    }
    assert_eq!(violations_of_color("mod isa;"), ["color/isa.rs names movie by super::super::Movie"]);
}

#[test]
fn a_room_that_passes_on_items_of_others_is_named_too() {
    for path in ["crate::mp4::Mp4Error", "crate::mp4::FourCC"] {
        assert_eq!(violations_of_color(&format!("use {path};")), [format!("color/mod.rs names mp4 by {path}")]);
    }
}

#[test]
fn what_a_room_may_name_is_not_found() {
    for text in [
        "use crate::{Error, Result};",
        "use super::error::Error as E; fn f() -> Result<(), E> { Err(E) }",
        "//! [`Movie`](crate::Movie)\n/// crate::Movie\nstruct S; // crate::Movie",
        "#[doc = \"crate::Movie\"] pub(crate) fn f() -> &'static str { \"crate::Movie\" }",
        "#[cfg(test)] mod tests { use crate::Movie; } #[cfg(test)] mod no_file;",
        "#[cfg(all(test, unix))] use crate::Movie;",
        "struct S; impl S { #[cfg(test)] fn f() { crate::movie(); } }",
        "use movie::Movie; use ::movie::movie; use crate::image::RgbaImage;",
    ] {
        assert_eq!(violations_of_color(text), [""; 0], "{text}");
    }
}

#[test]
fn the_page_and_the_crate_have_the_same_rooms_and_names() {
    let library = Crate::read(&files([("lib.rs", "mod a; mod b;"), ("a.rs", ""), ("b/mod.rs", "")]));
    let page = Page::read("## The rooms\n| `b/` | | `c.rs` |\n| `c.rs` | | |\n\n## Else\n| `a` | | |\n");
    let found = page.violations(&library);
    assert_eq!(
        found.iter().collect::<Vec<_>>(),
        ["b does not name c, as the page says", "src has no c", "the page has no a"]
    );
}

#[test]
fn cycles_of_files_are_found() {
    let two = [
        ("lib.rs", "mod a; mod b; mod c; pub use a::A; pub use b::B;"),
        ("a.rs", "pub struct A(crate::B);"),
        ("b.rs", "use crate::{A, c::C}; pub struct B;"),
        ("c.rs", "pub struct C;"),
    ];
    assert_eq!(
        file_cycles(&Crate::read(&files(two))),
        ["a cycle of 2 files\n  a.rs names b.rs by crate::B\n  b.rs names a.rs by crate::A"]
    );
    let three = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b; mod c; mod d; pub use b::B; pub(crate) use c::m;"),
        ("a/b.rs", "use super::c; pub struct B; fn f() { c::g(); }"),
        ("a/c.rs", "pub fn g() { crate::a::d::h(); } macro_rules! m { () => {} } pub(crate) use m;"),
        ("a/d.rs", "use super::B as Other; use crate::a::m; m! {}"),
    ];
    let found = file_cycles(&Crate::read(&files(three)));
    assert_eq!(found.len(), 1, "{found:?}");
    for edge in ["a/b.rs names a/c.rs", "a/c.rs names a/d.rs", "a/d.rs names a/b.rs", "a/d.rs names a/c.rs"] {
        assert!(found[0].contains(edge), "{found:?}");
    }
}

#[test]
fn a_parent_that_uses_a_child_that_uses_it_is_a_cycle() {
    let cycles_with = |parent| {
        let texts = [("lib.rs", "mod a;"), ("a.rs", parent), ("a/b.rs", "use super::A; pub struct B; pub fn b() {}")];
        file_cycles(&Crate::read(&files(texts))).len()
    };
    assert_eq!(cycles_with("mod b; pub struct A; pub use b::B; pub use self::b::b as c;"), 0);
    assert_eq!(cycles_with("mod b; pub struct A; pub use b::B; fn f(b: u8) -> u8 { b }"), 0);
    assert_eq!(cycles_with("mod b; pub struct A(b::B);"), 1);
    assert_eq!(cycles_with("mod b; pub struct A; use b::B;"), 1);
    assert_eq!(cycles_with("mod b; pub struct A(B); pub use b::B;"), 1);
    assert_eq!(cycles_with("mod b; pub struct A; pub use b::b; fn f() { b() }"), 1);
}

#[test]
fn globs_of_modules_are_found() {
    let library = Crate::read(&files([
        ("lib.rs", "mod a; mod b; pub use b::*;"),
        ("a.rs", "use std::fmt::*; use super::b::*; #[cfg(test)] mod tests { use super::*; }"),
        ("b.rs", "enum E { X } fn f() { use E::*; }"),
    ]));
    assert_eq!(library.globs(), ["lib.rs uses b::*", "a.rs uses super::b::*"]);
}

#[test]
fn unsafe_code_outside_is_found() {
    let texts = files([
        ("color/isa.rs", "unsafe fn f() {}"),
        ("encoder.rs", "fn f() { m!(unsafe { g() }); }"),
        ("movie.rs", "/// An unsafe one.\nfn f() -> &'static str { \"unsafe\" } // unsafe"),
        ("mp4/mod.rs", "#[unsafe(no_mangle)] fn f() {}"),
    ]);
    assert_eq!(unsafe_outside(&texts, &["encoder/", "color/"]), ["encoder.rs", "mp4/mod.rs"]);
}
