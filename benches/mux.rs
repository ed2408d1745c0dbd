//! The cost of the layouts: the time of a movie of tiny pictures, which take almost no time to encode.
//!
//! `cargo bench --bench mux [-- FILTER]`. Annex B has no container: the additional time of the other layouts is muxing.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kinetograph::{Frame, Layout, Movie, Preset, Settings};

const FRAMES: u64 = 3000;

fn mux(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mux 16×16");
    group.throughput(Throughput::Elements(FRAMES));
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for layout in [Layout::AnnexB, Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
        // One thread, so that no waiting for other threads is measured.
        let settings = Settings::new(16, 16).frame_rate(30).preset(Preset::Ultrafast).threads(1).layout(layout);
        group.bench_with_input(BenchmarkId::from_parameter(layout), &settings, |bencher, settings| {
            bencher.iter(|| record(settings));
        });
    }
}

fn record(settings: &Settings) -> Vec<u8> {
    let mut movie = Movie::in_memory(settings).expect("a movie");
    for index in 0..FRAMES {
        movie.push(Frame::gray8(&[index as u8; 256], 16, 16)).expect("a frame");
    }
    movie.finish().expect("a movie").0
}

criterion_group!(benches, mux);
criterion_main!(benches);
