//! `KINETOGRAPH_X264_STATIC=1` makes programs that contain libx264.

mod judge;

use std::path::Path;
use std::process::Command;

use judge::{ffprobe, run};

const PROGRAM: &str = r#"
fn main() {
    let mut movie = kinetograph::Movie::create("hello.mp4", &kinetograph::Settings::new(16, 16)).unwrap();
    for gray in 0..90 {
        movie.push(kinetograph::Frame::gray8(&[gray; 256], 16, 16)).unwrap();
    }
    movie.finish().unwrap();
}
"#;

#[test]
fn a_static_build_needs_no_libx264() {
    // A folder that is kept between runs, so that only the first one builds the dependencies. An example would build those
    // of all tests.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("static");
    let build = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--lib", "--target-dir"])
        .arg(&target)
        .env("KINETOGRAPH_X264_STATIC", "1")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(build.expect("cargo starts").success());

    let folder = tempfile::tempdir().expect("a folder");
    let (source, hello) = (folder.path().join("hello.rs"), folder.path().join("hello"));
    std::fs::write(&source, PROGRAM).expect("a source file");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compile = Command::new(rustc)
        .args(["--edition", "2024", "-o"])
        .args([&hello, &source])
        .args(["--extern", &format!("kinetograph={}", target.join("debug/libkinetograph.rlib").display())])
        .arg("-L")
        .arg(target.join("debug/deps"))
        .current_dir(&folder)
        .status();
    assert!(compile.expect("rustc starts").success());

    let libraries = String::from_utf8(run("ldd", [&hello])).expect("text");
    assert!(libraries.contains("libc.so"), "{libraries}");
    assert!(!libraries.contains("x264"), "{libraries}");

    assert!(Command::new(&hello).current_dir(&folder).status().unwrap().success());
    assert_eq!(ffprobe(&folder.path().join("hello.mp4"), "nb_read_frames"), "90");
}
