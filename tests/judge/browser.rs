//! Headless Chromium as a judge: it opens a page from a server on loopback, and the page posts what it saw.
#![allow(dead_code)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// The longest that a page may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

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
            .args(["--disable-extensions", "--mute-audio"])
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

/// Shows a browser a page, with `query` behind its address and a movie at `movie.mp4`, and gives the body of what the
/// page posts to `/report`.
pub fn visit(page: &str, query: &str, movie: Vec<u8>) -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/?{query}", server.local_addr().unwrap());
    let files = Arc::new(HashMap::from([
        ("/", ("text/html; charset=utf-8", page.as_bytes().to_vec())),
        ("/movie.mp4", ("video/mp4", movie)),
        ("/report", ("text/plain", Vec::new())),
    ]));
    let (sender, report) = channel();
    std::thread::spawn(move || {
        for connection in server.incoming() {
            let (files, report) = (files.clone(), sender.clone());
            // A browser may break off; then there is nothing to answer.
            std::thread::spawn(move || connection.and_then(|connection| answer(connection, &files, &report)));
        }
    });
    let _browser = Browser::open(&address);
    report.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the page reported nothing in {PATIENCE:?}"))
}

/// Answers one request, and passes it on if it is the report.
fn answer(
    mut connection: TcpStream,
    files: &HashMap<&str, (&str, Vec<u8>)>,
    report: &Sender<String>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let (mut range, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                range = value.trim().strip_prefix("bytes=").and_then(|range| range.split('-').next()?.parse().ok())
            }
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = request.split_whitespace().nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let Some((kind, bytes)) = files.get(path) else {
        return connection.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let from = range.unwrap_or(0usize).min(bytes.len());
    let status = match range {
        Some(_) => format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{}", bytes.len() - 1, bytes.len()),
        None => "200 OK".into(),
    };
    let length = bytes.len() - from;
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
    write!(connection, "{head}Accept-Ranges: bytes\r\nConnection: close\r\n\r\n")?;
    connection.write_all(&bytes[from..])?;
    if path == "/report" {
        let _ = report.send(String::from_utf8_lossy(&body).into_owned());
    }
    Ok(())
}
