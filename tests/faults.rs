//! What a user's program can do to a movie, and what the system can: sinks that fail, block and panic, panics at every
//! stage, names and numbers that nobody expects.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use kinetograph::{Animation, Error, Frame, FrameRate, Layout, Movie, Preset, Report, Settings, Tag, Vbv};

mod child;
mod judge;

use judge::listing;

const WIDTH: u32 = 48;
const HEIGHT: u32 = 32;

fn settings() -> Settings {
    Settings::new(WIDTH, HEIGHT).preset(Preset::Veryfast).threads(2)
}

fn stream_settings() -> Settings {
    // A short lookahead, so that the writer is soon called, and often.
    settings().layout(Layout::Fragmented).keyframe_interval(5).fragment_seconds(0.2).x264_option("rc-lookahead", 5)
}

fn picture(frame: usize) -> Vec<u8> {
    (0..(WIDTH * HEIGHT) as usize).map(|pixel| (pixel * (frame + 1) % 251) as u8).collect()
}

fn push<Output>(movie: &mut Movie<Output>, frame: usize) -> kinetograph::Result<()> {
    movie.push(Frame::gray8(&picture(frame), WIDTH, HEIGHT))
}

fn in_memory(settings: &Settings, frames: usize) -> Vec<u8> {
    let mut movie = Movie::in_memory(settings).unwrap();
    (0..frames).for_each(|frame| push(&mut movie, frame).unwrap());
    movie.finish().unwrap().0
}

fn stream(writer: impl Write + Send + 'static, settings: &Settings, frames: usize) -> kinetograph::Result<Report> {
    let mut movie = Movie::stream(writer, settings)?;
    (0..frames).try_for_each(|frame| push(&mut movie, frame))?;
    movie.finish().map(|(_, report)| report)
}

/// The one unfinished file in a folder.
fn unfinished(folder: &Path) -> PathBuf {
    match &*listing(folder) {
        [name] if name.ends_with(".part") => folder.join(name),
        names => panic!("{names:?}"),
    }
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

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|text| &**text)).unwrap_or("")
}

#[test]
fn a_sink_that_takes_a_byte_at_a_time_gets_the_same_movie() {
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
    assert!(*got == in_memory(&stream_settings(), 30));
    assert_eq!(report.bytes, got.len() as u64);
}

