//! Movies of at most so many bytes: they fit, use their bytes, and are those of the rate factor that was found.

use std::fs;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kinetograph::color::Planes;
use kinetograph::{
    Animation, BitDepth, Chroma, Error, Frame, FrameInfo, Layout, Movie, MovieInfo, Phase, Quality, Settings, Vbv,
};

mod clips;
mod judge;

use clips::{HEIGHT, WIDTH, picture, settings};

/// Pictures that move, with a texture that takes bytes.
struct Grey(Vec<u8>);

impl<'a> From<&'a Grey> for Frame<'a> {
    fn from(grey: &'a Grey) -> Self {
        Frame::gray8(&grey.0, WIDTH, HEIGHT)
    }
}

fn supply(frame: FrameInfo) -> Result<Grey, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Grey(picture(frame.index() as u32)))
}

fn movie(settings: Settings, frames: u64) -> Animation<'static> {
    Animation::from_frames(settings, frames, supply)
}

fn bytes_at(settings: &Settings, frames: u64, crf: f32) -> Vec<u8> {
    movie(settings.clone().quality(Quality::Crf(crf)), frames).into_bytes().unwrap().0
}

#[test]
fn a_movie_fits_and_is_that_of_the_factor_that_was_found() {
    for (frames, settings) in [
        (1, settings()),
        (60, settings().layout(Layout::AnnexB)),
        (60, settings().layout(Layout::Fragmented).title("Bytes count")),
        (60, settings().vbv(Vbv::new(3000, 3000))),
        (40, settings().keyframe_interval(1)),
        (600, settings().keyframe_interval(25)),
    ] {
        let usual = bytes_at(&settings, frames, 23.0).len() as u64;
        let most = usual * 3 / 5;
        let context = format!("{frames} frames, {most} of {usual} bytes");
        let found = movie(settings.clone().quality(Quality::MaxBytes(most)), frames).into_bytes();
        let (bytes, report) = match found {
            Ok(found) => found,
            Err(Error::TooLarge { bytes, most: asked, .. }) => {
                assert_eq!((bytes, asked), (bytes_at(&settings, frames, 51.0).len() as u64, most), "{context}");
                assert!(bytes > most, "{context}");
                continue;
            }
            Err(error) => panic!("{context}: {error:?}"),
        };
        let crf = report.rate_factor.unwrap();
        let size = bytes.len() as u64;
        assert!(size <= most && report.bytes == size && report.frames == frames, "{context}: {report}");
        assert!(bytes == bytes_at(&settings, frames, crf), "{context}: {report}");
        let is_full = size * 100 >= most * 95 || crf == 12.0;
        assert!(is_full || bytes_at(&settings, frames, crf - 0.05).len() as u64 > most, "{context}: {report}");
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_workers() {
    for (frames, most) in [(40, 20_000), (600, 150_000)] {
        let make = |workers| movie(settings().quality(Quality::MaxBytes(most)), frames).workers(workers).into_bytes();
        let (first, report) = make(2).unwrap();
        for workers in [1, 2, 3, 8] {
            let (bytes, again) = make(workers).unwrap();
            assert!(bytes == first && again.rate_factor == report.rate_factor, "{frames} frames, {workers} workers");
        }
    }
}

#[test]
fn every_sink_gets_the_same_movie() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let settings = settings().quality(Quality::MaxBytes(30_000)).layout(Layout::Fragmented);
    let report = movie(settings.clone(), 100).save(&path).unwrap();
    let saved = fs::read(&path).unwrap();
    assert_eq!(saved.len() as u64, report.bytes);
    assert_eq!(MovieInfo::open(&path).unwrap().rate_factor, report.rate_factor);
    let mut streamed = Vec::new();
    movie(settings.clone(), 100).write_to(&mut streamed).unwrap();
    assert!(streamed == saved);
    assert!(movie(settings.clone(), 100).into_bytes().unwrap().0 == saved);
    assert_eq!(judge::listing(folder.path()), ["movie.mp4"]);
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "100");
    let refused = movie(settings.layout(Layout::CrashSafe), 100).write_to(&mut streamed).unwrap_err();
    assert!(matches!(refused, Error::Setting { name: "layout", .. }), "{refused}");
}

#[test]
fn what_cannot_fit_is_an_error_that_names_the_size_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let smallest = bytes_at(&settings().layout(Layout::Progressive), 60, 51.0).len() as u64;
    for most in [1, smallest * 9 / 10] {
        let settings = settings().layout(Layout::Progressive).quality(Quality::MaxBytes(most));
        let error = movie(settings, 60).save(&path).unwrap_err();
        assert!(
            matches!(error, Error::TooLarge { bytes, most: asked, .. } if (bytes, asked) == (smallest, most)),
            "{error}"
        );
        assert_eq!(judge::listing(folder.path()), [""; 0], "{most} bytes");
    }
    let settings = settings().quality(Quality::MaxBytes(i64::MAX as u64));
    assert_eq!(movie(settings, 60).save(&path).unwrap().rate_factor, Some(12.0));
}

