#!/usr/bin/env bash
# Fuzzes a target (settings, frames, recover, segment) for a number of seconds, 1800 by default: fuzz/run.sh settings 60
#
# This runs libFuzzer and AddressSanitizer with the stable toolchain: RUSTC_BOOTSTRAP allows the one unstable flag. With
# a nightly toolchain, `cargo fuzz run settings` does the same. Inputs that fail go to fuzz/artifacts, new inputs to
# fuzz/found. `fuzz/run.sh settings merge` copies the new inputs that add coverage to fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=${2:-1800}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=address --cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# With an explicit target, the flags do not apply to build scripts.
cargo build --release --quiet --target "$host" --bin "$target"
mkdir -p "corpus/$target" "found/$target" "artifacts/$target"
fuzzer=target/$host/release/$target
# Files that a target writes go to memory, if they can.
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm
dictionary=()
[ ! -f "$target.dict" ] || dictionary=(-dict="$target.dict")
if [ "$seconds" = merge ]; then
    exec "$fuzzer" -detect_leaks=0 -merge=1 "corpus/$target" "found/$target"
fi
# x264 leaks a few bytes per encoder: its parsed zones, and what it has allocated when it refuses a quantiser matrix.
leaks=1
if [ "$target" = settings ]; then
    leaks=0
    export ASAN_OPTIONS=detect_leaks=0
fi
exec nice -n 19 "$fuzzer" "${dictionary[@]}" -detect_leaks="$leaks" -artifact_prefix="artifacts/$target/" -timeout=20 -rss_limit_mb=3000 -max_len=6000 -len_control=0 \
    -max_total_time="$seconds" -print_final_stats=1 "found/$target" "corpus/$target"
