//! Serves a movie while it is made, as fragments over HTTP, to any browser on this machine.
//!
//! `cargo run --release --features plotters --example live [SECONDS]` prints the address and records for 10 seconds
//! unless SECONDS is given; with `inf`, until standard input ends. It saves the movie as target/gallery/live.mp4.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use kinetograph::{Layout, Movie, Settings, Tune, plot::PixmapBackend};
use plotters::prelude::*;
use tiny_skia::Pixmap;

/// The number of connections that are served at a time, each by a thread. Others are closed.
const MAX_VIEWERS: usize = 32;
/// The maximum number of bytes of a request.
const MAX_REQUEST: usize = 16 << 10;
/// The maximum number of bytes of the movie that a viewer is sent at a time.
const MAX_WRITE: usize = 64 << 10;
/// How long a viewer may take for the request, and for each part of the movie.
const PATIENCE: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: f64 = std::env::args().nth(1).map_or(Ok(10.0), |text| text.parse())?;
    let input = spawn(|| io::copy(&mut io::stdin(), &mut io::sink()));
    let server = TcpListener::bind("127.0.0.1:0")?;
    let _ = writeln!(io::stdout(), "http://{}/", server.local_addr()?); // nobody may be reading
    let broadcast = Broadcast::default();
    let served = broadcast.clone();
    spawn(move || {
        for viewer in server.incoming().flatten() {
            let broadcast = served.clone();
            // One reference is here, and one in the main thread. More viewers than the limit are not answered.
            if Arc::strong_count(&broadcast.0) <= MAX_VIEWERS + 3 {
                spawn(move || broadcast.send_to(viewer)); // ends when the viewer leaves
            }
        }
    });
    // A fragment is sent whole, and ends at the first keyframe after 0.2 s, so viewers are 0.2 s behind.
    let settings = Settings::new(640, 360).frame_rate(30).tune(Tune::ZeroLatency).keyframe_interval(6);
    let mut movie = Movie::stream(broadcast.clone(), &settings.layout(Layout::Fragmented).fragment_seconds(0.2))?;
    let mut canvas = Pixmap::new(640, 360).expect("a valid size");
    // Noise that returns to 0. Its standard deviation is 36 pixels, so it stays on the canvas.
    let step = |last: f64| 0.97 * last + 30.0 * (fastrand::f64() - 0.5);
    let mut signal: Vec<f64> = std::iter::successors(Some(0.0), |last| Some(step(*last))).take(320).collect();
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < seconds && !(seconds.is_infinite() && input.is_finished()) {
        signal.push(step(signal[signal.len() - 1]));
        draw(&mut canvas, &signal[signal.len() - 320..], begin.elapsed().as_secs_f64())?;
        movie.push(&canvas)?;
        let due = begin + Duration::from_secs_f64(movie.frames() as f64 / 30.0);
        sleep(due.saturating_duration_since(Instant::now()));
    }
    let (_, report) = movie.finish()?;
    let _ = writeln!(io::stdout(), "{report}");
    broadcast.lock().is_complete = true;
    // This thread and the server hold one reference each. Every viewer who has not received the end holds another.
    let deadline = Instant::now() + Duration::from_secs(5);
    while Arc::strong_count(&broadcast.0) > 2 && Instant::now() < deadline {
        sleep(Duration::from_millis(20));
    }
    std::fs::create_dir_all("target/gallery")?;
    Ok(std::fs::write("target/gallery/live.mp4", &broadcast.lock().bytes)?)
}

fn draw(canvas: &mut Pixmap, signal: &[f64], now: f64) -> Result<(), Box<dyn std::error::Error>> {
    let area = PixmapBackend::new(canvas).into_drawing_area();
    area.fill(&RGBColor(16, 24, 32))?;
    let curve: Vec<_> = signal.iter().enumerate().map(|(x, y)| (2 * x as i32, 190 - y.round() as i32)).collect();
    area.draw(&PathElement::new(curve, RGBColor(0, 220, 130).stroke_width(2)))?;
    let style = ("sans-serif", 26).into_font().color(&WHITE);
    area.draw(&Text::new(format!("live since {now:.1} s"), (20, 20), style))?;
    Ok(())
}

/// The bytes of the movie so far. Viewers who come late see it from the beginning.
#[derive(Clone, Default)]
struct Broadcast(Arc<Mutex<Received>>);

#[derive(Default)]
struct Received {
    bytes: Vec<u8>,
    is_complete: bool,
}

impl Broadcast {
    fn lock(&self) -> MutexGuard<'_, Received> {
        self.0.lock().expect("no thread panics while it holds the lock")
    }

    /// Answers a request with the movie as it grows, or with a page that shows it.
    fn send_to(&self, mut viewer: TcpStream) -> io::Result<()> {
        viewer.set_write_timeout(Some(PATIENCE))?;
        // Reads the whole request: closing a connection with unread data can discard what was sent.
        let (mut request, deadline) = (Vec::new(), Instant::now() + PATIENCE);
        while !request.ends_with(b"\r\n\r\n") {
            // Browsers open connections that they may not use.
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            viewer.set_read_timeout(Some(left))?;
            let mut block = [0; 1024];
            let read = viewer.read(&mut block)?;
            request.extend_from_slice(&block[..read]);
            if read == 0 || request.len() > MAX_REQUEST || Instant::now() > deadline {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        let (kind, page) = match request.starts_with(b"GET /movie.mp4") {
            true => ("video/mp4", ""),
            false => ("text/html", "<video src=movie.mp4 controls autoplay muted>"),
        };
        write!(viewer, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n{page}")?;
        let mut sent = 0;
        while page.is_empty() {
            let received = self.lock();
            let new: Vec<u8> = received.bytes[sent..].iter().copied().take(MAX_WRITE).collect();
            let is_complete = received.is_complete;
            drop(received); // a slow viewer must not block the movie
            match viewer.write(&new)? {
                0 if is_complete => break,
                0 => sleep(Duration::from_millis(20)),
                written => sent += written,
            }
        }
        Ok(())
    }
}

impl Write for Broadcast {
    fn write(&mut self, fragment: &[u8]) -> io::Result<usize> {
        self.lock().bytes.extend_from_slice(fragment);
        Ok(fragment.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
