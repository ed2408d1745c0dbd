//! Several runs and processes share one folder of segments.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use kinetograph::{Animation, Error, FrameInfo, Preset, Quality, Settings};
use tiny_skia::{Color, Pixmap};

mod clips;
mod judge;

/// The number of processes.
const PROCESSES: usize = 4;
/// Kills in each round.
const KILLS: usize = 6;
/// Of each test; the soak test makes 50.
const ROUNDS: u32 = 2;

/// A process that makes something of a movie of four segments.
fn waves(arguments: &[OsString]) -> Child {
    let mut command = Command::new(judge::example("waves"));
    command.args(["--size", "64x48", "--frames", "1000", "--preset", "ultrafast", "--workers", "1"]);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn succeed(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
}

fn strings<const N: usize>(arguments: [&dyn AsRef<std::ffi::OsStr>; N]) -> Vec<OsString> {
    arguments.iter().map(|argument| argument.as_ref().into()).collect()
}

/// Runs processes with these arguments at the same time, and kills and restarts them at random. Returns those that are
/// left, running or ended. None of those that ended has failed.
fn kill_and_restart(arguments: &[Vec<OsString>], random: &mut fastrand::Rng) -> Vec<Child> {
    let mut children: Vec<_> = arguments.iter().map(|arguments| waves(arguments)).collect();
    for _ in 0..KILLS {
        std::thread::sleep(Duration::from_millis(random.u64(..300)));
        let which = random.usize(..children.len());
        let mut killed = std::mem::replace(&mut children[which], waves(&arguments[which]));
        match killed.try_wait().unwrap() {
            Some(_) => succeed(killed),
            None => {
                killed.kill().unwrap();
                killed.wait().unwrap();
            }
        }
    }
    children
}

/// Frames of a movie of four segments that this process makes.
const FRAMES: u64 = 480;

fn settings() -> Settings {
    Settings::new(48, 32).frame_rate(30).preset(Preset::Ultrafast).keyframe_interval(150)
}

fn shade(canvas: &mut Pixmap, frame: FrameInfo) {
    canvas.fill(Color::from_rgba8(frame.index() as u8, (frame.index() / 2) as u8, 90, 255));
}

fn animation<'a>(draw: impl Fn(FrameInfo) + Send + Sync + 'a) -> Animation<'a> {
    Animation::new(settings(), FRAMES, move |canvas, frame| {
        draw(frame);
        shade(canvas, frame);
        Ok(())
    })
    .workers(1)
}

/// Makes the movie with a folder, and returns its bytes.
fn resume(folder: &Path, draw: impl Fn(FrameInfo) + Send + Sync) -> Result<Vec<u8>, Error> {
    animation(draw).resume(folder).into_bytes().map(|(bytes, _)| bytes)
}

fn segment(settings: Settings, index: u64) -> kinetograph::Segment {
    let shade = |canvas: &mut Pixmap, frame| {
        shade(canvas, frame);
        Ok(())
    };
    Animation::new(settings, FRAMES, shade).encode_segment(index).unwrap()
}

fn whole() -> Vec<u8> {
    animation(|_| ()).into_bytes().unwrap().0
}

#[test]
fn runs_at_the_same_time_draw_each_frame_once() {
    let folder = tempfile::tempdir().unwrap();
    let segments = folder.path().join("segments");
    let (both, drawn) = (Barrier::new(2), Mutex::new(Vec::new()));
    let run = || {
        let is_first = Mutex::new(true);
        resume(&segments, |frame| {
            if std::mem::take(&mut *is_first.lock().unwrap()) {
                both.wait();
            }
            drawn.lock().unwrap().push(frame.index());
        })
    };
    let movies = std::thread::scope(|scope| [scope.spawn(run), scope.spawn(run)].map(|run| run.join().unwrap()));
    for movie in movies {
        assert!(movie.unwrap() == whole());
    }
    let mut drawn = drawn.into_inner().unwrap();
    drawn.sort_unstable();
    assert!(drawn == (0..FRAMES).collect::<Vec<_>>(), "{} frames were drawn", drawn.len());
    assert!(!segments.exists(), "{:?}", judge::listing(&segments));
}

#[test]
fn a_segment_or_folder_that_disappears_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let segments = folder.path().join("segments");
    for kept in [0, 2, 3] {
        fs::create_dir(&segments).unwrap();
        let path = segments.join(format!("{kept:06}.segment"));
        segment(settings(), kept).save(&path).unwrap();
        let disappears = if kept == 3 { &segments } else { &path };
        let is_removed = Mutex::new(false);
        let movie = resume(&segments, |_| {
            if !std::mem::replace(&mut *is_removed.lock().unwrap(), true) {
                let _ = fs::remove_file(disappears);
                let _ = fs::remove_dir_all(disappears);
            }
        });
        assert!(movie.unwrap() == whole(), "without {}", disappears.display());
        assert!(!segments.exists(), "{:?}", judge::listing(&segments));
    }
}

#[test]
fn a_segment_of_other_settings_that_appears_during_the_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let segments = folder.path().join("segments");
    let path = segments.join("000002.segment");
    let other = segment(settings().quality(Quality::Crf(30.0)), 2);
    let error = resume(&segments, |_| other.save(&path).unwrap()).unwrap_err();
    let expected = format!("segment 2 in {}: its quality is Crf(30.0), not Crf(23.0)", path.display());
    assert_eq!(error.to_string(), expected);
    let left = judge::listing(&segments);
    assert!(left.iter().all(|name| name.ends_with(".segment")), "{left:?}");
}

