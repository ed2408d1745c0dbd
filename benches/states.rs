//! The speed of animations of states, where drawing, encoding or computing takes most of the time, and their memory.
//!
//! `cargo bench --bench states [-- WORD...]`: words choose sections (`drawing`, `encoding`, `computing`, `crowd`,
//! `memory`), and a number is the number of runs of each contestant, 5 unless given. Runs that are compared take turns.
//! The tables show the least of each: the machine need not be idle.

#[path = "../examples/waves/plot.rs"]
mod plot;
mod timing;

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use kinetograph::{Animation, Frame, FrameInfo, Layout, Movie, Preset, Settings};
use timing::{Run, compare_best, cores};
use tiny_skia::{Color, Pixmap};

/// Different pictures that exist already. Movies show them forwards and backwards.
const PICTURES: u64 = 200;

const SECTIONS: [&str; 5] = ["drawing", "encoding", "computing", "crowd", "memory"];

fn main() {
    if std::env::var_os("KINETOGRAPH_BENCH_LARGE_STATES").is_some() {
        return large_states();
    }
    let named: Vec<String> = std::env::args().skip(1).filter(|word| SECTIONS.contains(&&**word)).collect();
    for (name, section) in SECTIONS.iter().zip([drawing as fn(), encoding, computing, crowd, memory]) {
        if named.is_empty() || named.iter().any(|word| word == name) {
            section();
        }
    }
}

fn runs() -> usize {
    std::env::args().find_map(|word| word.parse().ok()).unwrap_or(5)
}

fn settings((width, height): (u32, u32), preset: Preset) -> Settings {
    Settings::new(width, height).frame_rate(30).preset(preset).layout(Layout::AnnexB)
}

/// Works for a time that the processor spends, as a simulation or a drawing does.
fn work(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        black_box(0);
    }
}

/// Makes a movie of states. Computing and drawing one takes these times.
fn simulate(settings: Settings, frames: u64, step: Duration, drawing: Duration, workers: usize) -> u64 {
    let states = (0..frames).inspect(|_| work(step));
    let movie = Animation::from_states(settings, states, |canvas, state, _| {
        work(drawing);
        canvas.fill(Color::from_rgba8(*state as u8, 90, 160, 255));
        Ok(())
    });
    movie.workers(workers).into_bytes().expect("a movie").1.bytes
}

/// A step of 0.1 ms, and a drawing of 10 ms.
fn drawing() {
    let run = |workers| {
        simulate(
            settings((320, 240), Preset::Ultrafast),
            300,
            Duration::from_micros(100),
            Duration::from_millis(10),
            workers,
        )
    };
    let runs = compare_best(runs(), &[&|| run(1), &|| run(2)]);
    println!("A step of 0.1 ms and a drawing of 10 ms, 300 frames\n");
    table(&["1 worker", "2 workers"], &runs);
    println!("\n2 workers : 1 = {:.3} (at most 0.55)\n", runs[1].wall / runs[0].wall);
}

/// Frames that exist already, so that encoding is all there is to do.
fn encoding() {
    for (size, frames) in [((640, 480), 1000), ((1280, 720), 500)] {
        let settings = settings(size, Preset::Medium);
        let backdrop = plot::backdrop(size.0, size.1);
        let picture = |index| {
            let mut canvas = backdrop.clone();
            plot::draw(&mut canvas, index);
            canvas
        };
        let pictures: Vec<Pixmap> = (0..PICTURES).map(picture).collect();
        let picture = |index: u64| {
            let place = index % (2 * PICTURES - 2);
            &pictures[place.min(2 * PICTURES - 2 - place) as usize]
        };
        let movie = || {
            let mut movie = Movie::in_memory(&settings).expect("a movie");
            (0..frames).for_each(|index| movie.push(picture(index)).expect("a frame"));
            movie.finish().expect("a movie").1.bytes
        };
        let segments = || {
            let supply = |frame: FrameInfo| Ok(Frame::from(picture(frame.index())));
            Animation::from_frames(settings.clone(), frames, supply).into_bytes().expect("a movie").1.bytes
        };
        let states = || {
            let states = (0..frames).map(|index| Lent(picture(index)));
            Animation::from_frame_states(settings.clone(), states).into_bytes().expect("a movie").1.bytes
        };
        let runs = compare_best(runs(), &[&movie, &segments, &states]);
        println!("Waves that are drawn already, {}×{}, medium, {frames} frames\n", size.0, size.1);
        table(&["Movie", "from_frames", "from_frame_states"], &runs);
        let ratio = |of: fn(&Run) -> f64, to: usize| of(&runs[2]) / of(&runs[to]);
        let wall = |run: &Run| run.wall;
        let cpu = |run: &Run| run.cpu;
        println!("\nstates : Movie = {:.3} (at most 1.05), CPU {:.3}", ratio(wall, 0), ratio(cpu, 0));
        println!("states : from_frames = {:.3} (at most 1.15), CPU {:.3}\n", ratio(wall, 1), ratio(cpu, 1));
    }
}

