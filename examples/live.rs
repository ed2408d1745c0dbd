//! A movie that is watched while it is being made: fragments over HTTP, to any browser on this machine.
//!
//! `cargo run --release --features plotters --example live [SECONDS]` prints the address, and films for 10 seconds unless
//! told otherwise; with `inf`, until its standard input ends. What was sent is left in target/gallery/live.mp4.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use kinetograph::{Layout, Movie, Settings, Tune, plot::PixmapBackend};
use plotters::prelude::*;
use tiny_skia::Pixmap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: f64 = std::env::args().nth(1).map_or(Ok(10.0), |text| text.parse())?;
    let input = spawn(|| io::copy(&mut io::stdin(), &mut io::sink()));
    let server = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}/", server.local_addr()?);
    let film = Film::default();
    let shown = film.clone();
    spawn(move || {
        for viewer in server.incoming().flatten() {
            let film = shown.clone();
            spawn(move || film.send_to(viewer)); // ends when the viewer leaves
        }
    });
    // Viewers are 0.2 s late: fragments are sent whole, and end at the first keyframe after so long.
    let settings = Settings::new(640, 360).frame_rate(30).tune(Tune::ZeroLatency).keyframe_interval(6);
    let mut movie = Movie::stream(film.clone(), &settings.layout(Layout::Fragmented).fragment_seconds(0.2))?;
    let mut canvas = Pixmap::new(640, 360).expect("a valid size");
    // Noise that returns to 0: its standard deviation is 36 pixels, so that it stays on the canvas.
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
    println!("{}", movie.finish()?);
    film.lock().complete = true;
    // One share of the film is here, one with the server; each viewer who has yet to see the end has another.
    let patience = Instant::now() + Duration::from_secs(5);
    while Arc::strong_count(&film.0) > 2 && Instant::now() < patience {
        sleep(Duration::from_millis(20));
    }
    std::fs::create_dir_all("target/gallery")?;
    Ok(std::fs::write("target/gallery/live.mp4", &film.lock().bytes)?)
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

/// The film so far; viewers who come late see it from the beginning.
#[derive(Clone, Default)]
struct Film(Arc<Mutex<Reel>>);

#[derive(Default)]
struct Reel {
    bytes: Vec<u8>,
    complete: bool,
}

impl Film {
    fn lock(&self) -> MutexGuard<'_, Reel> {
        self.0.lock().expect("no thread panics while it holds the film")
    }

    /// Answers a request: with the film as it grows, or with a page that shows it.
    fn send_to(&self, mut viewer: TcpStream) -> io::Result<()> {
        viewer.set_read_timeout(Some(Duration::from_secs(1)))?; // browsers open connections that they may not use
        // To its end: a connection that is closed with something unread takes what was sent with it.
        let lines = BufReader::new(&viewer).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let request: Vec<String> = lines.collect();
        let (kind, page) = match request.first().is_some_and(|line| line.starts_with("GET /movie.mp4")) {
            true => ("video/mp4", ""),
            false => ("text/html", "<video src=movie.mp4 controls autoplay muted>"),
        };
        write!(viewer, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n{page}")?;
        let mut sent = 0;
        while page.is_empty() {
            let reel = self.lock();
            let (news, complete) = (reel.bytes[sent..].to_vec(), reel.complete);
            drop(reel); // a slow viewer does not hold up the film
            viewer.write_all(&news)?;
            sent += news.len();
            if complete && news.is_empty() {
                break;
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Write for Film {
    fn write(&mut self, fragment: &[u8]) -> io::Result<usize> {
        self.lock().bytes.extend_from_slice(fragment);
        Ok(fragment.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
