//! Animations that fail, panic, are cancelled or cannot be made: the error says why, and no file is left.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use kinetograph::{Animation, Error, Frame, FrameInfo};
use tiny_skia::Pixmap;

mod judge;
#[path = "judge/numbers.rs"]
mod numbers;

use judge::listing;
use numbers::{SIDE, number, settings};

#[test]
fn a_draw_error_names_its_frame_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    std::fs::write(&path, "an earlier movie").unwrap();
    for workers in [1, 4] {
        let drawn = AtomicU64::new(0);
        let fail = |canvas: &mut Pixmap, frame: FrameInfo| {
            drawn.fetch_add(1, Ordering::Relaxed);
            if frame.index() == 333 {
                return Err("out of ink".into());
            }
            number(canvas, frame)
        };
        let error = Animation::new(settings(), 1_000_000, fail).workers(workers).save(&path).unwrap_err();
        assert!(matches!(error, Error::Draw { frame: 333, .. }));
        assert_eq!(format!("{error} | {error:?}"), "drawing frame 333 failed | drawing frame 333 failed: out of ink");
        assert!(drawn.into_inner() < 20_000, "the workers have not stopped");
    }
    assert_eq!(listing(folder.path()), ["movie.mp4"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"an earlier movie");
}

#[test]
fn a_panic_in_the_closure_is_resumed_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for workers in [1, 4] {
        let panics = |canvas: &mut Pixmap, frame: FrameInfo| {
            assert!(frame.index() != 600, "frame 600 is too much");
            number(canvas, frame)
        };
        let movie = Animation::new(settings(), 1_000_000, panics).workers(workers);
        let panic = catch_unwind(AssertUnwindSafe(|| movie.save(folder.path().join("movie.mp4")))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"frame 600 is too much"));
        assert_eq!(listing(folder.path()), [""; 0]);
    }
}

#[test]
fn a_panic_in_the_progress_closure_is_resumed_and_finishes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let movie = Animation::new(settings(), 1_000_000, number).workers(2);
    let movie = movie.on_progress(|progress| assert!(progress.encoded == 0, "enough is encoded"));
    let panic = catch_unwind(AssertUnwindSafe(|| movie.save(&path))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"enough is encoded"));
    assert!(!path.exists());
}

#[test]
fn a_movie_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let movie = Animation::new(settings(), 10_000_000, number)
        .on_progress(|progress| if progress.written > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
    let result = movie.save(folder.path().join("movie.mp4"));
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
#[cfg(target_os = "linux")] // /dev/full
fn a_full_disk_stops_the_workers() {
    let drawn = AtomicU64::new(0);
    let count = |canvas: &mut Pixmap, frame: FrameInfo| {
        drawn.fetch_add(1, Ordering::Relaxed);
        number(canvas, frame)
    };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let movie = Animation::new(settings().layout(kinetograph::Layout::AnnexB), 10_000_000, count);
    let error = movie.write_to(full).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    assert!(drawn.into_inner() < 1_000_000);
}

#[test]
fn invalid_animations_are_refused_before_a_file_exists() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let refused = |movie: Animation<'_>| movie.save(&path).unwrap_err().to_string();
    let movie = |frames| Animation::new(settings(), frames, number);
    assert_eq!(refused(movie(0)), "the movie has no frames; an MP4 needs at least one");
    assert_eq!(refused(movie(1 << 32)), "frames is 4294967296; it must be at most 4294967295");
    assert_eq!(refused(movie(1).workers(0)), "workers is 0; it must be 1 to 1024");
    assert_eq!(
        refused(movie(1).background(Pixmap::new(1, 2).unwrap())),
        "background is 1×2 pixels; it must have the movie's size, 64×64"
    );
    let unknown = Animation::new(settings().x264_option("colour", 1), 1, number);
    assert_eq!(refused(unknown), "x264 option \"colour\" is \"1\"; x264 has no option of that name");
    let swapped = Animation::new(settings(), 1, |canvas, _| {
        *canvas = Pixmap::new(1, 2).ok_or("no canvas")?;
        Ok(())
    });
    assert_eq!(refused(swapped), "frame 0 is 1×2 pixels; the movie is 64×64");
    let supplied = || Animation::from_frames(settings(), 1, |_| Ok(Pixmap::new(1, 2).ok_or("no canvas")?));
    assert_eq!(refused(supplied()), "frame 0 is 1×2 pixels; the movie is 64×64");
    assert_eq!(
        refused(supplied().background(Pixmap::new(SIDE, SIDE).unwrap())),
        "background is 64×64 pixels; supplied frames are not drawn on a canvas"
    );
    let short = Animation::from_frames(settings(), 1, |_| Ok(Frame::gray8(&[0; 100], SIDE, SIDE)));
    assert_eq!(refused(short), "the buffer is 100 bytes; a 64×64 gray frame needs at least 4096");
    assert_eq!(listing(folder.path()), [""; 0]);
}