/// The file of a run of another machine, and a claim of that run.
fn run_elsewhere(segments: &Path, claimed: u64) {
    fs::create_dir(segments).unwrap();
    fs::write(segments.join("1-1.run"), "host of another name\nprocess 1\n").unwrap();
    fs::write(segments.join(format!("{claimed:06}.claim")), "1-1.run\nhost of another name\nprocess 1\n").unwrap();
}

#[test]
fn a_claim_is_left_to_its_run_until_the_segment_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let segments = folder.path().join("segments");
    run_elsewhere(&segments, 1);
    let drawn = Mutex::new(Vec::new());
    let made = segment(settings(), 1);
    let movie = resume(&segments, |frame| {
        if frame.index() == FRAMES - 1 {
            made.save(segments.join("000001.segment")).unwrap();
        }
        drawn.lock().unwrap().push(frame.index());
    });
    assert!(movie.unwrap() == whole());
    assert!(drawn.into_inner().unwrap().iter().all(|frame| !(120..240).contains(frame)));
    // The other run is alive, and needs the segments.
    assert_eq!(judge::listing(&segments).iter().filter(|name| name.ends_with(".segment")).count(), 4);
    assert!(segments.join("1-1.run").exists());
}

#[test]
fn a_claim_without_a_text_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let segments = folder.path().join("segments");
    fs::create_dir(&segments).unwrap();
    // Its run was killed between creating and writing it.
    (0..4).for_each(|index| fs::write(segments.join(format!("{index:06}.claim")), "").unwrap());
    let begin = Instant::now();
    assert!(resume(&segments, |_| ()).unwrap() == whole());
    let taken = begin.elapsed();
    assert!(taken < Duration::from_secs(50), "{taken:?}");
    assert!(!segments.exists(), "{:?}", judge::listing(&segments));
}

#[test]
fn a_run_that_does_nothing_holds_up_another_for_a_minute() {
    if clips::number(1) == 1 {
        return; // It waits for a minute, so it is for the soak test.
    }
    let folder = tempfile::tempdir().unwrap();
    let segments = folder.path().join("segments");
    run_elsewhere(&segments, 1);
    let begin = Instant::now();
    assert!(resume(&segments, |_| ()).unwrap() == whole());
    let taken = begin.elapsed().as_secs();
    assert!((60..100).contains(&taken), "{taken} s");
}

#[test]
fn shares_that_are_killed_and_restarted_make_the_movie() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, movie, segments] = ["whole.mp4", "movie.mp4", "segments"].map(|name| folder.path().join(name));
    succeed(waves(&strings([&whole])));
    let whole = fs::read(whole).unwrap();
    let shares: Vec<_> = (1..=PROCESSES)
        .map(|share| strings([&"--resume", &segments, &"--share", &format!("{share}/{PROCESSES}")]))
        .collect();
    let mut random = fastrand::Rng::with_seed(14);
    for round in 0..clips::number(ROUNDS) {
        let children = kill_and_restart(&shares, &mut random);
        for mut child in children {
            // In every other round, some segments are missing.
            if round % 2 == 1 && random.bool() {
                child.kill().unwrap();
            }
            let _ = child.wait_with_output().unwrap();
        }
        succeed(waves(&strings([&"--resume", &segments, &movie])));
        assert!(fs::read(&movie).unwrap() == whole, "round {round}");
        assert!(!segments.exists(), "round {round}: {:?}", judge::listing(&segments));
    }
}

#[test]
fn runs_that_are_killed_and_restarted_all_make_the_movie() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, segments] = ["whole.mp4", "segments"].map(|name| folder.path().join(name));
    succeed(waves(&strings([&whole])));
    let whole = fs::read(whole).unwrap();
    let movies: Vec<_> = (0..PROCESSES).map(|number| folder.path().join(format!("{number}.mp4"))).collect();
    let runs: Vec<_> = movies.iter().map(|movie| strings([&"--resume", &segments, movie])).collect();
    let mut random = fastrand::Rng::with_seed(41);
    for round in 0..clips::number(ROUNDS) {
        kill_and_restart(&runs, &mut random).into_iter().for_each(succeed);
        for movie in &movies {
            assert!(fs::read(movie).unwrap() == whole, "round {round}: {}", movie.display());
            fs::remove_file(movie).unwrap();
        }
        assert!(!segments.exists(), "round {round}: {:?}", judge::listing(&segments));
    }
}

#[test]
fn what_a_killed_run_leaves_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let [movie, segments] = ["movie.mp4", "segments"].map(|name| folder.path().join(name));
    let run = strings([&"--resume", &segments, &movie]);
    let has = |extension: &str| is_there(&segments, extension);
    let begin = Instant::now();
    // Until a kill hits a run that has a segment finished and another one claimed.
    while !(has("segment") && has("claim") && has("run")) {
        assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", judge::listing(&segments));
        let mut killed = waves(&run);
        while !(has("segment") && has("claim")) && killed.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
    }
    fs::write(segments.join(".tmpabcdef.unfinished-segment"), b"half of it").unwrap();
    let begin = Instant::now();
    succeed(waves(&run));
    assert!(begin.elapsed() < Duration::from_secs(50), "it has waited for the claim: {:?}", begin.elapsed());
    assert!(movie.exists() && !segments.exists(), "{:?}", judge::listing(&segments));
}

fn is_there(folder: &Path, extension: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|found| found == extension))
}
