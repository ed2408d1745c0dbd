//! The cost of processes, as the system measures it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// The cost of one run.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// User and system time of all processes, in seconds.
    pub cpu: f64,
    /// From starting the first process to the end of the last, in seconds.
    pub wall: f64,
    /// Peak resident memory in bytes; the sum if there are several processes.
    pub memory: f64,
    /// Size of the movie in bytes.
    pub bytes: u64,
}

/// Runs the processes that make a movie. The output of each is the input of the next, and their standard error goes to
/// `log`.
///
/// # Errors
/// If a process cannot be started or fails, with the end of the log.
pub fn run(stages: Vec<Command>, output: &Path, log: &Path) -> Result<Cost, String> {
    let messages = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
    let _ = fs::remove_file(output);
    let count = stages.len();
    let mut children = Vec::new();
    let mut input = Stdio::null();
    let began = Instant::now();
    for (index, mut command) in stages.into_iter().enumerate() {
        let is_last = index + 1 == count;
        let messages = messages.try_clone().map_err(|error| error.to_string())?;
        command.stdin(input).stderr(messages).stdout(if is_last { Stdio::null() } else { Stdio::piped() });
        let mut child =
            command.spawn().map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
        input = child.stdout.take().map_or_else(Stdio::null, Stdio::from);
        children.push(child);
    }
    let mut cost = Cost { cpu: 0.0, wall: 0.0, memory: 0.0, bytes: 0 };
    let mut failed = None;
    for child in &mut children {
        let ended = child.wait4().map_err(|error| error.to_string())?;
        if !ended.status.success() {
            failed = Some(ended.status);
        }
        let usage = ended.rusage;
        cost.cpu += (usage.utime + usage.stime).as_secs_f64();
        cost.memory += usage.maxrss as f64;
    }
    cost.wall = Duration::as_secs_f64(&began.elapsed());
    if let Some(status) = failed {
        let text = fs::read_to_string(log).unwrap_or_default();
        let end: Vec<&str> = text.lines().rev().take(3).collect();
        return Err(format!("{status}: {}", end.into_iter().rev().collect::<Vec<_>>().join(" / ")));
    }
    cost.bytes = fs::metadata(output).map_err(|error| format!("no movie: {error}"))?.len();
    Ok(cost)
}
