//! Progress is true: at each report, the fraction is about the fraction of the time that has passed.
//!
//! Movies whose time is that of a pause are checked in every run, those that keep all cores busy in `soak.sh`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kinetograph::{Animation, Frame, FrameInfo, Movie, Phase, Preset, Progress, Settings, TryPush, Tune};
use tiny_skia::Pixmap;

/// How far the fraction may be from that of the time, after the first second.
const TOLERANCE: f64 = 0.15;

/// Movies that keep all cores busy are made one after another, or the time of one would depend on the others.
static CORES: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    CORES.lock().unwrap_or_else(PoisonError::into_inner)
}

type Result = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn fill_with_noise(pixels: &mut [u8], seed: u64) {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for pixel in pixels.chunks_exact_mut(4) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pixel.copy_from_slice(&[state as u8, (state >> 8) as u8, (state >> 16) as u8, 255]);
    }
}

fn noise(canvas: &mut Pixmap, frame: FrameInfo) -> Result {
    fill_with_noise(canvas.data_mut(), frame.index());
    Ok(())
}

/// Draws a frame that takes this long, and is easy to encode.
fn slow(milliseconds: u64) -> impl Fn(&mut Pixmap, FrameInfo) -> Result {
    move |canvas, frame| {
        std::thread::sleep(Duration::from_millis(milliseconds));
        let at = frame.index() as usize % canvas.pixels().len();
        canvas.data_mut()[4 * at] ^= 255;
        Ok(())
    }
}

/// Fails if a report is wrong.
#[track_caller]
fn check(reports: &[Progress]) {
    let (last, before) = reports.split_last().unwrap();
    assert_eq!((last.phase, last.fraction), (Phase::Finished, Some(1.0)));
    let total = last.elapsed.as_secs_f64();
    println!("{} reports in {total:.1} s", reports.len());
    assert!(total > 1.5, "a movie of {total:.1} s shows nothing");
    let mut highest = 0.0;
    for progress in before {
        let elapsed = progress.elapsed.as_secs_f64();
        let (fraction, truth) = (progress.fraction.unwrap(), elapsed / total);
        let left = progress.remaining.map(|left| left.as_secs_f64());
        println!("{elapsed:5.1} s: {fraction:.2}, in truth {truth:.2}; {left:5.1?} s left: {progress}");
        assert!(fraction < 1.0 && progress.phase != Phase::Finished, "{progress:?}");
        assert!(!progress.to_string().contains("100 %"), "{progress}");
        assert!(fraction >= highest, "{progress:?}");
        highest = fraction;
        if elapsed > 1.0 {
            assert!((fraction - truth).abs() <= TOLERANCE, "{fraction:.2} after {truth:.2} of the time: {progress:?}");
        }
        if truth > 0.25
            && let Some(left) = left
        {
            // It is printed in whole seconds.
            let (truth, grain) = (total - elapsed, 0.5);
            assert!(left <= 2.0 * truth + grain && left >= truth / 2.0 - grain, "{left:.2} s left of {truth:.2}");
        }
    }
}

/// Notes all reports.
fn noted() -> (Arc<Mutex<Vec<Progress>>>, impl FnMut(&Progress) + Send + 'static) {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let others = Arc::clone(&reports);
    (reports, move |progress: &Progress| others.lock().unwrap().push(progress.clone()))
}

#[track_caller]
fn check_animation(animation: Animation<'_>) {
    let (reports, note) = noted();
    animation.on_progress(note).into_bytes().unwrap();
    check(&reports.lock().unwrap());
}

/// Checks a movie of frames that are pushed after a pause, or of noise.
#[track_caller]
fn check_movie(settings: Settings, frames: u64, milliseconds: u64) {
    let (reports, note) = noted();
    let (width, height) = (settings.width(), settings.height());
    let mut movie = Movie::in_memory(&settings.expected_frames(frames)).unwrap().on_progress(note);
    let mut pixels = vec![255; 4 * (width * height) as usize];
    for frame in 0..frames {
        if milliseconds > 0 {
            std::thread::sleep(Duration::from_millis(milliseconds));
            pixels[frame as usize % (4 * 1000)] ^= 1;
        } else {
            fill_with_noise(&mut pixels, frame);
        }
        movie.push(Frame::rgba8(&pixels, width, height)).unwrap();
    }
    movie.finish().unwrap();
    check(&reports.lock().unwrap());
}

#[test]
#[ignore = "keeps all cores busy: what else runs changes how long it takes"]
fn few_frames_of_a_slow_preset() {
    let _alone = alone();
    check_animation(Animation::new(Settings::new(320, 180).preset(Preset::Veryslow), 60, noise));
}

#[test]
fn many_frames_that_are_slow_to_draw() {
    check_animation(Animation::new(Settings::new(320, 180), 400, slow(60)).workers(6));
}

