#!/usr/bin/env bash
# Builds the library for aarch64 with Debian's cross compiler, and runs its tests under emulation.
# arm.sh ARGUMENT… runs cargo with other arguments.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/target/ports/arm
debian=$folder/debian
tests/ports/unpack.sh "$folder" rustc-web libstd-rust-web-dev:arm64 libc6-dev:arm64 libx264-dev:arm64 \
    gcc-aarch64-linux-gnu qemu-user-static

# The compiler with its own libraries. This machine's own one may lack aarch64.
cat >"$folder/rustc" <<END
#!/bin/sh
LD_LIBRARY_PATH=$debian/usr/lib/x86_64-linux-gnu exec $debian/usr/bin/rustc "\$@"
END
chmod +x "$folder/rustc"
export RUSTC=$folder/rustc CARGO_TARGET_DIR=$folder/target CARGO_PROFILE_DEV_DEBUG=0
export CARGO_BUILD_TARGET=aarch64-unknown-linux-gnu
export CC_aarch64_unknown_linux_gnu=$debian/usr/bin/aarch64-linux-gnu-gcc CFLAGS_aarch64_unknown_linux_gnu=--sysroot=$debian
export AR_aarch64_unknown_linux_gnu=$debian/usr/bin/aarch64-linux-gnu-ar
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$CC_aarch64_unknown_linux_gnu
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C link-arg=--sysroot=$debian"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="$debian/usr/bin/qemu-aarch64-static -L $debian"
export PKG_CONFIG_LIBDIR=$debian/usr/lib/aarch64-linux-gnu/pkgconfig PKG_CONFIG_SYSROOT_DIR=$debian
export BINDGEN_EXTRA_CLANG_ARGS="--target=aarch64-linux-gnu --sysroot=$debian"
[ $# -gt 0 ] || set -- test --lib --test color --test pixels --test planes --test movie --test same_everywhere
cargo "$@"