#[test]
fn frames_that_come_once_and_segments_refuse_a_size() {
    let sized = || settings().quality(Quality::MaxBytes(1_000_000));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let states =
        || Animation::from_frame_states(sized(), (0..9).map(|_| tiny_skia::Pixmap::new(WIDTH, HEIGHT).unwrap()));
    let segments = folder.path().join("segments");
    let refusals = [
        (Movie::create(&path, &sized()).map(drop).unwrap_err(), "Animation::new"),
        (states().save(&path).unwrap_err(), "Animation::new"),
        (movie(sized(), 60).resume(&segments).save(&path).unwrap_err(), "without resume"),
        (movie(sized(), 60).segments().unwrap_err(), "crf"),
        (movie(sized(), 60).encode_segment(0).unwrap_err(), "crf"),
    ];
    for (error, advice) in refusals {
        assert!(matches!(error, Error::Setting { name: "quality", .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("quality is max_bytes=1000000; ") && text.contains(advice), "{text}");
    }
    assert_eq!(judge::listing(folder.path()), [""; 0]);
}

#[test]
fn whatever_ends_a_later_try_leaves_an_earlier_movie_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    fs::write(&path, "an earlier movie").unwrap();
    // The first frame is supplied once in each try. Of so few frames, no sample is made.
    let sized = || settings().quality(Quality::MaxBytes(4_000));
    let second = |times: AtomicU32, end: fn() -> Result<(), Box<dyn std::error::Error + Send + Sync>>| {
        Animation::from_frames(sized(), 36, move |frame| {
            if frame.index() == 0 && times.fetch_add(1, Ordering::Relaxed) == 1 {
                end()?;
            }
            supply(frame)
        })
    };
    let failed = second(AtomicU32::new(0), || Err("a frame that fails".into())).save(&path).unwrap_err();
    assert_eq!(judge::chain(&failed), "drawing frame 0 failed: a frame that fails");
    let panicked = catch_unwind(AssertUnwindSafe(|| second(AtomicU32::new(0), || panic!("a panic")).save(&path)));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"a panic"));
    let tries = AtomicU32::new(0);
    let slow = Animation::from_frames(sized(), 36, |frame| {
        std::thread::sleep(Duration::from_millis(30));
        tries.fetch_add(u32::from(frame.index() == 0), Ordering::Relaxed);
        supply(frame)
    });
    let cancel = |_: &kinetograph::Progress| {
        if tries.load(Ordering::Relaxed) > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert!(matches!(slow.on_progress(cancel).save(&path), Err(Error::Cancelled)));
    assert_eq!(judge::listing(folder.path()), ["movie.mp4"]);
    assert_eq!(fs::read(&path).unwrap(), b"an earlier movie");
}

#[test]
fn progress_names_the_try_and_never_decreases() {
    let mut reports = Vec::new();
    let slow = Animation::from_frames(settings().quality(Quality::MaxBytes(4_000)), 36, |frame| {
        std::thread::sleep(Duration::from_millis(30));
        supply(frame)
    });
    slow.on_progress(|progress: &kinetograph::Progress| reports.push(progress.clone())).into_bytes().unwrap();
    let (last, before) = reports.split_last().unwrap();
    assert_eq!((last.phase, last.fraction), (Phase::Finished, Some(1.0)));
    let attempts: Vec<u32> = before
        .iter()
        .map(|progress| match progress.phase {
            Phase::Searching { attempt } => attempt,
            _ => panic!("{progress:?}"),
        })
        .collect();
    assert!(attempts.first() == Some(&1) && attempts.is_sorted(), "{attempts:?}");
    assert!(attempts.last() > Some(&1), "{attempts:?}");
    assert!(before.is_sorted_by_key(|progress| progress.fraction), "{before:?}");
    assert!(before.iter().all(|progress| progress.fraction < Some(1.0)), "{before:?}");
    assert!(before.last().unwrap().to_string().contains("try "), "{before:?}");
}

#[test]
fn filled_planes_are_encoded_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let fill = |planes: &mut Planes, frame: u64| {
        planes.plane_mut(0).fill(16 + 3 * frame as u8);
        planes.plane_mut(1).fill(100 + frame as u8);
        planes.plane_mut(2).fill(200);
    };
    let settings = || settings().quality(Quality::Lossless);
    Animation::from_planes(settings(), 60, |planes, frame| {
        fill(planes, frame.index());
        Ok(())
    })
    .save(&path)
    .unwrap();
    let mut planes = Planes::new(WIDTH, HEIGHT, Chroma::Yuv420, BitDepth::Eight);
    let expected = (0..60).flat_map(|frame| {
        fill(&mut planes, frame);
        let rows = (0..3).flat_map(|plane| (0..planes.size(plane).1).map(move |y| (plane, y)));
        rows.flat_map(|(plane, y)| planes.row(plane, y).to_vec()).collect::<Vec<u8>>()
    });
    assert!(judge::decode(&path) == expected.collect::<Vec<u8>>());
    let replaced = Animation::from_planes(settings(), 1, |planes, _| {
        *planes = Planes::new(2, 2, Chroma::Yuv420, BitDepth::Eight);
        Ok(())
    });
    assert!(matches!(replaced.into_bytes(), Err(Error::Planes { .. })));
}
