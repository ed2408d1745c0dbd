//! A recording killed at any moment: what is on the disk plays, can be recovered, and never has the movie's name.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[path = "judge/boxes.rs"]
mod boxes;
mod clips;
mod judge;

const WIDTH: usize = 48;
const HEIGHT: usize = 32;
const FRAMES: usize = 300;
/// Of each of the two ways to finish; the soak test kills many times as often.
const KILLS: u32 = 40;

/// Grey pictures, one after another.
fn pictures() -> Vec<u8> {
    let level = |frame: usize, x: usize, y: usize| (x * 5 + y * 3 + frame * 7) as u8 ^ ((frame / 3 * x) as u8 & 0x40);
    (0..FRAMES * HEIGHT * WIDTH).map(|at| level(at / (WIDTH * HEIGHT), at % WIDTH, at / WIDTH % HEIGHT)).collect()
}

/// A process that records frames into `movie`, from a file, whose length says how many there will be, or from its
/// standard input, which does not.
fn recorder(movie: &Path, input: Option<&Path>) -> Child {
    Command::new(judge::example("encode_raw"))
        .args(["--size", "48x32", "--fps", "25", "--format", "gray", "--preset", "veryfast", "--threads", "1"])
        // See tests/clips: with it, equal movies differ now and then.
        .args(["--x264", "mbtree=0"])
        .arg(input.unwrap_or(Path::new("-")))
        .arg(movie)
        .stdin(if input.is_some() { Stdio::null() } else { Stdio::piped() })
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// What the kills have left behind.
#[derive(Debug, Default)]
struct Tally {
    finished: u32,
    recovered: u32,
    without_a_fragment: u32,
}

fn assert_all_in(seen: &[(u64, String)], whole: &[(u64, String)]) {
    let others: Vec<_> = seen.iter().filter(|frame| !whole.contains(frame)).collect();
    assert!(others.is_empty(), "of {} frames, these are not in the whole movie: {others:?}", seen.len());
}

/// Looks at what a kill has left in `folder`, where `earlier` was the movie before.
fn judge_what_is_left(folder: &Path, earlier: Option<&[u8]>, whole: &[(u64, String)], tally: &mut Tally) {
    let movie = folder.join("movie.mp4");
    let parts = with_extension(folder, "part");
    let is_earlier = earlier.is_some_and(|earlier| std::fs::read(&movie).unwrap() == earlier);
    if movie.exists() && !is_earlier {
        assert!(judge::shown(&movie) == whole, "an incomplete movie has the final name");
        tally.finished += 1;
    } else {
        assert!(parts.len() <= 1, "{parts:?}");
    }
    for part in parts {
        let bytes = std::fs::read(&part).unwrap();
        let complete = boxes::complete_fragments(&bytes).0;
        // Killed while it begins a fragment, it ends within a `free` box.
        let whole_boxes = boxes::complete_boxes(&bytes);
        let plain = boxes::find(whole_boxes, "moov/mvex").is_none() && boxes::find(whole_boxes, "moov").is_some();
        if complete == 0 && !plain {
            let error = kinetograph::recover_in_place(&part).unwrap_err();
            assert!(matches!(error, kinetograph::Error::Mp4 { .. }), "{error}");
            tally.without_a_fragment += 1;
            continue;
        }
        let complete = if plain { whole.len() } else { complete };
        let seen = judge::shown(&part);
        assert!(seen.len() >= complete, "{} of {complete} frames play", seen.len());
        assert_all_in(&seen, whole);
        let recovered = kinetograph::recover_in_place(&part).unwrap();
        assert_eq!(recovered.frames, complete as u64);
        let seen = judge::shown(&part);
        assert_eq!(seen.len(), complete);
        assert_all_in(&seen, whole);
        tally.recovered += 1;
    }
}

/// Kills recordings at random moments, half of them while the movie is being finished.
fn kill_at_random_moments(seed: u64, from_file: bool) {
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("pictures.raw");
    let pictures = pictures();
    std::fs::write(&input, &pictures).unwrap();
    let file = from_file.then_some(&*input);
    let place = folder.path().join("out");
    let movie = place.join("movie.mp4");
    let feed = |child: &mut Child| {
        // A killed process takes no more.
        child.stdin.take().map(|mut pipe| pipe.write_all(&pictures)).transpose().is_ok()
    };

    // How long a recording takes, and how long from the last frame's arrival to the end; corrected as it goes.
    std::fs::create_dir_all(&place).unwrap();
    let start = Instant::now();
    let mut child = recorder(&movie, file);
    assert!(feed(&mut child));
    let fed = Instant::now();
    assert!(child.wait().unwrap().success());
    let (mut whole_time, mut end_time) = (start.elapsed(), fed.elapsed());
    let earlier = std::fs::read(&movie).unwrap();
    let whole = judge::shown(&movie);
    assert_eq!(whole.len(), FRAMES);

    let mut tally = Tally::default();
    let kills = clips::number(KILLS);
    for kill in 0..kills {
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        // Another movie of that name, which must stay.
        let earlier = (kill % 2 == 0).then(|| [&earlier[..], b"\0\0\0\x08free"].concat());
        if let Some(earlier) = &earlier {
            std::fs::write(&movie, earlier).unwrap();
        }
        let mut child = recorder(&movie, file);
        // Open until the recorder is dead: at its end, the recorder would finish a shorter movie.
        let mut open = None;
        let late = kill % 4 < 2;
        if from_file {
            let share = if late { 0.8 + 0.3 * random.f64() } else { random.f64() };
            std::thread::sleep(whole_time.mul_f64(share));
        } else if late {
            feed(&mut child);
            std::thread::sleep(end_time.mul_f64(random.f64()));
        } else {
            let some = random.usize(..pictures.len());
            open = child.stdin.take();
            open.as_mut().unwrap().write_all(&pictures[..some]).unwrap();
            std::thread::sleep(Duration::from_millis(random.u64(..20)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        drop(open);
        let finished = tally.finished;
        judge_what_is_left(&place, earlier.as_deref(), &whole, &mut tally);
        if late {
            // Half of the late kills are to come too late.
            let factor = if tally.finished > finished { 0.93 } else { 1.07 };
            (whole_time, end_time) = (whole_time.mul_f64(factor), end_time.mul_f64(factor));
        }
    }
    // The moments were spread: some before the first fragment or after the end, many between.
    assert!(tally.recovered >= kills / 5 && tally.finished >= kills / 20, "{tally:?}");
}

#[test]
fn recordings_of_known_length_survive_kills() {
    kill_at_random_moments(1, true);
}

#[test]
fn recordings_of_unknown_length_survive_kills() {
    kill_at_random_moments(2, false);
}

#[test]
fn a_producer_that_dies_costs_only_its_frame() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("cut.mp4");
    let mut recorder = recorder(&movie, None);
    let pictures = pictures();
    recorder.stdin.take().unwrap().write_all(&pictures[..100 * WIDTH * HEIGHT + 1000]).unwrap();
    let output = recorder.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("is 1000 bytes; a 48×32 gray frame needs at least 1536; the movie ends before it: 100 frames"),
        "{message}"
    );
    assert_eq!(judge::ffprobe(&movie, "nb_read_frames"), "100");
}
