//! Finds out whether openh264 is built with its assembly, which needs nasm.

fn main() {
    println!("cargo:rerun-if-env-changed=PATH");
    let nasm = std::process::Command::new("nasm").arg("-v").output().is_ok();
    println!(
        "cargo:rustc-env=OPENH264_ASSEMBLY={}",
        if nasm { "with its assembly" } else { "without its assembly: no nasm" }
    );
}