#[test]
fn a_sink_that_blocks_holds_the_caller_back_and_loses_nothing() {
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
    let until_silence = |pushed: &Receiver<usize>| {
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
    assert!(*got.lock().unwrap() == in_memory(&stream_settings(), 500));
}

#[test]
fn a_sink_that_fails_is_an_error_that_says_why_and_then_the_movie_has_ended() {
    let (reader, closed) = io::pipe().unwrap();
    drop(reader);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let zero = Writer(|_: &[u8]| Ok(0));
    let mut taken = 0;
    let late = Writer(move |bytes: &[u8]| {
        taken += bytes.len();
        if taken > 4000 { Err(io::Error::other("the far end is tired")) } else { Ok(bytes.len()) }
    });
    let (far_end, near_end) = io::pipe().unwrap();
    let reader = thread::spawn(move || (far_end.take(3000).read_to_end(&mut Vec::new()).unwrap(), ()).0);
    let sinks: [(Box<dyn Write + Send>, &str); 5] = [
        (Box::new(closed), "Broken pipe"),
        (Box::new(full), "No space left"),
        (Box::new(zero), "failed to write whole buffer"),
        (Box::new(late), "the far end is tired"),
        (Box::new(near_end), "Broken pipe"),
    ];
    for (sink, why) in sinks {
        let error = match Movie::stream(sink, &stream_settings()) {
            // The head does not fit.
            Err(error) => error,
            Ok(mut movie) => {
                let error = (0..10_000).find_map(|frame| push(&mut movie, frame).err()).expect(why);
                assert!(matches!(push(&mut movie, 0), Err(Error::Ended)));
                assert!(matches!(movie.finish(), Err(Error::Ended)));
                error
            }
        };
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        assert_eq!(error.to_string(), "writing to the stream");
        assert!(judge::chain(&error).contains(why), "{error}");
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
fn a_sink_that_panics_panics_where_the_movie_is_used_and_never_ends_the_process() {
    if child::role().is_none() {
        let name = "a_sink_that_panics_panics_where_the_movie_is_used_and_never_ends_the_process";
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
                        Ok(report) => assert_eq!((report.unwrap().1.frames, in_drop), (40, false)),
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

#[test]
fn a_panic_while_drawing_keeps_the_film_of_every_frame_pushed() {
    for layout in [Layout::CrashSafe, Layout::Fragmented, Layout::AnnexB] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film");
        let settings = settings().layout(layout);
        let unwound = catch_unwind(|| {
            let mut movie = Movie::create(&path, &settings).unwrap();
            (0..17).for_each(|frame| push(&mut movie, frame).unwrap());
            panic_any("a drawing that fails");
        });
        assert_eq!(said(&*unwound.unwrap_err()), "a drawing that fails");
        assert_eq!(judge::ffprobe(&unfinished(folder.path()), "nb_read_frames"), "17", "{layout}");
    }
}

#[test]
fn a_movie_can_be_dropped_at_every_stage_on_any_thread_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    for layout in Layout::ALL {
        for frames in [0, 1, 2, 5, 60] {
            let make = || {
                let mut movie = Movie::create(&path, &settings().layout(*layout)).unwrap();
                (0..frames).for_each(|frame| push(&mut movie, frame).unwrap());
                movie
            };
            drop(make());
            let movie = make();
            thread::spawn(move || drop(movie)).join().unwrap();
            let mut movie = make();
            movie.push(Frame::gray8(&[], 1, 1)).unwrap_err();
            movie.hold(f64::NAN).unwrap_err();
            let half = thread::spawn(move || {
                push(&mut movie, frames).unwrap();
                movie
            });
            drop(half.join().unwrap());
            assert_eq!(listing(folder.path()), [""; 0], "{layout} after {frames} frames");
        }
    }
    // Dropped by a panic, a movie without frames leaves nothing either.
    let movie = Movie::create(&path, &settings()).unwrap();
    thread::spawn(move || {
        let _owned = movie;
        panic_any(());
    })
    .join()
    .unwrap_err();
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn a_logger_that_panics_disturbs_nothing() {
    struct Panicking;
    impl log::Log for Panicking {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, _: &log::Record<'_>) {
            panic_any("the logger panics");
        }
        fn flush(&self) {}
    }
    if child::role().is_none() {
        let outcome =
            child::run("a_logger_that_panics_disturbs_nothing", "log", &[], Path::new("."), Duration::from_secs(60));
        assert!(outcome.passed(), "{outcome}");
        return;
    }
    std::panic::set_hook(Box::new(|_| {}));
    let silent = in_memory(&settings(), 30);
    log::set_logger(&Panicking).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    assert!(in_memory(&settings(), 30) == silent);
    let Err(error) = Movie::in_memory(&settings().x264_option("cll", "70000,1")) else { panic!("x264 takes it") };
    assert!(error.to_string().contains("content light levels out of range"), "{error}");
}

#[test]
fn a_full_disk_is_an_error_and_leaves_the_film_so_far_or_a_finished_movie() {
    let name = "a_full_disk_is_an_error_and_leaves_the_film_so_far_or_a_finished_movie";
    if let Some(role) = child::role() {
        return fill_the_disk(&role);
    }
    // A file system of a megabyte where mounting is allowed; elsewhere files of at most a megabyte, which fail alike.
    let disk = "mkdir disk && mount -t tmpfs -o size=1m none disk && exec \"$@\"";
    let limit = "mkdir disk && trap '' XFSZ && exec prlimit --fsize=1048576 \"$@\"";
    let mounting = child::run(
        name,
        "try",
        &["unshare", "-rm", "sh", "-c", disk, "sh"],
        tempfile::tempdir().unwrap().path(),
        Duration::from_secs(20),
    );
    let (disk, limit) = (["unshare", "-rm", "sh", "-c", disk, "sh"], ["sh", "-c", limit, "sh"]);
    let wrapper: &[&str] = if mounting.passed() { &disk } else { &limit };
    for (role, wrapper) in [
        ("crash-safe known", wrapper),
        ("crash-safe unknown", wrapper),
        ("crash-safe unknown", &limit),
        ("progressive unknown", wrapper),
        ("fragmented unknown", wrapper),
        ("annexb unknown", wrapper),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let outcome = child::run(name, role, wrapper, folder.path(), Duration::from_secs(60));
        assert!(outcome.passed(), "{role} by {wrapper:?}: {outcome}");
    }
}

/// Records frames that do not compress until nothing more fits in the folder "disk".
fn fill_the_disk(role: &str) {
    let Some((layout, length)) = role.split_once(' ') else { return };
    let layout: Layout = layout.parse().unwrap();
    let noise = |frame: u64| {
        let mut random = fastrand::Rng::with_seed(frame);
        (0..64 * 64).map(|_| random.u8(..)).collect::<Vec<u8>>()
    };
    let settings = Settings::new(64, 64).preset(Preset::Ultrafast).layout(layout).threads(1);
    let settings = settings.keyframe_interval(25); // a fragment a second in every layout
    let make = |frames: u64| {
        let settings = if length == "known" { settings.clone().expected_frames(frames) } else { settings.clone() };
        let mut movie = Movie::create("disk/film.mp4", &settings)?;
        (0..frames).try_for_each(|frame| movie.push(Frame::gray8(&noise(frame), 64, 64)))?;
        movie.finish()
    };
    let frame_bytes = make(40).unwrap().bytes / 40;
    std::fs::remove_file("disk/film.mp4").unwrap();
    // Frames that fill the disk in recording, or only while the movie is being finished.
    for percent in [60, 98, 130] {
        let frames = (1 << 20) * percent / 100 / frame_bytes;
        let made = make(frames);
        let names = listing(Path::new("disk"));
        println!("{role} {frames}: {made:?} {names:?}");
        match made {
            Ok(report) => {
                assert!(names == ["film.mp4"] && percent <= 100);
                assert_eq!(judge::ffprobe(Path::new("disk/film.mp4"), "nb_read_frames"), report.frames.to_string());
            }
            Err(Error::Unfinished { kept, source, .. }) => {
                assert!(matches!(*source, Error::Io { .. }), "{source:?}");
                assert_eq!(names, [kept.file_name().unwrap().to_str().unwrap()]);
                let playable: u64 = judge::ffprobe(&kept, "nb_read_frames").parse().unwrap();
                assert!((frames * 60 / percent.max(90)..=frames).contains(&playable), "{playable} of {frames} frames");
            }
            Err(Error::Io { .. }) => assert_eq!((layout, names.len()), (Layout::Progressive, 0)),
            Err(error) => panic!("{error:?}"),
        }
        for name in names {
            std::fs::remove_file(Path::new("disk").join(name)).unwrap();
        }
    }
    let Err(error) = Movie::create("disk/film.mp4", &Settings::new(64, 64).expected_frames(u64::MAX)) else {
        panic!("a reserve of 16 MB fits in 1 MB");
    };
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    assert_eq!(listing(Path::new("disk")), [""; 0]);
}

#[test]
fn a_folder_that_goes_away_or_turns_read_only_is_an_error_and_not_a_movie() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let mut movie = Movie::create(inner.join("film.mp4"), &settings()).unwrap();
    (0..5).for_each(|frame| push(&mut movie, frame).unwrap());
    std::fs::remove_dir_all(&inner).unwrap();
    let error = movie.finish().unwrap_err();
    assert!(error.to_string().contains("film.mp4"), "{error}");
    assert_eq!(listing(folder.path()), [""; 0]);
    // A folder in place of the movie.
    let path = folder.path().join("film.mp4");
    let mut movie = Movie::create(&path, &settings()).unwrap();
    (0..5).for_each(|frame| push(&mut movie, frame).unwrap());
    std::fs::create_dir(&path).unwrap();
    let Err(Error::Unfinished { kept, .. }) = movie.finish() else { panic!("a movie in place of a folder") };
    assert_eq!(judge::ffprobe(&kept, "nb_read_frames"), "5");
    // The kernel's own folders are read-only even for root.
    for path in ["/sys/film.mp4", "/proc/film.mp4", "/dev/null", "/dev/full", "/", "."] {
        let Err(error) = Movie::create(path, &settings()) else { panic!("a movie at {path}") };
        assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(path), "{error}");
    }
}

#[test]
fn any_name_is_the_movies_name_or_an_error_before_the_first_frame() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let long = "ä".repeat(127) + "x"; // 255 bytes, the most that a name has
    for name in ["a film", "фильм.mp4", "🎞️", "new\nline", "-y", "%s%n", "film.mp4.part", "'\"\\$(x)", ".hidden", &long]
    {
        let path = folder.path().join(name);
        let mut movie = Movie::create(&path, &settings()).unwrap();
        push(&mut movie, 0).unwrap();
        movie.finish().unwrap();
        assert_eq!(listing(folder.path()), [name]);
        std::fs::remove_file(path).unwrap();
    }
    let bytes = OsStr::from_bytes(b"\xff\xfe\x80.mp4");
    let mut movie = Movie::create(folder.path().join(bytes), &settings()).unwrap();
    push(&mut movie, 0).unwrap();
    movie.finish().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().file_name(), bytes);
    std::fs::remove_file(folder.path().join(bytes)).unwrap();
    let too_long = "x".repeat(256);
    let deep = "x/".repeat(4000);
    for name in ["", "..", "film.mp4/", "film.mp4/.", "nul\0inside", "no/such/folder", &too_long, &deep] {
        let path = if name.is_empty() { PathBuf::new() } else { folder.path().join(name) };
        match Movie::create(&path, &settings()) {
            Err(error) => assert!(matches!(error, Error::Io { .. }), "{error:?}"),
            Ok(_) => panic!("a movie called {name:?}"),
        }
        assert_eq!(listing(folder.path()), [""; 0], "{name:?}");
    }
}

