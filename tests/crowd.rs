//! Many movies at once, some of which fail: none affects another, and no thread or file is left.
//!
//! One test, so that nothing else in the process opens files or starts threads.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use kinetograph::{Animation, Error, Frame, Layout, Movie, Preset, Quality, Settings};

const MOVIES: usize = 64;
const FRAMES: usize = 40;

/// Settings that differ from movie to movie.
fn settings(movie: usize) -> Settings {
    Settings::new(32 + 2 * (movie % 7) as u32, 32 + 2 * (movie % 5) as u32)
        .frame_rate((24 + movie as u32, 1))
        .quality(Quality::Crf(15.0 + (movie % 9) as f32))
        .preset(Preset::ALL[movie % 6])
        .layout(Layout::ALL[movie % 4])
        .keyframe_interval(10)
        .threads(1 + (movie % 3) as u32)
}

fn picture(movie: usize, frame: usize, settings: &Settings) -> Vec<u8> {
    let pixels = (settings.width() * settings.height()) as usize;
    (0..pixels).map(|pixel| (pixel * (frame + 3) + 17 * movie) as u8 & 0xf0).collect()
}

/// Makes the movie of this number, and returns its bytes. With `fail`, it fails in a way that depends on the number.
fn make(movie: usize, folder: &Path, fail: bool) -> Option<Vec<u8>> {
    let settings = settings(movie);
    let path = folder.join(format!("{movie}"));
    if fail && movie % 16 == 1 {
        let refused = Movie::create(&path, &settings.x264_option("cll", "70000,1"));
        assert!(matches!(refused, Err(Error::X264 { .. })));
        return None;
    }
    if fail && movie % 16 == 3 {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let refused = Movie::stream(full, &settings.layout(Layout::Fragmented));
        assert!(matches!(refused, Err(Error::Io { .. })));
        return None;
    }
    let mut recording = Movie::create(&path, &settings).unwrap();
    for frame in 0..FRAMES {
        let pixels = picture(movie, frame, &settings);
        recording.push(Frame::gray8(&pixels, settings.width(), settings.height())).unwrap();
        if fail && frame == movie % FRAMES {
            match movie % 16 {
                5 => return None, // dropped
                7 | 9 => std::panic::panic_any(movie),
                _ => recording.push(Frame::gray8(&[], 1, 1)).map(drop).unwrap_err(),
            };
        }
    }
    if fail && movie % 16 == 11 {
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(recording.finish(), Err(Error::Unfinished { .. } | Error::Io { .. })));
        return None;
    }
    recording.finish().unwrap();
    Some(std::fs::read(path).unwrap())
}

fn animate(number: usize) -> Vec<u8> {
    let settings = Settings::new(48, 32).keyframe_interval(20).preset(Preset::Veryfast);
    Animation::new(settings, 100, move |canvas, frame| {
        canvas.data_mut().iter_mut().enumerate().for_each(|(at, byte)| {
            *byte = if at % 4 == 3 { 255 } else { (at as u64 * (frame.index() + 1) + number as u64) as u8 & 0xe0 };
        });
        Ok(())
    })
    .workers(3)
    .into_bytes()
    .unwrap()
    .0
}

/// Returns how many threads and open files this process has.
fn threads_and_files() -> (usize, usize) {
    let count = |folder| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[test]
fn each_of_many_movies_at_once_is_what_it_is_alone() {
    std::panic::set_hook(Box::new(|_| {}));
    let (threads, files) = threads_and_files();
    let alone = tempfile::tempdir().unwrap();
    let solo: Vec<_> = (0..MOVIES).map(|movie| make(movie, alone.path(), false).unwrap()).collect();
    let animation: Vec<_> = (0..8).map(animate).collect();

    let done = Arc::new(AtomicUsize::new(0));
    let watched = Arc::clone(&done);
    // Ends the process at a deadlock: if no movie has finished for two minutes.
    thread::spawn(move || {
        let mut last = (0, Instant::now());
        loop {
            thread::sleep(Duration::from_secs(1));
            let now = watched.load(Ordering::Relaxed);
            if now != last.0 {
                last = (now, Instant::now());
            }
            if last.1.elapsed() > Duration::from_secs(120) {
                eprintln!("a deadlock: {now} movies are done");
                std::process::exit(1);
            }
        }
    });

    let together = tempfile::tempdir().unwrap();
    let start = Barrier::new(MOVIES + 8);
    thread::scope(|scope| {
        let movies: Vec<_> = (0..MOVIES)
            .map(|movie| {
                let (start, done, folder) = (&start, &done, together.path());
                scope.spawn(move || {
                    start.wait();
                    let made = make(movie, folder, movie % 2 == 1);
                    done.fetch_add(1, Ordering::Relaxed);
                    made
                })
            })
            .collect();
        let animations: Vec<_> = (0..8)
            .map(|number| {
                let (start, done) = (&start, &done);
                scope.spawn(move || {
                    start.wait();
                    let made = animate(number);
                    done.fetch_add(1, Ordering::Relaxed);
                    made
                })
            })
            .collect();
        for (movie, made) in movies.into_iter().enumerate() {
            match made.join() {
                Ok(Some(bytes)) => assert!(bytes == solo[movie], "movie {movie} differs among others"),
                Ok(None) => assert!(movie % 2 == 1),
                Err(panic) => assert_eq!(panic.downcast_ref(), Some(&movie)),
            }
        }
        for (number, made) in animations.into_iter().enumerate() {
            assert!(made.join().unwrap() == animation[number], "animation {number} differs among others");
        }
    });

    // The kernel may list a thread for a moment after it has been joined.
    let end = Instant::now() + Duration::from_secs(5);
    let before = (threads + 1, files); // with the one that watches
    while threads_and_files() != before && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(threads_and_files(), before, "threads and open files");
    // A movie that panicked or could not get its final name may leave an unfinished file.
    for entry in std::fs::read_dir(together.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let movie: usize = name.split('.').next().unwrap().parse().unwrap();
        let unfinished_may_stay = movie % 2 == 1 && [7, 9, 11].contains(&(movie % 16));
        assert!(unfinished_may_stay || name == format!("{movie}"), "{name}");
    }
}
