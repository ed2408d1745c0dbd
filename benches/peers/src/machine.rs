//! The machine that the figures are of.

use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

/// Processor, cores, memory, system, compiler: one line.
pub fn describe() -> String {
    let processor = file_field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.into());
    let cores = cores();
    let memory = file_field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse::<f64>().ok())
        .map_or(String::new(), |kilobytes| format!(", {:.0} GB of memory", kilobytes * 1024.0 / 1e9));
    let system = std::fs::read_to_string("/etc/os-release")
        .ok()
        .and_then(|text| Some(text.split("PRETTY_NAME=\"").nth(1)?.split('"').next()?.to_string()))
        .unwrap_or_else(|| std::env::consts::OS.into());
    let compiler = first_line(Command::new("rustc").arg("--version")).unwrap_or_else(|error| error);
    format!("{processor}, {cores} cores{memory}; {system}; {compiler}")
}

/// How many processors there are.
pub fn cores() -> f64 {
    available_parallelism().map_or(1, usize::from) as f64
}

/// How many cores others keep busy, watched for two seconds, if they are so many that the figures suffer. The system's
/// load average would still count what ran before.
pub fn disturbance() -> Option<f64> {
    let before = busy_and_all()?;
    std::thread::sleep(Duration::from_secs(2));
    let after = busy_and_all()?;
    let busy = cores() * (after.0 - before.0) / (after.1 - before.1);
    (busy > 0.1 * cores()).then_some(busy)
}

/// The time that all cores together have worked, and have been there (proc(5): user, nice, system, idle, iowait, …).
fn busy_and_all() -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let times: Vec<f64> = stat.lines().next()?.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
    let all: f64 = times.iter().sum();
    Some((all - times.get(3)? - times.get(4)?, all))
}

/// The first value of a name in a file of lines like "name : value".
fn file_field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_string())
}

/// What a program says first; an error if it is not there or fails.
pub fn first_line(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program}: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().to_string())
}
