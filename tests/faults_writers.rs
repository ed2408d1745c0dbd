//! Writers that are slow, block, fail and panic.

use std::io::{self, ErrorKind, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use kinetograph::{Error, Frame, Layout, Movie, Report, Settings};

mod child;
mod clips;
mod judge;

use clips::{HEIGHT, WIDTH, in_memory, picture, push, record, settings};

/// Settings with a short lookahead, so that the writer is called soon and often.
fn stream_settings() -> Settings {
    settings()
        .threads(2)
        .layout(Layout::Fragmented)
        .keyframe_interval(5)
        .fragment_seconds(0.2)
        .x264_option("rc-lookahead", 5)
}

fn stream(writer: impl Write + Send + 'static, settings: &Settings, frames: u32) -> kinetograph::Result<Report> {
    let mut movie = Movie::stream(writer, settings)?;
    (0..frames).try_for_each(|frame| push(&mut movie, frame))?;
    movie.finish().map(|(_, report)| report)
}

/// A writer that is a closure.
struct Writer<F>(F);

impl<F: FnMut(&[u8]) -> io::Result<usize>> Write for Writer<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The message of a panic.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|text| &**text)).unwrap_or("")
}

/// A movie without the box that states the duration of a finished fragmented file. In a stream, `free` is in its place.
fn without_duration(movie: &[u8]) -> Vec<u8> {
    let mut movie = movie.to_vec();
    if let Some(mvex) = movie.windows(4).position(|name| name == b"mvex") {
        let removed: Vec<_> = movie.drain(mvex + 4..mvex + 24).collect();
        assert!([b"mehd", b"free"].iter().any(|name| removed[4..8] == name[..]), "{removed:?}");
    }
    movie
}

#[test]
fn a_slow_writer_gets_the_same_movie() {
    let got = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&got);
    let mut calls = 0;
    let slow = Writer(move |bytes: &[u8]| {
        calls += 1;
        if calls % 7 == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let first = bytes.first().copied();
        sink.lock().unwrap().extend(first);
        Ok(first.iter().len())
    });
    let report = stream(slow, &stream_settings(), 30).unwrap();
    let got = got.lock().unwrap();
    assert!(without_duration(&got) == without_duration(&in_memory(&stream_settings(), 30)));
    assert_eq!(report.bytes, got.len() as u64);
}

#[test]
fn a_writer_that_blocks_holds_the_caller_back() {
    let (release, gate) = channel::<()>();
    let got = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&got);
    let mut opened = false;
    let blocked = Writer(move |bytes: &[u8]| {
        // The head of the file is written by `stream` itself, on this thread.
        if !sink.lock().unwrap().is_empty() && !opened {
            let _ = gate.recv();
            opened = true;
        }
        sink.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    });
    let (tell, pushed) = channel();
    let caller = thread::spawn(move || {
        let mut movie = Movie::stream(blocked, &stream_settings()).unwrap();
        for frame in 0..500 {
            push(&mut movie, frame).unwrap();
            tell.send(frame).unwrap();
        }
        movie.finish().unwrap()
    });
    let until_silence = |pushed: &Receiver<u32>| {
        let mut last = None;
        loop {
            match pushed.recv_timeout(Duration::from_secs(2)) {
                Ok(frame) => last = Some(frame),
                Err(RecvTimeoutError::Timeout) => return last,
                Err(RecvTimeoutError::Disconnected) => panic!("nothing held the caller back"),
            }
        }
    };
    let held_at = until_silence(&pushed).unwrap();
    assert!(held_at < 60, "{held_at} frames were taken while nothing was written");
    release.send(()).unwrap();
    assert_eq!(caller.join().unwrap().1.frames, 500);
    assert!(without_duration(&got.lock().unwrap()) == without_duration(&in_memory(&stream_settings(), 500)));
}

#[test]
fn a_writer_that_fails_ends_the_movie_with_its_reason() {
    let (reader, closed) = io::pipe().unwrap();
    drop(reader);
    let zero = Writer(|_: &[u8]| Ok(0));
    let mut taken = 0;
    let late = Writer(move |bytes: &[u8]| {
        taken += bytes.len();
        if taken > 4000 { Err(io::Error::other("the far end is tired")) } else { Ok(bytes.len()) }
    });
    let (far_end, near_end) = io::pipe().unwrap();
    let reader = thread::spawn(move || (far_end.take(3000).read_to_end(&mut Vec::new()).unwrap(), ()).0);
    let sinks: Vec<(Box<dyn Write + Send>, ErrorKind)> = vec![
        (Box::new(closed), ErrorKind::BrokenPipe),
        #[cfg(target_os = "linux")]
        (Box::new(std::fs::File::options().write(true).open("/dev/full").unwrap()), ErrorKind::StorageFull),
        (Box::new(zero), ErrorKind::WriteZero),
        (Box::new(late), ErrorKind::Other),
        (Box::new(near_end), ErrorKind::BrokenPipe),
    ];
    for (sink, kind) in sinks {
        let error = match Movie::stream(sink, &stream_settings()) {
            // The head does not fit.
            Err(error) => error,
            Ok(mut movie) => {
                let error = (0..10_000).find_map(|frame| push(&mut movie, frame).err()).expect("an error");
                assert!(matches!(push(&mut movie, 0), Err(Error::Ended)));
                assert!(matches!(movie.finish(), Err(Error::Ended)));
                error
            }
        };
        assert_eq!(error.to_string(), "writing to the stream");
        assert!(matches!(&error, Error::Io { source, .. } if source.kind() == kind), "{error:?}");
    }
    assert_eq!(reader.join().unwrap(), 3000);
}

