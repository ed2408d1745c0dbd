//! Frames that follow from one another: ffmpeg reads back that frame k shows state k.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use kinetograph::{Animation, Frame, FrameInfo, Progress, Quality, Segment, Settings, Vbv};
use tiny_skia::Pixmap;

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;
#[path = "judge/numbers.rs"]
mod numbers;

use numbers::{number, numbers, pictures, settings, thorough};

type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Draws the number that a state is, and checks that the frame is that of the state.
fn draw(canvas: &mut Pixmap, state: &u64, frame: FrameInfo) -> Drawn {
    assert_eq!(*state, frame.index(), "another frame's state");
    number(canvas, frame)
}

/// States whose number the iterator does not tell.
fn uncounted(count: u64) -> impl Iterator<Item = u64> + Send {
    let mut next = 0..count;
    std::iter::from_fn(move || next.next())
}

fn movie(settings: &Settings, count: u64) -> Animation<'static> {
    Animation::from_states(settings.clone(), 0..count, draw)
}

/// Returns the lengths of the runs of frames that begin with a keyframe.
fn groups(movie: &[u8]) -> Vec<usize> {
    let samples = boxes::samples(movie);
    let mut starts: Vec<usize> = (0..samples.len()).filter(|at| samples[*at].sync).collect();
    starts.push(samples.len());
    starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn decoded_frame_k_shows_state_k() {
    let folder = tempfile::tempdir().unwrap();
    let (path, counted) = (folder.path().join("numbers.mp4"), folder.path().join("counted.mp4"));
    for frames in (1..=20).chain(249..=262).chain(499..=512).chain([1000]) {
        movie(&thorough(), frames).workers(3).save(&counted).unwrap();
        let unknown = Animation::from_states(thorough().expected_frames(frames), uncounted(frames), draw);
        let report = unknown.workers(2).save(&path).unwrap();
        assert!(std::fs::read(&counted).unwrap() == std::fs::read(&path).unwrap(), "{frames} frames, counted or not");
        assert_eq!(numbers(&path), (0..frames).collect::<Vec<_>>(), "{frames} frames");
        assert_eq!((report.frames, report.bytes), (frames, path.metadata().unwrap().len()));
        let seconds: f64 = judge::ffprobe(&path, "duration").parse().unwrap();
        assert!((seconds - frames as f64 / 30.0).abs() < 1e-6, "{frames} frames play {seconds} s");
    }
}

#[test]
fn every_number_of_workers_gives_the_same_bytes() {
    for (name, settings, frames, segment_frames) in [
        ("one frame", thorough(), 1, None),
        ("one segment", thorough(), 100, None),
        ("a remainder that joins", thorough(), 260, None),
        ("a remainder that does not", thorough(), 261, None),
        ("segments", thorough().keyframe_interval(126), 500, None),
        ("short groups", thorough().keyframe_interval(7), 500, None),
        ("all keyframes", settings().keyframe_interval(1), 501, None),
        ("bit rate", settings().quality(Quality::Bitrate(200)), 300, None),
        ("buffer", thorough().quality(Quality::Crf(20.0)).vbv(Vbv::new(300, 300)), 100, None),
        ("variable rate", settings().variable_rate(true), 300, None),
        ("short segments", thorough(), 237, Some(25)),
        ("segments shorter than a remainder", settings().keyframe_interval(4), 59, Some(10)),
    ] {
        let movie = |workers, states_per_worker| {
            let movie = movie(&settings, frames).workers(workers).states_per_worker(states_per_worker);
            movie.segment_frames(segment_frames).into_bytes().unwrap().0
        };
        let first = movie(2, 2);
        for (workers, states) in [(1, 1), (2, 1), (3, 2), (8, 2), (64, 1), (3, 100)] {
            assert!(movie(workers, states) == first, "{name}: {workers} workers with {states} states each");
        }
    }
}

#[test]
fn segments_begin_at_whole_keyframe_intervals() {
    let without_cuts = |settings: Settings| settings.x264_option("scenecut", 0);
    let groups = |settings: Settings, frames, length: Option<u64>| {
        let movie = movie(&without_cuts(settings), frames).segment_frames(length).into_bytes().unwrap().0;
        groups(&movie)
    };
    assert_eq!(groups(settings(), 250, None), [250]);
    // One encoder begins a group of pictures there as well.
    assert_eq!(groups(settings(), 260, None), [250, 10]);
    assert_eq!(groups(settings(), 761, None), [250, 250, 250, 11]);
    assert_eq!(groups(settings().keyframe_interval(100), 405, None), [100, 100, 100, 100, 5]);
    assert_eq!(groups(settings(), 110, Some(50)), [50, 60]);
    assert_eq!(groups(settings(), 111, Some(50)), [50, 50, 11]);
    assert_eq!(groups(settings().keyframe_interval(20), 95, Some(50)), [20, 20, 20, 20, 15]);
}

#[test]
fn a_movie_of_one_segment_is_that_of_its_frames() {
    let frames = Animation::new(thorough(), 249, number).into_bytes().unwrap().0;
    assert!(movie(&thorough(), 249).into_bytes().unwrap().0 == frames);
}

#[test]
fn states_that_are_frames_make_the_same_movie_as_drawn_ones() {
    let drawn = movie(&thorough(), 300).into_bytes().unwrap().0;
    let pictures = pictures(300);
    let lent = pictures.iter().map(Lent);
    assert!(Animation::from_frame_states(thorough(), lent).into_bytes().unwrap().0 == drawn);
    let results = pictures.iter().cloned().map(Ok::<_, std::io::Error>);
    let owned = Animation::from_frame_states::<Pixmap, _>(thorough(), results);
    assert!(owned.into_bytes().unwrap().0 == drawn);
}

/// A picture that someone else owns.
struct Lent<'a>(&'a Pixmap);