#[test]
fn sixty_frames_of_three_tenths_of_a_second() {
    check_animation(Animation::new(Settings::new(640, 360), 60, slow(300)).workers(4));
}

#[test]
#[ignore = "keeps all cores busy: what else runs changes how long it takes"]
fn many_segments() {
    let _alone = alone();
    let settings = Settings::new(160, 90).preset(Preset::Slow);
    check_animation(Animation::new(settings, 400, noise).segment_frames(50));
}

#[test]
#[ignore = "keeps all cores busy: what else runs changes how long it takes"]
fn segments_with_several_threads() {
    let _alone = alone();
    let settings = Settings::new(320, 180).preset(Preset::Slow);
    check_animation(Animation::new(settings, 360, noise).segment_frames(120));
}

#[test]
fn states_that_are_slow_to_compute() {
    let states = (0..100).inspect(|_| std::thread::sleep(Duration::from_millis(50)));
    let draw = |canvas: &mut Pixmap, _: &u64, frame: FrameInfo| slow(1)(canvas, frame);
    check_animation(Animation::from_states(Settings::new(320, 180), states, draw));
}

#[test]
#[ignore = "keeps all cores busy: what else runs changes how long it takes"]
fn states_that_are_slow_to_encode() {
    let _alone = alone();
    let draw = |canvas: &mut Pixmap, _: &u64, frame: FrameInfo| noise(canvas, frame);
    check_animation(Animation::from_states(Settings::new(320, 180).preset(Preset::Slow), 0..300, draw));
}

#[test]
#[ignore = "keeps all cores busy: what else runs changes how long it takes"]
fn a_movie_of_few_frames_of_a_slow_preset() {
    let _alone = alone();
    check_movie(Settings::new(320, 180).preset(Preset::Veryslow), 60, 0);
}

#[test]
#[ignore = "keeps all cores busy: what else runs changes how long it takes"]
fn a_movie_of_many_frames_of_noise() {
    let _alone = alone();
    check_movie(Settings::new(320, 180).preset(Preset::Slow), 300, 0);
}

#[test]
fn a_movie_of_slow_frames() {
    check_movie(Settings::new(640, 360), 60, 80);
}

#[test]
fn a_movie_of_many_slow_frames() {
    check_movie(Settings::new(320, 180), 120, 50);
}

#[test]
fn a_movie_without_an_expected_number_has_no_fraction() {
    let (reports, note) = noted();
    let mut movie = Movie::in_memory(&Settings::new(64, 36)).unwrap().on_progress(note);
    for level in 0..40 {
        std::thread::sleep(Duration::from_millis(10));
        movie.push(Frame::gray8(&[level; 64 * 36], 64, 36)).unwrap();
        assert!(movie.progress().drawn == u64::from(level) + 1);
    }
    movie.finish().unwrap();
    let reports = reports.lock().unwrap();
    let (last, before) = reports.split_last().unwrap();
    assert!(before.len() >= 2 && before.iter().all(|progress| progress.fraction.is_none()), "{before:?}");
    assert_eq!((last.frames, last.encoded, last.fraction), (40, 40, Some(1.0)));
}

#[test]
fn a_movie_without_frames_to_come_is_cancelled_by_its_closure() {
    let settings = Settings::new(320, 180).preset(Preset::Veryslow);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let mut movie = Movie::create(&path, &settings).unwrap().on_progress(|progress| {
        if progress.elapsed.as_millis() > 300 {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    });
    let mut pixels = vec![0; 4 * 320 * 180];
    let pushed = (0..60).try_for_each(|frame| {
        fill_with_noise(&mut pixels, frame);
        movie.push(Frame::rgba8(&pixels, 320, 180))
    });
    let ended = match pushed {
        Ok(()) => movie.finish().map(drop),
        Err(error) => {
            assert!(matches!(movie.push(Frame::rgba8(&pixels, 320, 180)), Err(kinetograph::Error::Ended)));
            Err(error)
        }
    };
    assert!(matches!(ended, Err(kinetograph::Error::Cancelled)), "{ended:?}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_full_queue_is_reported_at_once_and_loses_nothing() {
    let settings = Settings::new(320, 180).preset(Preset::Veryslow).tune(Tune::ZeroLatency);
    let mut movie = Movie::in_memory(&settings).unwrap();
    let mut pixels = vec![0; 4 * 320 * 180];
    let (mut added, mut full) = (0, 0);
    while full < 3 {
        fill_with_noise(&mut pixels, added);
        let frames = movie.frames();
        match movie.try_push(Frame::rgba8(&pixels, 320, 180)).unwrap() {
            TryPush::Added => added += 1,
            TryPush::QueueFull => {
                full += 1;
                assert_eq!(movie.frames(), frames);
                // Now it waits, and the frame is added.
                movie.push(Frame::rgba8(&pixels, 320, 180)).unwrap();
                added += 1;
            }
        }
    }
    let (_, report) = movie.finish().unwrap();
    assert_eq!(report.frames, added);
}
