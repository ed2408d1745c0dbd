//! Finds libx264, prints the package to install if it is missing, and compiles the C shim that receives x264's
//! messages. With `KINETOGRAPH_X264_STATIC=1` in the environment, links libx264 statically.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-changed=src/encoder/log.c");
    let x264 = match pkg_config::Config::new().atleast_version("0.160").cargo_metadata(false).probe("x264") {
        Ok(library) => library,
        Err(error) => {
            eprintln!(
                "kinetograph needs libx264 0.160 or newer with its header; pkg-config and libclang make its bindings.\n\
                 Debian, Ubuntu   apt-get install libx264-dev libclang-dev pkg-config\n\
                 Fedora           dnf install x264-devel clang-devel pkgconf   (x264-devel is in RPM Fusion)\n\
                 Arch             pacman -S x264 clang pkgconf\n\
                 macOS            brew install x264 llvm pkgconf\n\n{error}"
            );
            std::process::exit(1);
        }
    };
    if is_static() {
        link_statically(&x264.link_paths);
    }
    // C symbols are global: with the version in the name, a program can link two versions of this crate.
    let version = env::var("CARGO_PKG_VERSION").expect("Cargo sets it for build scripts");
    let symbol = format!("kinetograph_{}_log_to", version.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    println!("cargo:rustc-env=KINETOGRAPH_LOG_TO={symbol}");
    cc::Build::new()
        .file("src/encoder/log.c")
        .includes(x264.include_paths)
        .define("KINETOGRAPH_LOG_TO", &*symbol)
        .compile("kinetograph_log");
}

/// Returns whether the environment asks for a program that contains libx264. It is not a feature, because
/// `--all-features` would enable it.
fn is_static() -> bool {
    println!("cargo:rerun-if-env-changed=KINETOGRAPH_X264_STATIC");
    env::var("KINETOGRAPH_X264_STATIC").is_ok_and(|value| !["", "0"].contains(&&*value))
}

/// Puts the objects of `libx264.a` into this crate. The x264-sys crate asks for the shared library as well, but no
/// symbol is left for it to resolve, so the linker drops it (`--as-needed`, which rustc passes where ld has it).
fn link_statically(folders: &[PathBuf]) {
    let Some(folder) = folders.iter().find(|folder| folder.join("libx264.a").is_file()) else {
        eprintln!("KINETOGRAPH_X264_STATIC is set, but there is no libx264.a in {folders:?}.");
        std::process::exit(1);
    };
    println!("cargo:rustc-link-search=native={}", folder.display());
    println!("cargo:rustc-link-lib=static=x264");
}
