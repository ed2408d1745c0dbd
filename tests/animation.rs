//! Frame functions made into movies, as their users see it: ffmpeg reads back which frame was drawn.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kinetograph::{
    Animation, BitDepth, Error, Frame, FrameInfo, Layout, Movie, Preset, Progress, Quality, Settings, Tune, Vbv,
};
use tiny_skia::{Color, ColorU8, Paint, Pixmap, PremultipliedColorU8, Rect, Transform};

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;

use judge::listing;

type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Sides of a square that stands for one bit, and of the picture.
const CELL: u32 = 16;
const SIDE: u32 = 4 * CELL;

/// A picture that shows the frame's index as 16 black or white squares.
fn number(canvas: &mut Pixmap, frame: FrameInfo) -> Drawn {
    for bit in (0..16).filter(|bit| frame.index() >> bit & 1 == 1) {
        let (x, y) = ((bit % 4 * CELL) as f32, (bit / 4 * CELL) as f32);
        let square = Rect::from_xywh(x, y, CELL as f32, CELL as f32).ok_or("no square")?;
        canvas.fill_rect(square, &Paint::default(), Transform::identity(), None);
    }
    Ok(())
}

/// The pictures of so many frames.
fn pictures(count: u64) -> Vec<Pixmap> {
    // A frame's moment is told to closures only.
    let pictures = Mutex::new(vec![None; count as usize]);
    let keep = |canvas: &mut Pixmap, frame: FrameInfo| {
        number(canvas, frame)?;
        pictures.lock().unwrap()[frame.index() as usize] = Some(canvas.clone());
        Ok(())
    };
    Animation::new(settings(), count, keep).into_bytes().unwrap();
    pictures.into_inner().unwrap().into_iter().flatten().collect()
}

/// The numbers that the pictures of a movie show, in the order ffmpeg shows them.
fn numbers(movie: &Path) -> Vec<u64> {
    let pictures = judge::decode(movie);
    let number = |picture: &[u8]| {
        let dark = |bit: &u32| picture[((bit / 4 * CELL + CELL / 2) * SIDE + bit % 4 * CELL + CELL / 2) as usize] < 128;
        (0..16).filter(dark).map(|bit| 1 << bit).sum()
    };
    // Brightness, and a quarter of it for each colour difference.
    pictures.chunks((SIDE * SIDE * 3 / 2) as usize).map(number).collect()
}

fn settings() -> Settings {
    Settings::new(SIDE, SIDE).frame_rate(30).preset(Preset::Ultrafast)
}

/// More of x264: B-frames, scene cuts, lookahead.
fn thorough() -> Settings {
    settings().preset(Preset::Medium)
}

#[test]
fn decoded_frame_k_is_drawn_frame_k() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.mp4");
    for frames in (1..=20).chain(249..=252).chain(499..=501).chain([1000]) {
        let report = Animation::new(thorough(), frames, number).workers(3).save(&path).unwrap();
        assert_eq!(numbers(&path), (0..frames).collect::<Vec<_>>(), "{frames} frames");
        assert_eq!((report.frames, report.bytes), (frames, path.metadata().unwrap().len()));
        assert_eq!(judge::ffprobe(&path, "nb_frames"), frames.to_string());
        assert_eq!(judge::ffprobe(&path, "start_time").parse(), Ok(0.0), "{frames} frames");
        let seconds: f64 = judge::ffprobe(&path, "duration").parse().unwrap();
        assert!((seconds - frames as f64 / 30.0).abs() < 1e-6, "{frames} frames play {seconds} s");
    }
}

#[test]
fn every_number_of_workers_gives_the_same_bytes() {
    for (name, settings, frames) in [
        ("parts", thorough().keyframe_interval(126), 800),
        ("one part", thorough(), 100),
        ("short groups", thorough().keyframe_interval(7), 500),
        ("all keyframes", settings().keyframe_interval(1), 501),
        ("bit rate", settings().quality(Quality::Bitrate(200)), 300),
        ("buffer", thorough().quality(Quality::Crf(20.0)).vbv(Vbv::new(300, 300)), 100),
        ("zones", settings().x264_option("zones", "100,200,q=10"), 300),
        ("variable rate", settings().variable_rate(true), 300),
    ] {
        let movie = |workers| Animation::new(settings.clone(), frames, number).workers(workers).into_bytes().unwrap().0;
        let first = movie(2);
        for workers in [1, 2, 3, 8, 64] {
            assert!(movie(workers) == first, "{name}: {workers} workers give other bytes");
        }
    }
}

