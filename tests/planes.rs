//! Planes that were made elsewhere are encoded as they are.

use std::path::Path;

use kinetograph::color::Planes;
use kinetograph::{BitDepth, Chroma, ChromaLocation, Error, Layout, Movie, PlanesMismatch, Preset, Quality, Settings};

mod judge;

fn settings(size: (u32, u32), chroma: Chroma, depth: BitDepth) -> Settings {
    let settings = Settings::new(size.0, size.1).chroma(chroma).bit_depth(depth);
    settings.quality(Quality::Lossless).preset(Preset::Ultrafast)
}

/// The samples of a picture without padding, as files have them: an odd side is rounded up for chroma alone.
fn raw((width, height): (u32, u32), chroma: Chroma, depth: BitDepth, random: &mut fastrand::Rng) -> Vec<u8> {
    let (wide, high) = chroma.subsampling();
    let planes = if chroma == Chroma::Gray { 0 } else { 2 };
    let samples = width * height + planes * width.div_ceil(wide) * height.div_ceil(high);
    match depth {
        BitDepth::Eight => (0..samples).map(|_| random.u8(..)).collect(),
        _ => (0..samples).flat_map(|_| random.u16(..1024).to_le_bytes()).collect(),
    }
}

/// The same samples in planes, whose padding has any value.
fn planes(raw: &[u8], (width, height): (u32, u32), chroma: Chroma, depth: BitDepth) -> Planes {
    let mut planes = Planes::new(width, height, chroma, depth);
    let mut rest = raw;
    for plane in 0..planes.count() {
        planes.plane_mut(plane).fill(0xff);
        for y in 0..planes.size(plane).1 {
            let row = planes.row_mut(plane, y);
            let (samples, others) = rest.split_at(row.len());
            row.copy_from_slice(samples);
            rest = others;
        }
    }
    planes
}

/// The samples of a movie as ffmpeg decodes them. It adds planes of no colour to grey ones, which are left out.
fn decoded(movie: &Path, chroma: Chroma) -> Vec<u8> {
    let filter = if chroma == Chroma::Gray { "extractplanes=y" } else { "null" };
    let path = movie.to_str().unwrap();
    judge::run("ffmpeg", ["-v", "error", "-xerror", "-i", path, "-vf", filter, "-f", "rawvideo", "-"])
}

#[test]
fn lossless_movies_have_the_samples_that_were_pushed() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for chroma in Chroma::ALL {
        for depth in BitDepth::ALL {
            for size in [(64, 36), (50, 22), (2, 2), (130, 4)] {
                let pictures: Vec<Vec<u8>> = (0..3).map(|_| raw(size, *chroma, *depth, &mut random)).collect();
                let (one, other) = (folder.path().join("one.mp4"), folder.path().join("other.mp4"));
                let mut movie = Movie::create(&one, &settings(size, *chroma, *depth)).unwrap();
                for picture in &pictures {
                    movie.push_planes(&planes(picture, size, *chroma, *depth)).unwrap();
                }
                movie.finish().unwrap();
                let mut movie = Movie::create(&other, &settings(size, *chroma, *depth)).unwrap();
                let mut input = &*pictures.concat();
                while movie.push_planes_from(&mut input).unwrap() {}
                movie.finish().unwrap();
                assert!(decoded(&one, *chroma) == pictures.concat(), "{size:?} {chroma} {depth}");
                assert!(std::fs::read(one).unwrap() == std::fs::read(other).unwrap(), "{size:?} {chroma} {depth}");
            }
        }
    }
}

#[test]
fn odd_sizes_repeat_the_last_column_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let size = (5, 3);
    for depth in BitDepth::ALL {
        let picture = raw(size, Chroma::Yuv420, *depth, &mut fastrand::Rng::with_seed(1));
        let mut movie = Movie::create(&path, &settings(size, Chroma::Yuv420, *depth)).unwrap();
        assert!(movie.push_planes_from(&*picture).unwrap());
        movie.finish().unwrap();
        let bytes = usize::from(depth.bits().div_ceil(8));
        let (luma, chroma) = picture.split_at(15 * bytes);
        let mut rows: Vec<Vec<u8>> = luma.chunks(5 * bytes).map(|row| [row, &row[4 * bytes..]].concat()).collect();
        rows.push(rows[2].clone());
        assert_eq!(judge::decode(&path), [rows.concat(), chroma.to_vec()].concat(), "{depth}");
    }
}

#[test]
fn planes_that_do_not_fit_are_refused_and_the_movie_continues() {
    let size = (32, 16);
    let mut movie = Movie::in_memory(&settings(size, Chroma::Yuv420, BitDepth::Ten)).unwrap();
    let good = Planes::new(32, 16, Chroma::Yuv420, BitDepth::Ten);
    for (planes, text) in [
        (Planes::new(32, 18, Chroma::Yuv420, BitDepth::Ten), "the planes' size is 32×18; it must be 32×16"),
        (Planes::new(32, 16, Chroma::Yuv422, BitDepth::Ten), "the planes' chroma is 422; it must be 420"),
        (Planes::new(32, 16, Chroma::Yuv420, BitDepth::Eight), "the planes' bit depth is 8; it must be 10"),
    ] {
        assert_eq!(movie.push_planes(&planes).unwrap_err().to_string(), text);
        movie.push_planes(&good).unwrap();
    }
    let mut bright = good.clone();
    bright.row_mut(2, 7)[30..32].copy_from_slice(&1024u16.to_ne_bytes());
    let error = movie.push_planes(&bright).unwrap_err();
    assert_eq!(error.to_string(), "the planes' largest sample is 1024; it must be at most 1023");
    let mut bytes = vec![0; 2 * 32 * 16 * 3 / 2];
    bytes[900..902].copy_from_slice(&u16::MAX.to_le_bytes());
    let error = movie.push_planes_from(&*bytes).unwrap_err();
    assert_eq!(error.to_string(), "the planes' largest sample is 65535; it must be at most 1023");
    for length in 1..bytes.len() {
        let error = movie.push_planes_from(&vec![0; length][..]).unwrap_err();
        assert!(
            matches!(error, Error::Planes { mismatch: PlanesMismatch::Input { got, needed: 1536, .. }, .. } if got == length),
            "{error}"
        );
    }
    assert!(!movie.push_planes_from(&[][..]).unwrap());
    assert_eq!(movie.finish().unwrap().1.frames, 3);
}

#[test]
fn the_chroma_location_is_in_the_stream() {
    let folder = tempfile::tempdir().unwrap();
    let shown = |settings: Settings| {
        let path = folder.path().join("movie.264");
        let mut movie = Movie::create(&path, &settings.layout(Layout::AnnexB)).unwrap();
        movie.push_planes_from(&[128; 32 * 16 * 3 / 2][..]).unwrap();
        movie.finish().unwrap();
        judge::ffprobe(&path, "chroma_location")
    };
    let settings = || settings((32, 16), Chroma::Yuv420, BitDepth::Eight);
    assert_eq!(shown(settings()), "center");
    for location in ChromaLocation::ALL {
        assert_eq!(shown(settings().chroma_location(*location)), location.name());
    }
    for chroma in [Chroma::Yuv422, Chroma::Yuv444, Chroma::Gray] {
        let error = settings().chroma(chroma).chroma_location(ChromaLocation::Left).validate().unwrap_err();
        assert_eq!(error.to_string(), format!("chroma_location is left; chroma {chroma} has none"));
    }
}
