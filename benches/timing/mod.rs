//! Wall time and CPU time of contestants that take turns.

#![allow(dead_code)] // each bench uses some of it

use std::thread::available_parallelism;
use std::time::Instant;

/// Seconds of wall time; CPU seconds of this process and of those that it has waited for; bytes of the movie.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub wall: f64,
    pub cpu: f64,
    pub bytes: u64,
}

pub fn timed(run: impl FnOnce() -> u64) -> Run {
    let (begin, cpu) = (Instant::now(), cpu_seconds());
    let bytes = run();
    Run { wall: begin.elapsed().as_secs_f64(), cpu: cpu_seconds() - cpu, bytes }
}

/// Reads the CPU seconds from /proc/self/stat: fields 14 to 17, in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields = stat.rsplit_once(')').expect("a name").1.split_whitespace();
    fields.skip(11).take(4).map(|field| field.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}

fn median(runs: &[Run]) -> Run {
    let mut runs = runs.to_vec();
    runs.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    runs[runs.len() / 2]
}

/// Returns the least wall time and the least CPU time, which other programs on the machine disturb least.
fn least(runs: &[Run]) -> Run {
    let least = |value: fn(&Run) -> f64| runs.iter().map(value).fold(f64::INFINITY, f64::min);
    Run { wall: least(|run| run.wall), cpu: least(|run| run.cpu), bytes: runs[0].bytes }
}

fn in_turn(runs: usize, contestants: &[&dyn Fn() -> u64]) -> Vec<Vec<Run>> {
    let mut all = vec![Vec::new(); contestants.len()];
    for _ in 0..runs {
        for (runs, contestant) in all.iter_mut().zip(contestants) {
            runs.push(timed(contestant));
        }
    }
    all
}

/// Runs the contestants in turn, and returns the median of each.
pub fn compare(runs: usize, contestants: &[&dyn Fn() -> u64]) -> Vec<Run> {
    in_turn(runs, contestants).iter().map(|runs| median(runs)).collect()
}

/// Runs the contestants in turn, and returns the best of each.
pub fn compare_best(runs: usize, contestants: &[&dyn Fn() -> u64]) -> Vec<Run> {
    in_turn(runs, contestants).iter().map(|runs| least(runs)).collect()
}

pub fn cores() -> f64 {
    available_parallelism().map_or(1, usize::from) as f64
}
