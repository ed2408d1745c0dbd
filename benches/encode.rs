//! Frames per second of a movie whose frames are drawn already: converted, encoded and muxed into memory.
//!
//! `cargo bench --bench encode [-- FILTER]`

#[path = "../examples/waves/plot.rs"]
mod plot;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kinetograph::{Movie, Preset, Settings};
use tiny_skia::Pixmap;

const FRAMES: u64 = 60;

fn encode(criterion: &mut Criterion) {
    for size in [(320, 240), (640, 480), (1280, 720)] {
        let frames = frames(size);
        let mut group = criterion.benchmark_group(format!("encode {}×{}", size.0, size.1));
        group.throughput(Throughput::Elements(FRAMES));
        group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        for preset in [Preset::Ultrafast, Preset::Veryfast, Preset::Medium] {
            let settings = Settings::new(size.0, size.1).frame_rate(30).preset(preset);
            group.bench_with_input(BenchmarkId::from_parameter(preset), &settings, |bencher, settings| {
                bencher.iter(|| make_movie(settings, &frames));
            });
        }
    }
}

fn frames((width, height): (u32, u32)) -> Vec<Pixmap> {
    let backdrop = plot::backdrop(width, height);
    let frame = |index| {
        let mut canvas = backdrop.clone();
        plot::draw(&mut canvas, index);
        canvas
    };
    (0..FRAMES).map(frame).collect()
}

fn make_movie(settings: &Settings, frames: &[Pixmap]) -> Vec<u8> {
    let mut movie = Movie::in_memory(settings).expect("a movie");
    for frame in frames {
        movie.push(frame).expect("a frame");
    }
    movie.finish().expect("a movie").0
}

criterion_group!(benches, encode);
criterion_main!(benches);
