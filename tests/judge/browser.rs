//! Headless Chromium as a judge: it opens a page from a server on loopback, and the page posts what it saw.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that a page may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser that is ended when this is dropped.
pub struct Browser {
    process: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens an address in a browser with a fresh profile.
    pub fn open(address: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let process = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium");
        Self { process, _profile: profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Shows a page to a browser and gives the body of what the page posts to `/report`.
pub fn visit(page: &str) -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let _browser = Browser::open(&format!("http://{}/", server.local_addr().unwrap()));
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match server.accept() {
            Ok((stream, _)) => {
                if let Some(report) = answer(stream, page) {
                    return report;
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("the page reported nothing in {PATIENCE:?}");
}

/// Answers one request; gives the report if it is one.
fn answer(mut stream: TcpStream, page: &str) -> Option<String> {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let content = if request.starts_with("GET / ") { page } else { "" };
    let kind = "text/html; charset=utf-8";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", content.len());
    let _ = write!(stream, "{head}Connection: close\r\n\r\n{content}");
    request.starts_with("POST /report ").then(|| String::from_utf8(body).unwrap())
}