#[test]
fn any_text_is_a_tag_that_reads_back_and_too_much_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let long = "long ".repeat(200_000);
    for text in ["", "Ωμέγα — 終わり 🎬", "line\nline", "\u{202e}right to left", "\u{feff}mark", "%s %n", &long]
    {
        let mut movie = Movie::create(&path, &settings().title(text).tag(Tag::Comment, text)).unwrap();
        push(&mut movie, 0).unwrap();
        movie.finish().unwrap();
        assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "1");
        let bytes = std::fs::read(&path).unwrap();
        let item = [b"data\0\0\0\x01\0\0\0\0", text.as_bytes()].concat();
        assert!(bytes.windows(item.len()).filter(|window| *window == item).count() >= 2, "{text:.20}");
    }
    let nul = settings().title("be\0fore").tag(Tag::Key(*b"\0\0\0\0"), "nameless").tag(Tag::Key(*b"moov"), "misnamed");
    let mut movie = Movie::create(&path, &nul).unwrap();
    push(&mut movie, 0).unwrap();
    movie.finish().unwrap();
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "1");
    let much = "x".repeat(1 << 20);
    let long = settings().title(much.clone() + "x");
    let many = (0..20).fold(settings(), |settings, key| settings.tag(Tag::Key([b'k', b'e', b'y', key]), much.clone()));
    for (settings, message) in [
        (long, "tag is title; its text has 1048577 bytes; at most 1048576 are allowed"),
        (many, "tag is key\\u{f}; with it all tags have 16777600 bytes; at most 16777216 are allowed"),
    ] {
        let Err(error) = Movie::in_memory(&settings) else { panic!("too much text is taken") };
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn numbers_that_overflow_something_are_typed_errors_or_right() {
    let base = || Settings::new(16, 16).threads(1);
    let refused = |settings: Settings| {
        assert!(matches!(settings.validate(), Err(Error::Setting { .. })), "{settings:?}");
        assert!(matches!(Movie::in_memory(&settings), Err(Error::Setting { .. })));
    };
    for side in [0, 16_385, u32::MAX] {
        refused(Settings::new(side, 16));
        refused(Settings::new(16, side));
    }
    for rate in [(0, 0), (0, 1), (1, 0), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX - 1), (1, 3601)] {
        refused(base().frame_rate(rate));
    }
    for rate in [f64::NAN, f64::INFINITY, -1.0, 0.0, -0.0, 1e300, 1e-300, f64::MIN_POSITIVE] {
        refused(base().frame_rate(rate));
    }
    for seconds in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e300] {
        refused(base().fragment_seconds(seconds));
    }
    refused(base().frame_rate((1, 3600)).variable_rate(true));
    refused(base().pixel_aspect(0, 1));
    refused(base().pixel_aspect(u32::MAX, 1));
    refused(base().pixel_aspect(17, 1));
    refused(base().pixel_aspect(1, 17));
    refused(Settings::new(16_384, 16).pixel_aspect(4, 1));
    refused(base().vbv(Vbv::new(u32::MAX, 1)));
    refused(base().keyframe_interval(u32::MAX));
    refused(base().threads(u32::MAX));

    // What is only extreme makes a movie that says so.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    for (settings, seconds) in [
        (base().frame_rate((1, 3600)), "7200.000000"),
        (base().frame_rate((1, 87)).variable_rate(true), "174.000000"),
        (base().frame_rate(1_000_000), "0.000002"),
        (base().frame_rate((999_999, 1_000_000)), "2.000002"),
        (base().frame_rate(1).expected_frames(u64::MAX), "2.000000"),
        (base().frame_rate(1).creation_time(far), "2.000000"),
        (base().frame_rate(1).creation_time(SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 40)), "2.000000"),
        (base().frame_rate(1).pixel_aspect(65_535, 65_534), "2.000000"),
        (base().frame_rate(1).pixel_aspect(16, 1), "2.000000"),
        (base().frame_rate(1).pixel_aspect(1, 16), "2.000000"),
        (base().frame_rate(1).fragment_seconds(3600.0), "2.000000"),
    ] {
        let mut movie = Movie::create(&path, &settings).unwrap();
        movie.push(Frame::gray8(&[0; 256], 16, 16)).unwrap();
        movie.push(Frame::gray8(&[255; 256], 16, 16)).unwrap();
        movie.finish().unwrap();
        assert_eq!(judge::ffprobe(&path, "duration"), seconds, "{settings:?}");
        assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "2", "{settings:?}");
    }

    let mut movie = Movie::in_memory(&base().frame_rate(FrameRate::from(1_000_000)).variable_rate(true)).unwrap();
    let grey = [7; 256];
    movie.push_at(Frame::gray8(&grey, 16, 16), 0.0).unwrap();
    for seconds in [f64::MAX, -f64::MAX, f64::NAN, f64::INFINITY, 1e16, 9_007_199_254.740_993, -1e-3] {
        let error = movie.push_at(Frame::gray8(&grey, 16, 16), seconds).unwrap_err();
        assert!(matches!(error, Error::Time { .. }), "{error:?}");
        let error = movie.hold(seconds).unwrap_err();
        assert!(matches!(error, Error::Time { .. }), "{error:?}");
    }
    for (width, height) in [(u32::MAX, u32::MAX), (0, 0), (u32::MAX, 0), (0, u32::MAX), (16, 0)] {
        for stride in [0, 1, usize::MAX, usize::MAX / 2] {
            movie.push(Frame::rgba8(&[0; 1024], width, height).stride(stride)).unwrap_err();
        }
    }
    assert_eq!(movie.finish().unwrap().1.frames, 1);

    for frames in [0, u64::MAX, 1 << 32] {
        let error = Animation::new(base(), frames, |_, _| Ok(())).into_bytes().unwrap_err();
        assert!(matches!(error, Error::NoFrames | Error::Setting { .. }), "{error:?}");
    }
}

