//! The machine on which the figures are measured.

use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

/// Describes processor, cores, memory, system and compiler in one line.
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

/// Returns the number of cores.
pub fn cores() -> f64 {
    available_parallelism().map_or(1, usize::from) as f64
}

/// Returns how many cores other work keeps busy, measured over two seconds, if it is enough to disturb the figures. The
/// load average of the system would include work that has ended.
pub fn disturbance() -> Option<f64> {
    let before = busy_and_all()?;
    std::thread::sleep(Duration::from_secs(2));
    let after = busy_and_all()?;
    let busy = cores() * (after.0 - before.0) / (after.1 - before.1);
    (busy > 0.1 * cores()).then_some(busy)
}

/// Returns the busy time and the total time of all cores together (proc(5): user, nice, system, idle, iowait, …).
fn busy_and_all() -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let times: Vec<f64> = stat.lines().next()?.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
    let all: f64 = times.iter().sum();
    Some((all - times.get(3)? - times.get(4)?, all))
}

/// Returns the first value of a name in a file with lines like "name : value".
fn file_field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_string())
}

/// Returns the first line that a program prints, or an error if it cannot be started or fails.
pub fn first_line(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program}: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().to_string())
}