/// A writer that panics in `write` from a number of bytes on, and when it is dropped, if so asked.
struct Panicking {
    left: usize,
    in_drop: bool,
}

impl Write for Panicking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).expect("the writer panics");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Panicking {
    fn drop(&mut self) {
        assert!(!self.in_drop || thread::panicking(), "the writer panics when dropped");
    }
}

#[test]
fn a_writers_panic_reaches_the_caller_alone() {
    if child::role().is_none() {
        let name = "a_writers_panic_reaches_the_caller_alone";
        let outcome = child::run(name, "panic", &[], Path::new("."), Duration::from_secs(60));
        assert!(outcome.passed(), "{outcome}");
        return;
    }
    for left in [0, 1000, 3000, 5000, usize::MAX] {
        for in_drop in [false, true] {
            let writer = Panicking { left, in_drop };
            let mut movie = match catch_unwind(AssertUnwindSafe(|| Movie::stream(writer, &stream_settings()))) {
                Ok(movie) => movie.unwrap(),
                Err(panic) => {
                    assert_eq!((left, said(&*panic)), (0, "the writer panics"));
                    continue;
                }
            };
            let pushed = catch_unwind(AssertUnwindSafe(|| (0..40).try_for_each(|frame| push(&mut movie, frame))));
            if pushed.is_err() {
                assert!(matches!(push(&mut movie, 0), Err(Error::Ended)), "{left} {in_drop}");
            }
            let finished = catch_unwind(AssertUnwindSafe(|| movie.finish()));
            match (pushed, finished) {
                (Err(panic), Ok(Err(Error::Ended))) => assert_eq!(said(&*panic), "the writer panics"),
                (Ok(pushed), finished) => {
                    pushed.unwrap();
                    match finished {
                        Ok(finished) => {
                            let (writer, report) = finished.unwrap();
                            assert_eq!(report.frames, 40);
                            // The writer is the caller's again.
                            let dropped = catch_unwind(AssertUnwindSafe(|| drop(writer)));
                            assert_eq!(dropped.is_err(), in_drop);
                        }
                        Err(panic) => assert!(said(&*panic).starts_with("the writer panics"), "{}", said(&*panic)),
                    }
                }
                (pushed, finished) => {
                    panic!("{pushed:?}, finished: {:?}", finished.map(|result| result.map(|(_, report)| report)))
                }
            }
            // Given up, a movie keeps its writer's panic to itself, also while another panic unwinds.
            let mut movie = catch_unwind(AssertUnwindSafe(|| {
                let mut movie = Movie::stream(Panicking { left, in_drop }, &stream_settings()).unwrap();
                let _ = catch_unwind(AssertUnwindSafe(|| push(&mut movie, 0)));
                movie
            }));
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let _owned = movie.as_mut().map(|movie| push(movie, 1));
                let _dropped = movie;
                panic_any("the caller's own");
            }));
            assert_eq!(said(&*unwound.unwrap_err()), "the caller's own");
        }
    }
}

/// A writer whose bytes can be looked at, and which fails at its n-th call.
#[derive(Clone, Default)]
struct Wire {
    bytes: Arc<Mutex<Vec<u8>>>,
    calls: Arc<Mutex<(usize, Option<usize>)>>,
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut calls = self.calls.lock().unwrap();
        calls.0 += 1;
        if calls.1.is_some_and(|failing| calls.0 > failing) {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the line is cut"));
        }
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn streams_get_the_bytes_of_files_until_a_write_fails() {
    let folder = tempfile::tempdir().unwrap();
    for (layout, name) in [(Layout::Fragmented, "movie.mp4"), (Layout::AnnexB, "movie.264")] {
        let path = folder.path().join(name);
        let settings = settings().layout(layout).keyframe_interval(20);
        record(&path, &settings, 60);
        let stream = |failing| -> Result<Wire, Error> {
            let wire = Wire::default();
            wire.calls.lock().unwrap().1 = failing;
            let mut movie = Movie::stream(wire.clone(), &settings)?;
            for frame in 0..60 {
                movie.push(Frame::gray8(&picture(frame), WIDTH, HEIGHT))?;
            }
            movie.finish().map(|_| wire)
        };
        let wire = stream(None).unwrap();
        let file = std::fs::read(&path).unwrap();
        assert!(without_duration(&wire.bytes.lock().unwrap()) == without_duration(&file), "{layout}");
        let calls = wire.calls.lock().unwrap().0;
        for failing in 0..calls {
            let error = stream(Some(failing)).err().unwrap();
            assert_eq!(judge::chain(&error), "writing to the stream: the line is cut", "{layout} at write {failing}");
        }
    }
    for layout in [Layout::CrashSafe, Layout::Progressive] {
        let error = Movie::stream(io::sink(), &settings().layout(layout)).err().unwrap();
        assert_eq!(error.to_string(), format!("layout is {layout}; it must be fragmented or annexb for a stream"));
    }
}
