#!/usr/bin/env bash
# Runs what takes too long for every change, about two hours on two cores: a movie of a million frames, 50,000 movies
# one after another, a thousand random settings, many movies at once, and half an hour of fuzzing for each target.
set -euo pipefail
cd "$(dirname "$0")/.."
# 50 times the 20,000 frames and the 1,000 movies of a normal run.
KINETOGRAPH_SOAK=50 cargo test --release --test long -- --nocapture
KINETOGRAPH_SOAK=20 cargo test --release --test properties
for _ in 1 2 3 4 5 6 7 8 9 10; do cargo test --release --quiet --test crowd; done
for target in settings frames recover; do fuzz/run.sh "$target" 1800; done
