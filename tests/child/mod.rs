//! A test that runs again in a new process, so that a crash, a hang or a limit affects no other test.

#![allow(dead_code)] // each test program uses some of it

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The environment variable that holds the role of the child.
const ROLE: &str = "KINETOGRAPH_TEST_ROLE";

/// Returns the role of this process if it is the child.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// How a child ended.
pub struct Outcome {
    /// `None` if the child was killed at the time limit.
    pub status: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Returns whether the test in the child ran and passed. A child that finds no test of the name also succeeds.
    pub fn passed(&self) -> bool {
        self.status.is_some_and(|status| status.success()) && self.stdout.contains("test result: ok. 1 passed")
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => write!(f, "it hung")?,
        }
        write!(f, "\n{}{}", self.stdout, self.stderr)
    }
}

/// Runs the test of this name again in `folder`, in a child with this role, for at most `limit`.
///
/// `wrapper` is a command that runs the command after it, such as `["valgrind", "-q"]`; it may be empty.
pub fn run(test: &str, role: &str, wrapper: &[&str], folder: &Path, limit: Duration) -> Outcome {
    let program = std::env::current_exe().expect("the path of this test");
    let line = [wrapper, &[program.to_str().expect("a path in UTF-8")]].concat();
    run_as(test, role, &line, folder, limit)
}

/// Runs the test of this name again as [`run`] does, by a command line that ends in the test program.
pub fn run_as(test: &str, role: &str, line: &[&str], folder: &Path, limit: Duration) -> Outcome {
    let mut line: Vec<std::ffi::OsString> = line.iter().map(Into::into).collect();
    line.extend(["--exact".into(), test.into(), "--nocapture".into(), "--test-threads=1".into()]);
    let output = tempfile::tempdir().expect("a folder for the output");
    let [out, err] = ["out", "err"].map(|name| output.path().join(name));
    let mut child = Command::new(&line[0])
        .args(&line[1..])
        .env(ROLE, role)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).expect("a file for the output"))
        .stderr(std::fs::File::create(&err).expect("a file for the output"))
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", line[0].display()));
    let end = Instant::now() + limit;
    let status = loop {
        match child.try_wait().expect("the child's status") {
            Some(status) => break Some(status),
            None if Instant::now() > end => {
                child.kill().expect("the child is ours");
                child.wait().expect("the child's status");
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let read = |path| String::from_utf8_lossy(&std::fs::read(path).expect("the output")).into_owned();
    Outcome { status, stdout: read(&out), stderr: read(&err) }
}