#[test]
fn a_movie_of_one_part_is_the_movie_of_its_frames_pushed() {
    let settings = thorough().threads(4);
    let animated = Animation::new(settings.clone(), 200, number).into_bytes().unwrap().0;
    let mut movie = Movie::in_memory(&settings.expected_frames(200)).unwrap();
    for picture in &pictures(200) {
        movie.push(picture).unwrap();
    }
    assert!(movie.finish().unwrap().0 == animated);
}

#[test]
fn frames_that_are_given_make_the_movie_of_frames_drawn_alike() {
    let drawn = Animation::new(thorough(), 600, number).into_bytes().unwrap().0;
    let pictures = pictures(600);
    let at = |moment: FrameInfo| pictures.get(moment.index() as usize).ok_or("no such picture");
    let lent = Animation::from_frames(thorough(), 600, |moment| Ok(Frame::from(at(moment)?)));
    assert!(lent.into_bytes().unwrap().0 == drawn);
    let owned = Animation::from_frames(thorough(), 600, |moment| Ok(at(moment)?.clone()));
    assert!(owned.into_bytes().unwrap().0 == drawn);
    let missing = Animation::from_frames(thorough(), 601, |moment| Ok(at(moment)?.clone()));
    assert_eq!(missing.into_bytes().unwrap_err().to_string(), "drawing frame 600: no such picture");
}

#[test]
fn decoding_times_rise_by_one_frame_over_the_joints_of_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parts.mp4");
    for settings in [thorough(), settings(), thorough().keyframe_interval(9), settings().keyframe_interval(1)] {
        Animation::new(settings, 600, number).save(&path).unwrap();
        let times = judge::run(
            "ffprobe",
            ["-v", "error", "-show_entries", "packet=dts", "-of", "csv=p=0", path.to_str().unwrap()],
        );
        let times: Vec<i64> =
            String::from_utf8(times).unwrap().lines().map(|line| line.trim_matches(',').parse().unwrap()).collect();
        assert_eq!(times.len(), 600);
        let steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(steps, vec![512; 599]); // 1/30 s of 15,360 ticks
    }
}

/// A slice of a movie as ffmpeg reads it.
#[derive(Debug)]
struct Slice {
    idr_pic_id: Option<u32>,
    qp: i32,
}

fn slices(movie: &Path) -> Vec<Slice> {
    let arguments = ["-v", "trace", "-i", movie.to_str().unwrap(), "-c", "copy", "-bsf:v", "trace_headers"];
    let run = std::process::Command::new("ffmpeg").args(arguments).args(["-f", "null", "-"]).output().unwrap();
    let log = String::from_utf8_lossy(&run.stderr);
    let value = |line: &str| line.rsplit_once("= ").unwrap().1.trim().parse::<i32>().unwrap();
    let mut slices = Vec::new();
    let mut usual_qp = 0;
    for line in log.lines().filter(|line| line.contains("trace_headers")) {
        if line.contains(" pic_init_qp_minus26 ") {
            usual_qp = 26 + value(line);
        }
        if line.contains(" nal_unit_type ") && [1, 5].contains(&value(line)) {
            slices.push(Slice { idr_pic_id: None, qp: usual_qp });
        }
        if line.contains(" idr_pic_id ") {
            slices.last_mut().unwrap().idr_pic_id = Some(value(line) as u32);
        }
        if line.contains(" slice_qp_delta ") {
            slices.last_mut().unwrap().qp += value(line);
        }
    }
    slices
}

