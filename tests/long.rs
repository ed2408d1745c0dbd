//! What lasts: long movies, and many one after another. tests/soak.sh runs them for longer.

use std::path::Path;
use std::time::Duration;

use kinetograph::{Error, Frame, Movie, Preset, Settings};

mod child;
mod judge;

/// How many frames or movies: `usual`, or as many times that as the soak test says.
fn number(usual: u64) -> u64 {
    usual * std::env::var("KINETOGRAPH_SOAK").map_or(1, |times| times.parse().expect("a number"))
}

/// A number of kilobytes in /proc/self/status, or of threads.
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect(field);
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

/// The time that this process has computed, in hundredths of a second: unlike the clock's, other processes hardly
/// change it.
fn computed() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Whether this is the process in which the test is to be made; else it makes one.
fn alone(name: &str) -> bool {
    if child::role().is_some() {
        return true;
    }
    let outcome = child::run(name, "alone", &[], Path::new("."), Duration::from_secs(3600));
    println!("{}", outcome.stdout);
    assert!(outcome.passed(), "{outcome}");
    false
}

#[test]
fn a_long_movie_takes_no_more_memory_and_time_a_frame_than_a_short_one() {
    if !alone("a_long_movie_takes_no_more_memory_and_time_a_frame_than_a_short_one") {
        return;
    }
    let frames = number(20_000);
    let quarter = frames / 4;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.mp4");
    let settings = Settings::new(64, 48).preset(Preset::Ultrafast).threads(1);
    let mut movie = Movie::create(&path, &settings).unwrap();
    let mut pixels = [0; 64 * 48];
    let (mut memory, mut time) = (Vec::new(), Vec::new());
    for frame in 0..frames {
        if frame % quarter == 0 {
            memory.push(status("VmRSS"));
            time.push(computed());
        }
        pixels[(frame * 7 % (64 * 48)) as usize] ^= 255;
        movie.push(Frame::gray8(&pixels, 64, 48)).unwrap();
    }
    memory.push(status("VmRSS"));
    time.push(computed());
    let report = movie.finish().unwrap();
    let peak = status("VmHWM");
    let times: Vec<u64> = time.windows(2).map(|pair| pair[1] - pair[0]).collect();
    println!("{report}; kB at each quarter {memory:?}, at most {peak}; centiseconds a quarter {times:?}");
    // The index has to be kept: 16 bytes a frame at most; the rest is what allocators and threads vary by.
    let most = frames / 64 + 4096;
    assert!(memory[4] - memory[1] <= most && peak - memory[1] <= 2 * most, "{memory:?} {peak}");
    assert!(times[3] <= times[1] * 3 / 2 + 10, "{times:?}");
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), frames.to_string());
    assert_eq!(judge::ffprobe(&path, "duration"), format!("{}.000000", frames / 25));
}

#[test]
fn many_movies_one_after_another_leave_no_memory_threads_or_files() {
    if !alone("many_movies_one_after_another_leave_no_memory_threads_or_files") {
        return;
    }
    let files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let make = |number: u64| {
        let settings = Settings::new(64, 48).threads(1 + (number % 3) as u32).preset(Preset::Veryfast);
        if number % 10 == 9 {
            assert!(Movie::create(&path, &settings.x264_option("cll", "70000,1")).is_err());
            return;
        }
        let mut movie = Movie::create(&path, &settings).unwrap();
        for frame in 0..number % 4 {
            movie.push(Frame::gray8(&[frame as u8; 64 * 48], 64, 48)).unwrap();
        }
        match number % 3 {
            0 => drop(movie),
            _ => assert!(matches!(movie.finish(), Ok(_) | Err(Error::NoFrames))),
        }
    };
    // What is allocated once, and the arenas of as many threads as there are.
    (0..200).for_each(make);
    let before = (status("VmRSS"), status("Threads"), files());
    (0..number(1000)).for_each(make);
    std::thread::sleep(Duration::from_millis(200));
    let after = (status("VmRSS"), status("Threads"), files());
    println!("kB, threads, open files: {before:?} before, {after:?} after");
    assert_eq!((after.1, after.2), (before.1, before.2));
    assert!(after.0 < before.0 + 4096, "{before:?} {after:?}");
}
