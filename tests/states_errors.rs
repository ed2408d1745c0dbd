//! Animations of states that fail, panic, are cancelled or cannot be made: the error says why, no file is left, and no
//! thread.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kinetograph::{Animation, Error, FrameInfo, Layout, Phase};
use tiny_skia::Pixmap;

mod judge;
#[path = "judge/numbers.rs"]
mod numbers;

use judge::listing;
use numbers::{number, numbers, settings};

type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// One test at a time: each counts the threads of the process.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a test, and checks that it leaves no thread of a movie behind.
fn without_leftovers(test: impl FnOnce()) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    test();
    let workers = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.flatten().flat_map(|task| std::fs::read_to_string(task.path().join("comm")));
        names.filter(|name| name.starts_with("kinetograph")).count()
    };
    // The kernel may list a thread for a moment after it has been joined.
    let end = Instant::now() + Duration::from_secs(5);
    while workers() > 0 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(workers(), 0, "threads are left");
}

fn draw(canvas: &mut Pixmap, _: &u64, frame: FrameInfo) -> Drawn {
    number(canvas, frame)
}

#[test]
fn an_error_of_the_iterator_names_its_frame_and_leaves_no_file() {
    without_leftovers(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("movie.mp4");
        std::fs::write(&path, "an earlier movie").unwrap();
        for (workers, at) in [(1, 0), (1, 333), (4, 333), (2, 249), (2, 255), (2, 260)] {
            let states = (0..).map(|state| if state == at { Err("it diverges") } else { Ok(state) });
            let movie = Animation::from_states(settings(), states, |canvas, state: &u64, frame| {
                assert!(*state < at, "a state after the error");
                draw(canvas, state, frame)
            });
            let error = movie.workers(workers).save(&path).unwrap_err();
            assert!(matches!(error, Error::State { frame, .. } if frame == at), "{error:?}");
            assert_eq!(judge::chain(&error), format!("computing the state of frame {at} failed: it diverges"));
        }
        assert_eq!(listing(folder.path()), ["movie.mp4"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"an earlier movie");
    });
}

#[test]
fn an_error_of_the_drawing_stops_the_iterator() {
    without_leftovers(|| {
        let computed = AtomicU64::new(0);
        let states = (0..).inspect(|_| {
            computed.fetch_add(1, Ordering::Relaxed);
        });
        let movie = Animation::from_states(settings(), states, |canvas, state, frame| match state {
            333 => Err("out of ink".into()),
            _ => draw(canvas, state, frame),
        });
        let error = movie.workers(3).into_bytes().unwrap_err();
        assert!(matches!(error, Error::Draw { frame: 333, .. }), "{error:?}");
        assert!(computed.into_inner() < 400, "the simulation has not stopped");
    });
}

#[test]
fn a_panic_in_the_iterator_or_the_drawing_is_resumed_and_leaves_no_file() {
    without_leftovers(|| {
        let folder = tempfile::tempdir().unwrap();
        for (workers, in_drawing) in [(1, false), (4, false), (1, true), (4, true)] {
            let states = (0..).inspect(|state| assert!(in_drawing || *state != 600, "frame 600 is too much"));
            let movie = Animation::from_states(settings(), states, |canvas, state, frame| {
                assert!(*state != 600, "frame 600 is too much");
                draw(canvas, state, frame)
            });
            let movie = movie.workers(workers);
            let panic = catch_unwind(AssertUnwindSafe(|| movie.save(folder.path().join("movie.mp4")))).unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"frame 600 is too much"));
            assert_eq!(listing(folder.path()), [""; 0]);
        }
    });
}

#[test]
fn a_movie_without_states_has_no_frames() {
    without_leftovers(|| {
        let folder = tempfile::tempdir().unwrap();
        for workers in [1, 2, 8] {
            for layout in [Layout::CrashSafe, Layout::Progressive, Layout::AnnexB] {
                let path = folder.path().join(if layout == Layout::AnnexB { "movie.264" } else { "movie.mp4" });
                let movie = Animation::from_states(settings().layout(layout), [0; 0], draw).workers(workers);
                assert!(matches!(movie.save(&path), Err(Error::NoFrames)));
            }
            let segments = tempfile::tempdir().unwrap();
            let movie = Animation::from_states(settings(), [0; 0], draw).resume(segments.path().join("segments"));
            assert!(matches!(movie.workers(workers).into_bytes(), Err(Error::NoFrames)));
        }
        assert_eq!(listing(folder.path()), [""; 0]);
    });
}

#[test]
fn states_that_never_end_can_be_cancelled() {
    without_leftovers(|| {
        let folder = tempfile::tempdir().unwrap();
        for (workers, pause) in [(1, 0), (4, 0), (4, 20)] {
            let states = (0..).inspect(|_| std::thread::sleep(Duration::from_millis(pause)));
            let movie = Animation::from_states(settings(), states, draw).workers(workers).on_progress(|progress| {
                assert_eq!((progress.frames, progress.phase), (0, Phase::Encoding));
                if progress.encoded > 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let result = movie.save(folder.path().join("movie.mp4"));
            assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
        }
        assert_eq!(listing(folder.path()), [""; 0]);
    });
}

#[test]
fn states_that_are_slow_at_the_end_make_the_whole_movie() {
    without_leftovers(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("movie.mp4");
        for (frames, workers) in [(3, 2), (255, 1), (255, 3), (262, 2), (500, 2)] {
            let pause = |at: u64| {
                if at + 3 >= frames {
                    std::thread::sleep(Duration::from_millis(60));
                }
            };
            let mut next = 0;
            let states = std::iter::from_fn(|| {
                pause(next);
                next += 1;
                (next <= frames).then_some(next - 1)
            });
            Animation::from_states(settings(), states, draw).workers(workers).save(&path).unwrap();
            assert_eq!(numbers(&path), (0..frames).collect::<Vec<_>>(), "{frames} frames, {workers} workers");
        }
    });
}

#[test]
fn a_full_disk_stops_the_iterator() {
    without_leftovers(|| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let movie = Animation::from_states(settings().layout(Layout::AnnexB), 0.., draw);
        let error = movie.write_to(full).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
    });
}

#[test]
fn what_states_cannot_have_is_refused_by_name() {
    let refused = |error: Error| {
        assert!(matches!(error, Error::Setting { .. }), "{error:?}");
        error.to_string()
    };
    let movie = || Animation::from_states(settings(), 0..10, draw);
    let why = "an animation of states is made as a whole, because each state follows from the one before";
    assert_eq!(refused(movie().encode_segment(3).unwrap_err()), format!("segment is 3; {why}"));
    assert_eq!(refused(movie().segments().unwrap_err()), format!("segments is unknown; {why}"));
    let states = |count| refused(movie().states_per_worker(count).into_bytes().unwrap_err());
    assert_eq!(states(0), "states_per_worker is 0; it must be 1 to 1000000");
    let length = |frames| refused(movie().segment_frames(frames).into_bytes().unwrap_err());
    assert_eq!(length(9), "segment_frames is 9; it must be 10 to 100000");
    assert_eq!(length(100_001), "segment_frames is 100001; it must be 10 to 100000");
    assert_eq!(
        refused(movie().background(Pixmap::new(1, 2).unwrap()).into_bytes().unwrap_err()),
        "background is 1×2 pixels; it must have the movie's size, 64×64"
    );
}