/// A picture that someone else owns.
struct Lent<'a>(&'a Pixmap);

impl<'a> From<&'a Lent<'_>> for Frame<'a> {
    fn from(lent: &'a Lent<'_>) -> Self {
        lent.0.into()
    }
}

/// A step of 10 ms, and a drawing of 1 ms. The work without waiting is what one worker does.
fn computing() {
    let frames = 300;
    let run = |workers| {
        simulate(
            settings((320, 240), Preset::Ultrafast),
            frames,
            Duration::from_millis(10),
            Duration::from_millis(1),
            workers,
        )
    };
    let runs = compare_best(runs(), &[&|| run(1), &|| run(2), &|| run(8)]);
    println!("A step of 10 ms and a drawing of 1 ms, {frames} frames\n");
    table(&["1 worker", "2 workers", "8 workers"], &runs);
    let steps = 0.010 * frames as f64;
    for (workers, run) in [(2, runs[1]), (8, runs[2])] {
        let (wall, cpu) = (run.wall / steps, run.cpu / (0.011 * frames as f64));
        println!("\n{workers} workers : the steps = {wall:.3}, CPU : steps and drawing = {cpu:.3} (at most 1.1)");
    }
    println!();
}

/// More workers than cores, with next to nothing to draw.
fn crowd() {
    let run = |workers| {
        let movie = Animation::from_states(settings((500, 500), Preset::Ultrafast), 0..2000u64, |canvas, state, _| {
            plot_square(canvas, *state);
            Ok(())
        });
        movie.workers(workers).into_bytes().expect("a movie").1.bytes
    };
    let runs = compare_best(runs(), &[&|| run(2), &|| run(32)]);
    println!("500×500, ultrafast, trivial drawing, 2000 frames, {} cores\n", cores());
    table(&["2 workers", "32 workers"], &runs);
    println!("\nCPU of 32 workers : 2 = {:.3} (at most 1.05)\n", runs[1].cpu / runs[0].cpu);
}

fn plot_square(canvas: &mut Pixmap, state: u64) {
    let at = (state % 400) as f32;
    let square = tiny_skia::Rect::from_xywh(at, at, 50.0, 50.0).expect("a rectangle");
    canvas.fill_rect(square, &tiny_skia::Paint::default(), tiny_skia::Transform::identity(), None);
}

/// States of 10 MB, in a separate process.
fn memory() {
    let child = Command::new(std::env::current_exe().expect("this program"))
        .env("KINETOGRAPH_BENCH_LARGE_STATES", "yes")
        .output()
        .expect("the child");
    println!("1000 states of 10 MB, 320×240, 2 workers: {}", String::from_utf8(child.stdout).expect("text"));
}

fn large_states() {
    let states = (0..1000u64).map(|number| vec![number; 10_000_000 / 8]);
    let movie = Animation::from_states(settings((320, 240), Preset::Medium), states, |canvas, state, _| {
        canvas.fill(Color::from_rgba8(state[state.len() - 1] as u8, 90, 160, 255));
        Ok(())
    });
    movie.workers(2).into_bytes().expect("a movie");
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak of memory");
    println!("a peak of {} (at most 400 MB)", peak.trim());
}

fn table(names: &[&str], runs: &[Run]) {
    println!("| | wall s | CPU s | kB |\n|---|---|---|---|");
    for (name, run) in names.iter().zip(runs) {
        println!("| {name} | {:.3} | {:.2} | {} |", run.wall, run.cpu, run.bytes / 1000);
    }
}