#[test]
fn neighbouring_idr_pictures_have_different_ids() {
    // H.264 7.4.3. x264 counts 0, 1, 0, 1 from the beginning of a part; with these changes of scene, the last picture of
    // the first part would be its third or fifth keyframe, and have the id that the next part begins with.
    let without_b_frames = || thorough().x264_option("bframes", 0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    for (settings, frames, cuts) in [
        (without_b_frames(), 500, [100, 249]),
        (without_b_frames().keyframe_interval(50), 501, [75, 149]),
        (settings().keyframe_interval(1), 501, [0, 0]),
        (settings().keyframe_interval(2), 501, [0, 0]),
    ] {
        let scenes = |canvas: &mut Pixmap, frame: FrameInfo| {
            let scene = cuts.iter().filter(|cut| frame.index() >= **cut).count() as u64;
            let mut random = fastrand::Rng::with_seed(scene);
            for pixel in canvas.pixels_mut() {
                let grey = random.u8(..);
                *pixel = PremultipliedColorU8::from_rgba(grey, grey, grey, 255).ok_or("an opaque colour")?;
            }
            Ok(())
        };
        Animation::new(settings.clone(), frames, scenes).save(&path).unwrap();
        let slices = slices(&path);
        assert_eq!(slices.len() as u64, frames);
        let ids: Vec<_> = slices.iter().map(|slice| slice.idr_pic_id).collect();
        assert!(ids.iter().flatten().count() >= 3, "{ids:?}");
        for (index, pair) in ids.windows(2).enumerate() {
            let alike = pair[0].is_some() && pair[0] == pair[1];
            assert!(!alike, "pictures {index} and the next of {settings:?}: {ids:?}");
        }
    }
}

#[test]
fn parts_are_coded_as_one_encoder_codes_the_whole() {
    let pictures = pictures(381);
    for settings in [
        thorough(),
        thorough().frame_rate(25).preset(Preset::Veryfast),
        thorough().frame_rate((24_000, 1001)).quality(Quality::Crf(17.5)),
        thorough().frame_rate(1).x264_option("qcomp", 0.8),
        thorough().frame_rate(200).tune(Tune::Grain),
        thorough().variable_rate(true),
        thorough().bit_depth(BitDepth::Ten).x264_option("ipratio", 2),
        thorough().quality(Quality::Qp(20)),
        thorough().x264_option("bframes", 0),
        thorough().x264_option("bframes", 16).x264_option("b-adapt", 0),
    ] {
        // Three groups of pictures; or four, of which the last is a rest that belongs to the third part.
        for (threads, frames) in [(1, 378), (3, 378), (1, 381)] {
            let settings = settings.clone().keyframe_interval(126).threads(threads).layout(Layout::Progressive);
            let parts = Animation::new(settings.clone(), frames, number);
            assert_eq!(parts.segments().unwrap(), 3);
            let parts = parts.into_bytes().unwrap().0;
            let mut movie = Movie::in_memory(&settings).unwrap();
            pictures[..frames as usize].iter().for_each(|picture| movie.push(picture).unwrap());
            let (parts, one) = (boxes::samples(&parts), boxes::samples(&movie.finish().unwrap().0));
            for group in parts.chunks(126).zip(one.chunks(126)) {
                // The end of a part is the end of a film for its encoder; that is as far as it looks ahead.
                let sizes = |group: &[boxes::Sample]| -> Vec<usize> {
                    group.iter().take(60).map(|sample| sample.data.len()).collect()
                };
                assert_eq!(sizes(group.0), sizes(group.1), "{frames} frames of {settings:?}");
            }
        }
    }
}

#[test]
fn without_macroblock_trees_keyframes_of_parts_are_about_as_fine_as_one_encoders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let pictures = pictures(378);
    for (settings, off) in [(settings(), 1), (thorough().x264_option("mbtree", 0), 3)] {
        let settings = settings.keyframe_interval(126);
        let keyframes = || -> Vec<i32> {
            slices(&path).iter().filter(|slice| slice.idr_pic_id.is_some()).map(|slice| slice.qp).collect()
        };
        Animation::new(settings.clone(), 378, number).save(&path).unwrap();
        let parts = keyframes();
        let mut movie = Movie::create(&path, &settings).unwrap();
        pictures.iter().for_each(|picture| movie.push(picture).unwrap());
        movie.finish().unwrap();
        let one = keyframes();
        // It depends on what the pictures before show. As fine as the first, they would be 3 to 14 off.
        let alike = parts.len() == 3 && one.len() == 3 && parts.iter().zip(&one).all(|(a, b)| a.abs_diff(*b) <= off);
        assert!(alike, "{parts:?} and {one:?} for {settings:?}");
    }
}

#[test]
fn every_frame_begins_on_a_fresh_canvas() {
    let grey = |canvas: &Pixmap| canvas.pixels().iter().all(|pixel| *pixel == canvas.pixels()[0]);
    let scribble = |canvas: &mut Pixmap, _: FrameInfo| {
        assert!(grey(canvas) && canvas.pixels()[0].demultiply() == ColorU8::from_rgba(1, 2, 3, 255));
        canvas.fill(Color::BLACK);
        Ok(())
    };
    Animation::new(settings().background([1, 2, 3]), 100, scribble).workers(2).into_bytes().unwrap();

    let mut layer = Pixmap::new(SIDE, SIDE).unwrap();
    layer.fill_rect(Rect::from_xywh(3.0, 4.0, 5.0, 6.0).unwrap(), &Paint::default(), Transform::identity(), None);
    let on_layer = |canvas: &mut Pixmap, _: FrameInfo| {
        assert!(*canvas == layer);
        canvas.fill(Color::BLACK);
        Ok(())
    };
    Animation::new(settings(), 100, on_layer).background(layer.clone()).workers(2).into_bytes().unwrap();
}

