//! The streams of animations: segments join without a trace, as if one encoder had encoded the whole movie.

use std::path::Path;

use kinetograph::{Animation, BitDepth, FrameInfo, Layout, Movie, Preset, Quality, Tune};
use tiny_skia::{Pixmap, PremultipliedColorU8};

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;
#[path = "judge/numbers.rs"]
mod numbers;

use numbers::{number, pictures, settings, thorough};

#[test]
fn one_segment_is_the_movie_of_its_frames_pushed() {
    let settings = thorough().threads(4);
    let animated = Animation::new(settings.clone(), 200, number).into_bytes().unwrap().0;
    let mut movie = Movie::in_memory(&settings.expected_frames(200)).unwrap();
    for picture in &pictures(200) {
        movie.push(picture).unwrap();
    }
    assert!(movie.finish().unwrap().0 == animated);
}

#[test]
fn dts_rises_by_one_frame_across_segments() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("segments.mp4");
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

/// A slice header of a movie, as ffmpeg reads it.
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
    // H.264, 7.4.3. x264 counts 0, 1, 0, 1 from the beginning of a segment. With these scene cuts, the last picture of
    // the first segment is its third or fifth keyframe: its id would be the one that the next segment begins with.
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
fn segments_are_encoded_as_by_one_encoder() {
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
        // Three groups of pictures; or four, of which the last is a remainder that joins the third segment.
        for (threads, frames) in [(1, 378), (3, 378), (1, 381)] {
            let settings = settings.clone().keyframe_interval(126).threads(threads).layout(Layout::Progressive);
            let segments = Animation::new(settings.clone(), frames, number);
            assert_eq!(segments.segments().unwrap(), 3);
            let segments = segments.into_bytes().unwrap().0;
            let mut movie = Movie::in_memory(&settings).unwrap();
            pictures[..frames as usize].iter().for_each(|picture| movie.push(picture).unwrap());
            let (segments, one) = (boxes::samples(&segments), boxes::samples(&movie.finish().unwrap().0));
            for group in segments.chunks(126).zip(one.chunks(126)) {
                // A segment's encoder cannot look ahead beyond the end of the segment, so the last frames may differ.
                let sizes = |group: &[boxes::Sample]| -> Vec<usize> {
                    group.iter().take(60).map(|sample| sample.data.len()).collect()
                };
                assert_eq!(sizes(group.0), sizes(group.1), "{frames} frames of {settings:?}");
            }
        }
    }
}

#[test]
fn without_mbtree_keyframes_are_about_as_fine_as_by_one_encoder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let pictures = pictures(378);
    for (settings, off) in [(settings(), 1), (thorough().x264_option("mbtree", 0), 3)] {
        let settings = settings.keyframe_interval(126);
        let keyframes = || -> Vec<i32> {
            slices(&path).iter().filter(|slice| slice.idr_pic_id.is_some()).map(|slice| slice.qp).collect()
        };
        Animation::new(settings.clone(), 378, number).save(&path).unwrap();
        let segments = keyframes();
        let mut movie = Movie::create(&path, &settings).unwrap();
        pictures.iter().for_each(|picture| movie.push(picture).unwrap());
        movie.finish().unwrap();
        let one = keyframes();
        // The QP depends on what earlier frames show. Keyframes as fine as the first one would be off by 3 to 14.
        let alike =
            segments.len() == 3 && one.len() == 3 && segments.iter().zip(&one).all(|(a, b)| a.abs_diff(*b) <= off);
        assert!(alike, "{segments:?} and {one:?} for {settings:?}");
    }
}
