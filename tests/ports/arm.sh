#!/usr/bin/env bash
# Builds the library for aarch64 with Debian's cross compiler, and runs its tests under emulation.
# arm.sh ARGUMENT… runs cargo with other arguments.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/target/ports/arm
debian=$folder/debian
tests/ports/unpack.sh "$folder" rustc-web libstd-rust-web-dev:arm64 libc6-dev:arm64 libx264-dev:arm64 \
    gcc-aarch64-linux-gnu qemu-user-static

# Programs with their own libraries. This machine's own compiler may lack aarch64.
wrap() { printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$debian/usr/lib/x86_64-linux-gnu" "$debian/usr/bin/$2" >"$folder/$1" && chmod +x "$folder/$1"; }
wrap rustc rustc
wrap gcc aarch64-linux-gnu-gcc
wrap ar aarch64-linux-gnu-ar
export RUSTC=$folder/rustc CARGO_TARGET_DIR=$folder/target CARGO_PROFILE_DEV_DEBUG=0
export CARGO_BUILD_TARGET=aarch64-unknown-linux-gnu
export CC_aarch64_unknown_linux_gnu=$folder/gcc CFLAGS_aarch64_unknown_linux_gnu=--sysroot=$debian
export AR_aarch64_unknown_linux_gnu=$folder/ar
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$CC_aarch64_unknown_linux_gnu
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C link-arg=--sysroot=$debian"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="$debian/usr/bin/qemu-aarch64-static -L $debian"
export PKG_CONFIG_LIBDIR=$debian/usr/lib/aarch64-linux-gnu/pkgconfig PKG_CONFIG_SYSROOT_DIR=$debian
# The allocator of GLib is not safe after a fork: without this, the emulator sometimes hangs where a test starts a program
# (https://gitlab.com/qemu-project/qemu/-/issues/285).
export G_SLICE=always-malloc
export BINDGEN_EXTRA_CLANG_ARGS="--target=aarch64-linux-gnu --sysroot=$debian"
[ $# -gt 0 ] || set -- test --lib --test color --test pixels --test planes --test movie --test same_everywhere
# Unoptimised code takes several times as long under emulation.
cargo --config profile.dev.package.kinetograph.opt-level=1 "$@"