#[test]
fn each_worker_has_one_state() {
    let states = AtomicU64::new(0);
    let init = || states.fetch_add(1, Ordering::Relaxed);
    let draw = |_: &mut u64, canvas: &mut Pixmap, frame: FrameInfo| number(canvas, frame);
    Animation::with_scratch(settings(), 600, init, draw).workers(5).into_bytes().unwrap();
    assert!((1..=5).contains(&states.load(Ordering::Relaxed)));
}

#[test]
fn moments_are_exact() {
    let rate = settings().frame_rate((30000, 1001));
    let check = |_: &mut Pixmap, frame: FrameInfo| {
        assert_eq!(frame.seconds(), (frame.index() * 1001) as f64 / 30000.0);
        assert_eq!(frame.count(), 301);
        assert_eq!(frame.fraction(), frame.index() as f64 / 300.0);
        Ok(())
    };
    Animation::new(rate, 301, check).into_bytes().unwrap();
}

#[test]
fn an_error_of_the_closure_has_its_frame_and_leaves_no_file() {
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
fn a_panic_of_the_closure_goes_on_and_leaves_no_file() {
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
fn a_panic_of_the_progress_closure_goes_on_and_gives_no_file_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let movie = Animation::new(settings(), 1_000_000, number).workers(2);
    let movie = movie.on_progress(|progress| assert!(progress.encoded == 0, "enough is encoded"));
    let panic = catch_unwind(AssertUnwindSafe(|| movie.save(&path))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"enough is encoded"));
    assert!(!path.exists());
}

#[test]
fn progress_is_told_now_and_then_and_at_the_end() {
    let mut told: Vec<Progress> = Vec::new();
    let slow = |canvas: &mut Pixmap, frame: FrameInfo| {
        std::thread::sleep(Duration::from_millis(2));
        number(canvas, frame)
    };
    let begin = Instant::now();
    let movie = Animation::new(thorough(), 600, slow).on_progress(|progress| told.push(progress.clone()));
    let bytes = movie.workers(2).into_bytes().unwrap().0.len() as u64;
    let tenths = begin.elapsed().as_secs_f64() / 0.1;
    assert!(told.len() >= 4 && told.len() as f64 <= tenths + 2.0, "told {} times in {tenths} tenths", told.len());
    for pair in told.windows(2) {
        let [before, after] = pair else { unreachable!() };
        assert!(after.drawn >= before.drawn && after.encoded >= before.encoded && after.written >= before.written);
        assert!(after.elapsed > before.elapsed && !before.finished);
        assert!(before.written <= before.encoded && before.encoded <= before.drawn && before.drawn <= 600);
    }
    let last = told.last().unwrap();
    assert_eq!((last.drawn, last.encoded, last.written, last.frames), (600, 600, 600, 600));
    assert!(last.finished && last.bytes < bytes && last.bytes > bytes / 2);
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
fn a_full_disk_stops_the_workers() {
    let drawn = AtomicU64::new(0);
    let count = |canvas: &mut Pixmap, frame: FrameInfo| {
        drawn.fetch_add(1, Ordering::Relaxed);
        number(canvas, frame)
    };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let movie = Animation::new(settings().layout(Layout::AnnexB), 10_000_000, count);
    let error = movie.write_to(full).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    assert!(drawn.into_inner() < 1_000_000);
}

#[test]
fn what_cannot_be_made_is_refused_before_a_file_exists() {
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
    assert_eq!(refused(unknown), "x264_option is \"colour\"; x264 has no option of that name");
    let swapped = Animation::new(settings(), 1, |canvas, _| {
        *canvas = Pixmap::new(1, 2).ok_or("no canvas")?;
        Ok(())
    });
    assert_eq!(refused(swapped), "frame 0 is 1×2 pixels; the movie is 64×64");
    let given = || Animation::from_frames(settings(), 1, |_| Ok(Pixmap::new(1, 2).ok_or("no canvas")?));
    assert_eq!(refused(given()), "frame 0 is 1×2 pixels; the movie is 64×64");
    assert_eq!(
        refused(given().background(Pixmap::new(SIDE, SIDE).unwrap())),
        "background is a layer; frames that are given have no canvas to lie under"
    );
    let short = Animation::from_frames(settings(), 1, |_| Ok(Frame::gray8(&[0; 100], SIDE, SIDE)));
    assert_eq!(refused(short), "the buffer is 100 bytes; a 64×64 gray frame needs at least 4096");
    assert_eq!(listing(folder.path()), [""; 0]);
}
