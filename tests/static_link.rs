//! `KINETOGRAPH_X264_STATIC=1` makes programs that contain libx264.

mod judge;

use std::path::Path;
use std::process::Command;

use judge::{ffprobe, run};

#[test]
fn a_static_build_needs_no_libx264() {
    // A folder that is kept between runs, so that only the first one builds the dependencies.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("static");
    let build = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", "hello", "--target-dir"])
        .arg(&target)
        .env("KINETOGRAPH_X264_STATIC", "1")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(build.expect("cargo starts").success());

    let hello = target.join("debug/examples/hello");
    let libraries = String::from_utf8(run("ldd", [&hello])).expect("text");
    assert!(libraries.contains("libc.so"), "{libraries}");
    assert!(!libraries.contains("x264"), "{libraries}");

    let folder = tempfile::tempdir().expect("a folder");
    assert!(Command::new(&hello).current_dir(&folder).stdout(std::process::Stdio::null()).status().unwrap().success());
    assert_eq!(ffprobe(&folder.path().join("hello.mp4"), "nb_read_frames"), "90");
}