#[test]
fn the_longest_frames_with_the_deepest_reordering_are_shown_by_ffmpeg() {
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        for (rate, variable, gap) in [((1, 3600), false, 3600.0), ((1, 87), true, 87.0), ((1, 87), true, 1491.0)] {
            let deep = Settings::new(32, 32).frame_rate(rate).variable_rate(variable).layout(layout);
            let deep = deep.x264_option("bframes", 16).x264_option("b-adapt", 0).x264_option("scenecut", 0);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("film.mp4");
            let mut movie = Movie::create(&path, &deep).unwrap();
            for frame in 0..60 {
                // At the longest gaps, every other one of the usual length, so that the two follow one another.
                let seconds = if gap > 1000.0 && variable {
                    f64::from(frame / 2) * (gap + 87.0) + f64::from(frame % 2) * 87.0
                } else {
                    f64::from(frame) * gap
                };
                movie.push_at(Frame::gray8(&[frame; 1024], 32, 32), seconds).unwrap();
            }
            movie.finish().unwrap();
            assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "60", "{rate:?} {gap} {layout}");
            assert_eq!(judge::ffprobe(&path, "start_time"), "0.000000", "{rate:?} {gap} {layout}");
        }
    }
}

#[test]
fn a_run_that_claims_samples_without_stating_their_sizes_is_not_counted_through() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4.part");
    // Found by fuzz/fuzz_targets/recover.rs: 31·2²⁴ samples in a run of 32 bytes, no byte for any of them.
    std::fs::write(&path, include_bytes!("hostile/run-without-sizes.bin")).unwrap();
    let begin = std::time::Instant::now();
    kinetograph::recover(&path).unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}
