//! A lossless movie, decoded by ffmpeg, is the converted planes, sample by sample; and those are correctly rounded
//! (tests/color.rs). So nothing on the way from a frame to a decoded picture changes or moves a sample.

use kinetograph::color::{Converter, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame, Matrix, Movie, PixelFormat, Quality, Range, Settings};

mod judge;

/// Frames in each pixel format.
const FRAMES: usize = 3;

/// Fails unless a movie of noise, with frames in every pixel format, decodes to the planes of its frames.
fn assert_decodes_to_its_planes(
    (width, height): (u32, u32),
    space: ColorSpace,
    chroma: Chroma,
    depth: BitDepth,
    padding: usize,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lossless.mp4");
    let background = [10, 200, 90];
    let settings = Settings::new(width, height)
        .color_space(space)
        .chroma(chroma)
        .bit_depth(depth)
        .quality(Quality::Lossless)
        .background(background);
    let converter = Converter::new(space, chroma, depth, background);
    let mut planes = Planes::new(width, height, chroma, depth);
    let mut movie = Movie::create(&path, &settings).unwrap();
    let mut expected = Vec::new();
    for (seed, &format) in PixelFormat::ALL.iter().flat_map(|format| [format; FRAMES]).enumerate() {
        let stride = width as usize * format.bytes_per_pixel() + padding;
        let mut random = fastrand::Rng::with_seed(seed as u64);
        let pixels: Vec<u8> = (0..stride * height as usize).map(|_| random.u8(..)).collect();
        let frame = Frame::new(&pixels, width, height, format).stride(stride);
        movie.push(frame).unwrap();
        converter.convert(&frame, &mut planes).unwrap();
        let rows = (0..planes.count()).flat_map(|plane| (0..planes.size(plane).1).map(move |y| (plane, y)));
        let mut picture: Vec<u8> = rows.flat_map(|(plane, y)| planes.row(plane, y)).copied().collect();
        if chroma == Chroma::Gray {
            // ffmpeg's decoder gives grey movies neutral 4:2:0 planes.
            let samples = 2 * (width.div_ceil(2) * height.div_ceil(2)) as usize;
            let neutral = 1u16 << (depth.bits() - 1);
            match depth {
                BitDepth::Eight => picture.resize(picture.len() + samples, neutral as u8),
                _ => picture.extend(std::iter::repeat_n(neutral.to_le_bytes(), samples).flatten()),
            }
        }
        expected.push((format, picture));
    }
    movie.finish().unwrap();
    let decoded = judge::decode(&path);
    assert_eq!(decoded.len(), expected.len() * expected[0].1.len(), "{width}×{height}");
    for (shown, (format, picture)) in decoded.chunks_exact(expected[0].1.len()).zip(&expected) {
        assert!(shown == picture, "{} at {width}×{height}, {settings:?}", format.name());
    }
}

#[test]
fn every_format_survives_in_every_matrix_and_range() {
    for &matrix in Matrix::ALL {
        for &range in Range::ALL {
            let space = ColorSpace { matrix, range, ..ColorSpace::default() };
            assert_decodes_to_its_planes((48, 32), space, Chroma::Yuv420, BitDepth::Eight, 0);
        }
    }
}

#[test]
fn odd_sizes_and_padded_strides_survive() {
    for size in [(1, 1), (17, 16), (16, 17), (33, 31)] {
        assert_decodes_to_its_planes(size, ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, 13);
    }
}

#[test]
fn every_chroma_and_depth_survives() {
    for &chroma in Chroma::ALL {
        for &depth in BitDepth::ALL {
            assert_decodes_to_its_planes((34, 18), ColorSpace::BT709, chroma, depth, 3);
        }
    }
}
