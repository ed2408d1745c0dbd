//! Long movies, and many movies one after another. tests/soak.sh runs longer ones, and more of them.

use std::path::Path;
use std::time::Duration;

use kinetograph::{Error, Frame, Movie, Preset, Settings};

mod child;
mod judge;

use judge::listing;

/// Returns how many frames or movies to make: `usual`, times the factor in `KINETOGRAPH_SOAK` if it is set.
fn number(usual: u64) -> u64 {
    usual * std::env::var("KINETOGRAPH_SOAK").map_or(1, |factor| factor.parse().expect("a number"))
}

/// Returns a number in /proc/self/status: of kilobytes, or of threads.
fn status(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect(field);
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

/// Returns the CPU time of this process in hundredths of a second. Other processes hardly change it.
fn cpu_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Returns whether this is the process in which the test runs; if it is not, runs the test in a new one.
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
fn memory_and_time_per_frame_do_not_grow() {
    if !alone("memory_and_time_per_frame_do_not_grow") {
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
            time.push(cpu_time());
        }
        pixels[(frame * 7 % (64 * 48)) as usize] ^= 255;
        movie.push(Frame::gray8(&pixels, 64, 48)).unwrap();
    }
    memory.push(status("VmRSS"));
    time.push(cpu_time());
    let report = movie.finish().unwrap();
    let peak = status("VmHWM");
    let times: Vec<u64> = time.windows(2).map(|pair| pair[1] - pair[0]).collect();
    println!("{report}; kB at each quarter {memory:?}, at most {peak}; centiseconds a quarter {times:?}");
    // The index takes at most 16 bytes a frame. The other 4 MiB are for allocators and threads, which vary.
    let most = frames / 64 + 4096;
    assert!(memory[4] - memory[1] <= most && peak - memory[1] <= 2 * most, "{memory:?} {peak}");
    assert!(times[3] <= times[1] * 3 / 2 + 10, "{times:?}");
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), frames.to_string());
    assert_eq!(judge::ffprobe(&path, "duration"), format!("{}.000000", frames / 25));
}

#[test]
fn many_movies_leave_no_memory_threads_or_files() {
    if !alone("many_movies_leave_no_memory_threads_or_files") {
        return;
    }
    let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let make = |number: u64| {
        let settings = Settings::new(64, 48).threads(1 + (number % 3) as u32).preset(Preset::Veryfast);
        if number % 10 == 9 {
            let refused = Movie::create(&path, &settings.x264_option("cll", "70000,1"));
            assert!(matches!(refused, Err(Error::X264 { .. })), "{number}: {:?}", refused.err());
            return;
        }
        let mut movie = Movie::create(&path, &settings).unwrap();
        let frames = number % 4;
        for frame in 0..frames {
            movie.push(Frame::gray8(&[frame as u8; 64 * 48], 64, 48)).unwrap();
        }
        // Every third one is dropped.
        if !number.is_multiple_of(3) {
            match movie.finish() {
                Ok(report) => assert!(report.frames == frames && frames > 0, "{number}: {report}"),
                Err(error) => assert!(matches!(error, Error::NoFrames) && frames == 0, "{number}: {error:?}"),
            }
        }
    };
    // The first movies allocate what stays: tables, and an arena for each thread.
    (0..200).for_each(make);
    let before = (status("VmRSS"), status("Threads"), open_files());
    (0..number(1000)).for_each(make);
    std::thread::sleep(Duration::from_millis(200));
    let after = (status("VmRSS"), status("Threads"), open_files());
    println!("kB, threads, open files: {before:?} before, {after:?} after");
    assert_eq!((after.1, after.2), (before.1, before.2));
    assert!(after.0 < before.0 + 4096, "{before:?} {after:?}");
    assert_eq!(listing(folder.path()), ["movie.mp4"]);
}
