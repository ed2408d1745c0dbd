#!/usr/bin/env bash
# Runs what takes too long for every change; about two and a half hours on two cores.
#
# KINETOGRAPH_SOAK is a factor: a test makes that many times the movies, frames or cases of a usual run (`make test`).
# Without the variable, a test makes a small share of them, the same share on every run.
set -euo pipefail
cd "$(dirname "$0")/.."
soak() { KINETOGRAPH_SOAK=$1 cargo test --release --all-features --test "$2" -- --nocapture; }

# The tests of kills run an example.
cargo build --release --all-features --examples
# A movie of a million frames, and 50,000 movies one after another.
soak 50 long
# A thousand random settings, and other cases than in a usual run.
soak 20 properties
# All pairs of an x264 option and a hostile value.
soak 8 options
# Movies of 100,000 frames in two layouts.
soak 20 container_layouts
# A file of more than 4 GiB that is continued.
KINETOGRAPH_SOAK=1 cargo test --release --all-features --lib sink
# Movies of 4.7 GB, one after another. They need about 10 GB of disk.
soak 25 container_large
# Every byte of the boxes of a recording, changed in five ways.
soak 2 container_damage
# Kills before every system call, and more encoders under valgrind.
soak 10 kills
soak 10 lifetimes
# 50 rounds of processes that share a folder.
soak 25 segments_shared
# Progress of movies that keep all cores busy. Nothing else may run meanwhile.
cargo test --release --all-features --test progress -- --ignored
# Many movies at once.
for _ in 1 2 3 4 5 6 7 8 9 10; do soak 1 crowd; done
# From Python: 25,000 movies, and an animation of 100,000 frames in two processes.
make python-venv
target/python/bin/pip install --quiet --no-build-isolation --no-deps --force-reinstall .
KINETOGRAPH_SOAK=25 target/python/bin/pytest -p no:cacheprovider python/tests/test_interruptions.py
# Half an hour of fuzzing for each target.
for target in settings frames recover segment; do fuzz/run.sh "$target" 1800; done