impl<'a> From<&'a Lent<'_>> for Frame<'a> {
    fn from(lent: &'a Lent<'_>) -> Self {
        lent.0.into()
    }
}

#[test]
fn each_worker_has_one_scratch_and_states_need_not_be_shared() {
    let scratches = AtomicUsize::new(0);
    let init = || scratches.fetch_add(1, Ordering::Relaxed);
    // A cell can be sent to another thread, and not be shared.
    let states = (0..100).map(std::cell::Cell::new);
    let draw = |_: &mut usize, canvas: &mut Pixmap, state: &std::cell::Cell<u64>, frame: FrameInfo| {
        draw(canvas, &state.get(), frame)
    };
    Animation::from_states_with_scratch(settings(), states, init, draw).workers(5).into_bytes().unwrap();
    assert!((1..=5).contains(&scratches.load(Ordering::Relaxed)));
}

#[test]
fn few_states_are_in_memory() {
    /// Counts how many of it there are.
    struct Counted<'a>(&'a AtomicUsize);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    for (workers, each) in [(1, 1), (1, 2), (3, 1), (3, 4)] {
        let (alive, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let states = (0..700).map(|_| {
            most.fetch_max(alive.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            Counted(&alive)
        });
        let movie = Animation::from_states(settings(), states, |_, _, _| Ok(())).workers(workers);
        movie.states_per_worker(each).into_bytes().unwrap();
        let most = most.into_inner();
        assert!(most <= workers * each, "{most} states for {workers} workers with {each} each");
    }
}

#[test]
fn an_iterator_that_is_wrong_about_its_length_makes_the_movie_all_the_same() {
    struct Wrong(std::ops::Range<u64>, (usize, Option<usize>));
    impl Iterator for Wrong {
        type Item = u64;
        fn next(&mut self) -> Option<u64> {
            self.0.next()
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            self.1
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for hint in [(7, Some(7)), (1000, Some(1000)), (usize::MAX, Some(usize::MAX)), (9, Some(3)), (usize::MAX, None)] {
        let mut last = None;
        let movie = Animation::from_states(settings(), Wrong(0..505, hint), draw);
        movie.on_progress(|progress| last = Some(progress.clone())).save(&path).unwrap();
        assert_eq!(numbers(&path), (0..505).collect::<Vec<_>>(), "{hint:?}");
        let last: Progress = last.unwrap();
        assert_eq!((last.frames, last.drawn, last.encoded, last.written), (505, 505, 505, 505), "{hint:?}");
    }
}

#[test]
fn the_expected_number_of_frames_serves_count_and_progress() {
    let check = |expected: u64| {
        move |_: &mut Pixmap, _: &u64, frame: FrameInfo| {
            assert_eq!(frame.count(), expected);
            Ok(())
        }
    };
    Animation::from_states(settings(), 0..40, check(40)).into_bytes().unwrap();
    Animation::from_states(settings(), uncounted(900).take(40), check(40)).into_bytes().unwrap();
    Animation::from_states(settings(), uncounted(40), check(0)).into_bytes().unwrap();
    Animation::from_states(settings().expected_frames(50), uncounted(40), check(50)).into_bytes().unwrap();
    let mut reports: Vec<Progress> = Vec::new();
    let slowly = |canvas: &mut Pixmap, state: &u64, frame: FrameInfo| {
        std::thread::sleep(std::time::Duration::from_millis(2));
        draw(canvas, state, frame)
    };
    let movie = Animation::from_states(settings(), uncounted(400), slowly).workers(2);
    movie.on_progress(|progress| reports.push(progress.clone())).into_bytes().unwrap();
    let (last, before) = reports.split_last().unwrap();
    assert!(!before.is_empty() && last.frames == 400);
    for progress in before {
        // The number is known when the last state is.
        if progress.frames == 0 {
            assert_eq!((progress.fraction, progress.remaining), (None, None));
            assert!(!progress.to_string().contains("of"), "{progress}");
        } else {
            assert!(progress.frames == 400 && progress.drawn > 380, "{progress:?}");
        }
    }
    assert_eq!(before[0].frames, 0);
}

/// Three segments of 120 frames, and a remainder of 40.
const FRAMES: u64 = 400;

fn resumable() -> Settings {
    settings().keyframe_interval(130).x264_option("scenecut", 0)
}

/// Stops a movie of states at a frame, and returns the frames of the segments that it has stored in a folder.
fn interrupt(folder: &Path, at: u64) -> BTreeSet<u64> {
    let stops = |canvas: &mut Pixmap, state: &u64, frame: FrameInfo| match frame.index() {
        index if index == at => Err("the light went out".into()),
        _ => draw(canvas, state, frame),
    };
    let movie = Animation::from_states(resumable(), 0..FRAMES, stops).workers(2).resume(folder);
    movie.into_bytes().unwrap_err();
    let files = judge::listing(folder).into_iter().filter(|name| name.ends_with(".segment"));
    files
        .flat_map(|name| {
            let index = Segment::open(folder.join(name)).unwrap().index();
            130 * index..130 * (index + 1)
        })
        .collect()
}

#[test]
fn a_resumed_movie_computes_all_states_and_draws_only_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("segments");
    let whole = movie(&resumable(), FRAMES).into_bytes().unwrap().0;
    for at in [399, 380, 200] {
        let stored = interrupt(&kept, at);
        assert!(!stored.is_empty() && !stored.contains(&(FRAMES - 1)), "{stored:?}");
        let (drawn, computed) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(0));
        let states = (0..FRAMES).inspect(|_| {
            computed.fetch_add(1, Ordering::Relaxed);
        });
        let notes = |canvas: &mut Pixmap, state: &u64, frame: FrameInfo| {
            drawn.lock().unwrap().insert(frame.index());
            draw(canvas, state, frame)
        };
        let mut last = None;
        let again = Animation::from_states(resumable(), states, notes).resume(&kept);
        let (bytes, _) = again.on_progress(|progress| last = Some(progress.clone())).into_bytes().unwrap();
        assert!(bytes == whole);
        assert_eq!(drawn.into_inner().unwrap(), (0..FRAMES).filter(|frame| !stored.contains(frame)).collect());
        assert_eq!(computed.into_inner() as u64, FRAMES);
        let last: Progress = last.unwrap();
        assert_eq!((last.kept, last.written), (stored.len() as u64, FRAMES));
        assert!(!kept.exists(), "the folder is removed when the movie is finished");
    }
}

#[test]
fn stored_segments_serve_a_longer_movie_and_refuse_a_shorter_one() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("segments");
    let stored = interrupt(&kept, 395);
    assert!(stored.len() >= 130);
    let end = stored.last().unwrap() + 1;
    let resumed = |frames| movie(&resumable(), frames).resume(&kept).into_bytes();
    for (frames, expected) in [(end - 1, 129), (end + 1, 131), (end + 10, 140), (end - 130, 0), (0, 0)] {
        let error = resumed(frames).unwrap_err().to_string();
        let last = end / 130 - 1;
        let first = stored.first().unwrap() / 130;
        let index = if frames == 0 { first } else { last };
        assert_eq!(error, format!("segment {index}: it has 130 frames, not {expected}"), "{frames} frames");
    }
    assert!(resumed(900).unwrap().0 == movie(&resumable(), 900).into_bytes().unwrap().0);
    // Exactly the stored frames: nothing is left to draw.
    let end = interrupt(&kept, 395).last().unwrap() + 1;
    assert!(resumed(end).unwrap().0 == movie(&resumable(), end).into_bytes().unwrap().0);
}
