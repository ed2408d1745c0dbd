//! Names the package of a missing libx264 and compiles the shim that receives its log.

fn main() {
    println!("cargo:rerun-if-changed=src/encoder/log.c");
    let x264 = match pkg_config::Config::new().atleast_version("0.160").cargo_metadata(false).probe("x264") {
        Ok(library) => library,
        Err(error) => {
            eprintln!(
                "kinetograph needs libx264 0.160 or newer, with its header, and pkg-config and libclang to bind to it.\n\
                 Debian, Ubuntu   apt-get install libx264-dev libclang-dev pkg-config\n\
                 Fedora           dnf install x264-devel clang-devel pkgconf   (x264-devel is in RPM Fusion)\n\
                 Arch             pacman -S x264 clang pkgconf\n\
                 macOS            brew install x264 llvm pkgconf\n\n{error}"
            );
            std::process::exit(1);
        }
    };
    cc::Build::new().file("src/encoder/log.c").includes(x264.include_paths).compile("kinetograph_log");
}
