//! How often the library allocates once a movie is under way. What libx264 allocates does not count.
#![allow(unsafe_code)] // an allocator is unsafe by its nature

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use kinetograph::{Animation, Frame, Movie, Preset, Settings};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `alloc`, or from `realloc`, which are the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as in `dealloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One at a time: the count is the whole process's.
static ALONE: Mutex<()> = Mutex::new(());

const FRAMES: u64 = 3000;

fn settings() -> Settings {
    Settings::new(64, 48).frame_rate(100).preset(Preset::Ultrafast).threads(1)
}

/// In 3000 frames at 100 a second there are 30 fragments, and tables that double now and then.
fn assert_few(allocations: u64, what: &str) {
    println!("{what}: {allocations} allocations in {FRAMES} frames");
    assert!(allocations < FRAMES / 4, "{what}: {allocations} allocations in {FRAMES} frames");
}

#[test]
fn a_frame_that_is_pushed_allocates_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    for layout in kinetograph::Layout::ALL {
        let name = if *layout == kinetograph::Layout::AnnexB { "movie.264" } else { "movie.mp4" };
        let mut movie = Movie::create(folder.path().join(name), &settings().layout(*layout)).unwrap();
        let mut pixels = [0; 64 * 48 * 4];
        let mut push = |frame: u64| {
            pixels[frame as usize % 12_288] ^= 255;
            movie.push(Frame::rgba8(&pixels, 64, 48)).unwrap();
        };
        (0..200).for_each(&mut push);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        (0..FRAMES).for_each(&mut push);
        assert_few(ALLOCATIONS.load(Ordering::Relaxed) - before, layout.name());
        movie.finish().unwrap();
    }
}

#[test]
fn a_frame_that_is_drawn_allocates_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let allocations = |frames| {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let drawn = |canvas: &mut tiny_skia::Pixmap, frame: kinetograph::FrameInfo| {
            canvas.data_mut()[frame.index() as usize % 12_288] ^= 1;
            Ok(())
        };
        Animation::new(settings(), frames, drawn).workers(2).into_bytes().unwrap();
        ALLOCATIONS.load(Ordering::Relaxed) - before
    };
    let short = allocations(1000);
    assert_few(allocations(1000 + FRAMES).saturating_sub(short), "an animation");
}
