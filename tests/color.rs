//! The converter against the formulas of H.273 in 64-bit floating point.

use kinetograph::color::{Converter, Isa, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame, Matrix, PixelFormat, Range};

/// A small generator (xorshift64*), so that every run sees the same pixels.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// Rows of pixels, of which some are opaque, some transparent, some in between, in runs of 16.
    fn pixels(&mut self, (width, height, stride): (usize, usize, usize), format: PixelFormat) -> Vec<u8> {
        let mut pixels: Vec<u8> = (0..stride * height).map(|_| self.next() as u8).collect();
        let (bytes, premultiplied) = (format.bytes_per_pixel(), format.name().ends_with("premultiplied"));
        for run in pixels.chunks_exact_mut(stride).flat_map(|row| row[..width * bytes].chunks_mut(16 * bytes)) {
            let kind = self.next() % 4;
            for pixel in run.chunks_exact_mut(bytes).filter(|_| bytes == 4) {
                match kind {
                    0 => {}
                    1 => pixel[3] = 0,
                    _ => pixel[3] = 255,
                }
                if premultiplied {
                    let alpha = u16::from(pixel[3]);
                    pixel[..3].iter_mut().for_each(|c| *c = (u16::from(*c) * alpha / 255) as u8);
                }
            }
        }
        pixels
    }
}

/// The colour of a pixel over the background, 0 to 1.
fn composite(pixel: &[u8], format: PixelFormat, background: [u8; 3]) -> [f64; 3] {
    let part = |i: usize| f64::from(pixel[i]) / 255.0;
    let (rgb, alpha) = match format.name() {
        "rgba" | "rgba-premultiplied" => ([part(0), part(1), part(2)], part(3)),
        "bgra" | "bgra-premultiplied" => ([part(2), part(1), part(0)], part(3)),
        "rgb" => ([part(0), part(1), part(2)], 1.0),
        "gray" => ([part(0); 3], 1.0),
        other => panic!("no reference for {other}"),
    };
    let front = if format.name().ends_with("premultiplied") { 1.0 } else { alpha };
    std::array::from_fn(|i| rgb[i] * front + f64::from(background[i]) / 255.0 * (1.0 - alpha))
}

/// Y, Cb or Cr of a colour, before it is rounded.
fn formula(space: ColorSpace, bits: u8, plane: usize, [r, g, b]: [f64; 3]) -> f64 {
    let (kr, kb) = match space.matrix.name() {
        "bt601" => (0.299, 0.114),
        "bt709" => (0.2126, 0.0722),
        "bt2020" => (0.2627, 0.0593),
        other => panic!("no reference for {other}"),
    };
    let y = kr * r + (1.0 - kr - kb) * g + kb * b;
    let chroma = [0.0, (b - y) / (2.0 * (1.0 - kb)), (r - y) / (2.0 * (1.0 - kr))][plane];
    let (step, top) = (f64::from(1 << (bits - 8)), f64::from((1 << bits) - 1));
    match (space.range, plane) {
        (Range::Limited, 0) => step * (219.0 * y + 16.0),
        (Range::Limited, _) => step * (224.0 * chroma + 128.0),
        (_, 0) => top * y,
        _ => (top * chroma + step * 128.0).min(top),
    }
}

/// Fails unless every sample is the real value, rounded. A float cannot tell on which side of a half it lies when it
/// lies on it; there, both neighbours pass (the exact tests decide those).
fn assert_rounded(
    space: ColorSpace,
    background: [u8; 3],
    frame: &Frame<'_>,
    pixels: &[u8],
    stride: usize,
    planes: &Planes,
) {
    let (bits, format) = (planes.bit_depth().bits(), frame.format());
    let bytes = format.bytes_per_pixel();
    for plane in 0..planes.count() {
        let (wide, high) = match (plane, planes.chroma()) {
            (1.., Chroma::Yuv420) => (2, 2),
            (1.., Chroma::Yuv422) => (2, 1),
            _ => (1, 1),
        };
        let (width, height) = planes.size(plane);
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let mut mean = [0.0; 3];
            for (dx, dy) in (0..high).flat_map(|dy| (0..wide).map(move |dx| (dx, dy))) {
                let x = (x * wide + dx).min(frame.width() as usize - 1);
                let y = (y * high + dy).min(frame.height() as usize - 1);
                let color = composite(&pixels[y * stride + x * bytes..][..bytes], format, background);
                (0..3).for_each(|i| mean[i] += color[i] / (wide * high) as f64);
            }
            let exact = formula(space, bits, plane, mean);
            let got = match bits {
                8 => f64::from(planes.row(plane, y)[x]),
                _ => f64::from(u16::from_ne_bytes(planes.row(plane, y)[2 * x..][..2].try_into().unwrap())),
            };
            assert!(
                (got - exact).abs() <= 0.5 + 1e-9,
                "{frame:?} to {:?}, plane {plane} at ({x}, {y}): {got} for {exact}",
                planes.chroma()
            );
        }
    }
}

/// Kr, Kg and Kb of H.273, Table 4, in ten-thousandths.
fn weights(space: ColorSpace) -> [i64; 3] {
    match space.matrix.name() {
        "bt601" => [2990, 5870, 1140],
        "bt709" => [2126, 7152, 722],
        "bt2020" => [2627, 6780, 593],
        other => panic!("no reference for {other}"),
    }
}

/// Y, Cb or Cr of an opaque colour, rounded to the nearest and halves up, in whole numbers without any error.
fn exact(space: ColorSpace, bits: u8, plane: usize, color: [i64; 3]) -> i64 {
    exact_in_units(space, bits, plane, color, 1)
}

/// The same for a colour of components from 0 to 255 · `unit`.
fn exact_in_units(space: ColorSpace, bits: u8, plane: usize, [r, g, b]: [i64; 3], unit: i64) -> i64 {
    let [kr, kg, kb] = weights(space);
    let y = kr * r + kg * g + kb * b;
    let (step, top) = (1 << (bits - 8), (1 << bits) - 1);
    let full = space.range == Range::Full;
    let (sum, one, span, offset) = match plane {
        0 => (y, 10_000 * 255 * unit, if full { top } else { 219 * step }, if full { 0 } else { 16 * step }),
        1 => (10_000 * b - y, 2 * (10_000 - kb) * 255 * unit, if full { top } else { 224 * step }, 128 * step),
        _ => (10_000 * r - y, 2 * (10_000 - kr) * 255 * unit, if full { top } else { 224 * step }, 128 * step),
    };
    ((2 * sum * span + one).div_euclid(2 * one) + offset).min(top)
}

fn spaces() -> impl Iterator<Item = ColorSpace> {
    let all = Matrix::ALL.iter().flat_map(|&matrix| Range::ALL.iter().map(move |&range| (matrix, range)));
    all.map(|(matrix, range)| ColorSpace { matrix, range, ..ColorSpace::BT709 })
}

/// A frame converted by an instruction set.
fn convert(
    isa: Isa,
    space: ColorSpace,
    background: [u8; 3],
    frame: &Frame<'_>,
    chroma: Chroma,
    depth: BitDepth,
) -> Planes {
    let mut planes = Planes::new(frame.width(), frame.height(), chroma, depth);
    Converter::new(space, chroma, depth, background).with_isa(isa).convert(frame, &mut planes).unwrap();
    planes
}

/// Whether all samples are the same, whatever is in the padding of the rows.
fn same(planes: &Planes, others: &Planes) -> bool {
    let mut rows = (0..planes.count()).flat_map(|plane| (0..planes.size(plane).1).map(move |y| (plane, y)));
    rows.all(|(plane, y)| planes.row(plane, y) == others.row(plane, y))
}

#[test]
fn every_color_is_rounded_exactly_on_every_isa() {
    let space = ColorSpace::BT709;
    // Each colour with its own chroma sample, and two side by side that share one.
    let mut frame = vec![255; 4 * 65536];
    let mut pairs = vec![255; 2 * frame.len()];
    let mut expected = [(); 3].map(|()| vec![0; 65536]);
    // Other processors are emulated, and Windows has the kernels of Linux: there, more than 2^20 colours are enough.
    let step = if cfg!(all(target_arch = "x86_64", not(windows))) { 1 } else { 15 };
    for r in (0..=255).step_by(step) {
        for (i, pixel) in frame.chunks_exact_mut(4).enumerate() {
            let color = [r, (i >> 8) as u8, i as u8];
            pixel[..3].copy_from_slice(&color);
            pairs[8 * i..][..3].copy_from_slice(&color);
            pairs[8 * i + 4..][..3].copy_from_slice(&color);
            for (plane, expected) in expected.iter_mut().enumerate() {
                expected[i] = exact(space, 8, plane, color.map(i64::from)) as u8;
            }
        }
        for isa in Isa::available() {
            let planes = convert(isa, space, [0; 3], &Frame::rgba8(&frame, 16384, 4), Chroma::Yuv444, BitDepth::Eight);
            (0..3).for_each(|plane| assert!(planes.plane(plane) == expected[plane], "{isa:?}, plane {plane}, red {r}"));
            let planes = convert(isa, space, [0; 3], &Frame::rgba8(&pairs, 8192, 16), Chroma::Yuv422, BitDepth::Eight);
            (1..3).for_each(|plane| {
                assert!(planes.plane(plane) == expected[plane], "{isa:?}, plane {plane}, red {r}, pairs")
            });
        }
    }
}

/// As many colours as a frame of 512×512 has, spread over the cube, in each space.
#[test]
fn colors_are_rounded_exactly_in_every_space_over_any_background_and_at_any_depth() {
    const SIDE: usize = 512;
    let mut random = Random(5);
    for (space, depth) in spaces().flat_map(|space| BitDepth::ALL.iter().map(move |&depth| (space, depth))) {
        let background = [0; 3].map(|_| random.next() as u8);
        // Some of the pixels are at the edges of the cube.
        let mut pixels: Vec<[u8; 4]> = (0..SIDE * SIDE).map(|_| (random.next() as u32).to_le_bytes()).collect();
        pixels.iter_mut().step_by(16).flatten().for_each(|byte| *byte = if *byte < 128 { 0 } else { 255 });
        for opaque in [true, false] {
            if opaque {
                pixels.iter_mut().for_each(|pixel| pixel[3] = 255);
            } else {
                pixels.iter_mut().for_each(|pixel| pixel[3] = random.next() as u8);
            }
            let expected = [0, 1, 2].map(|plane| -> Vec<i64> {
                let color = |pixel: &[u8; 4]| {
                    let alpha = i64::from(pixel[3]);
                    [0, 1, 2].map(|i| i64::from(pixel[i]) * alpha + i64::from(background[i]) * (255 - alpha))
                };
                let sample = |pixel| exact_in_units(space, depth.bits(), plane, color(pixel), 255);
                pixels.iter().map(sample).collect()
            });
            let frame = Frame::rgba8(pixels.as_flattened(), SIDE as u32, SIDE as u32);
            for isa in Isa::available() {
                let planes = convert(isa, space, background, &frame, Chroma::Yuv444, depth);
                for (plane, expected) in expected.iter().enumerate() {
                    let samples = planes.plane(plane);
                    let equal = match depth {
                        BitDepth::Eight => samples.iter().zip(expected).all(|(a, b)| i64::from(*a) == *b),
                        _ => samples
                            .chunks_exact(2)
                            .zip(expected)
                            .all(|(a, b)| i64::from(u16::from_ne_bytes([a[0], a[1]])) == *b),
                    };
                    assert!(equal, "{isa:?}, {space:?}, {depth} bits, plane {plane}, opaque {opaque}");
                }
            }
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_planes() {
    let mut random = Random(2);
    for width in 1..=130 {
        for &format in PixelFormat::ALL {
            let (height, bytes) = (1 + random.next() as usize % 5, format.bytes_per_pixel());
            // Rows begin anywhere, also at addresses that no register is aligned to.
            let (start, stride) = (random.next() as usize % 64, width * bytes + random.next() as usize % 9);
            let mut pixels = vec![0; start];
            pixels.extend(random.pixels((width, height, stride), format));
            let frame = Frame::new(&pixels[start..], width as u32, height as u32, format).stride(stride);
            let space = spaces().nth(random.next() as usize % 6).unwrap();
            let background = [0; 3].map(|_| random.next() as u8);
            for (&chroma, depth) in Chroma::ALL.iter().flat_map(|c| BitDepth::ALL.iter().map(move |&depth| (c, depth)))
            {
                let plain = convert(Isa::BASELINE, space, background, &frame, chroma, depth);
                assert_rounded(space, background, &frame, &pixels[start..], stride, &plain);
                for isa in Isa::available() {
                    let planes = convert(isa, space, background, &frame, chroma, depth);
                    assert!(same(&planes, &plain), "{isa:?}, {frame:?}, {chroma}, {depth} bits");
                }
            }
        }
    }
}

#[test]
fn opaque_pixels_are_the_same_in_any_format() {
    let mut random = Random(3);
    let rgb: Vec<u8> = (0..3 * 150 * 3).map(|_| random.next() as u8).collect();
    let four = |order: [usize; 3]| -> Vec<u8> {
        rgb.chunks_exact(3).flat_map(|pixel| [pixel[order[0]], pixel[order[1]], pixel[order[2]], 255]).collect()
    };
    let (rgba, bgra) = (four([0, 1, 2]), four([2, 1, 0]));
    let frames = [
        Frame::rgb8(&rgb, 150, 3),
        Frame::rgba8(&rgba, 150, 3),
        Frame::rgba8(&rgba, 150, 3).premultiplied(),
        Frame::bgra8(&bgra, 150, 3),
        Frame::bgra8(&bgra, 150, 3).premultiplied(),
    ];
    for (isa, space) in Isa::available().into_iter().flat_map(|isa| spaces().map(move |space| (isa, space))) {
        let planes = frames.map(|frame| convert(isa, space, [1, 2, 3], &frame, Chroma::Yuv420, BitDepth::Eight));
        for (other, frame) in planes.iter().zip(&frames) {
            assert!(same(other, &planes[0]), "{isa:?}, {space:?}, {frame:?}");
        }
    }
}

#[test]
fn greys_have_no_color() {
    let greys: Vec<u8> = (0..=255).collect();
    let fours: Vec<u8> = greys.iter().flat_map(|&grey| [grey, grey, grey, 255]).collect();
    for (isa, space) in Isa::available().into_iter().flat_map(|isa| spaces().map(move |space| (isa, space))) {
        for frame in [Frame::gray8(&greys, 128, 2), Frame::rgba8(&fours, 128, 2)] {
            for chroma in [Chroma::Yuv420, Chroma::Yuv422, Chroma::Yuv444] {
                let eight = convert(isa, space, [0; 3], &frame, chroma, BitDepth::Eight);
                let ten = convert(isa, space, [0; 3], &frame, chroma, BitDepth::Ten);
                for plane in [1, 2] {
                    assert!(eight.row(plane, 0).iter().all(|&sample| sample == 128), "{isa:?}, {space:?}, {frame:?}");
                    let ten = ten.row(plane, 0).chunks_exact(2);
                    assert!(
                        ten.into_iter().all(|sample| sample == 512u16.to_ne_bytes()),
                        "{isa:?}, {space:?}, {frame:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_premultiplied_color_above_its_alpha_counts_as_alpha() {
    let invalid = [200, 90, 255, 100].repeat(64);
    let valid = [100, 90, 100, 100].repeat(64);
    for isa in Isa::available() {
        let planes = [invalid.clone(), valid.clone()].map(|pixels| {
            let frame = Frame::rgba8(&pixels, 64, 1).premultiplied();
            convert(isa, ColorSpace::BT709, [255; 3], &frame, Chroma::Yuv444, BitDepth::Eight)
        });
        assert!(same(&planes[0], &planes[1]), "{isa:?}");
    }
}

#[test]
fn transparent_pixels_show_exactly_the_background() {
    let mut random = Random(4);
    for isa in Isa::available() {
        let background = [0; 3].map(|_| random.next() as u8);
        let transparent: Vec<u8> = (0..70).flat_map(|_| [random.next() as u8, 1, 2, 0]).collect();
        let [r, g, b] = background;
        let opaque = [r, g, b, 255].repeat(70);
        let [through, direct] = [&transparent, &opaque].map(|pixels| {
            convert(isa, ColorSpace::BT601, background, &Frame::rgba8(pixels, 70, 1), Chroma::Yuv420, BitDepth::Eight)
        });
        assert!(same(&through, &direct), "{isa:?}, {background:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_both_values() {
    let pixels = [255; 4 * 4 * 3];
    let frame = Frame::rgba8(&pixels, 4, 3);
    let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [0; 3]);
    let refused =
        |frame: &Frame<'_>, mut planes: Planes| converter.convert(frame, &mut planes).unwrap_err().to_string();
    let right = Planes::new(4, 3, Chroma::Yuv420, BitDepth::Eight);
    assert_eq!(
        refused(&frame, Planes::new(4, 6, Chroma::Yuv420, BitDepth::Eight)),
        "the planes' size is 4×6; it must be 4×4"
    );
    assert_eq!(
        refused(&frame, Planes::new(4, 4, Chroma::Gray, BitDepth::Eight)),
        "the planes' chroma is gray; it must be 420"
    );
    assert_eq!(
        refused(&frame, Planes::new(4, 4, Chroma::Yuv420, BitDepth::Ten)),
        "the planes' bit depth is 10; it must be 8"
    );
    let short = Frame::rgba8(&pixels[1..], 4, 3);
    assert_eq!(refused(&short, right.clone()), "the buffer is 47 bytes; a 4×3 rgba frame needs at least 48");
    let overlapping = Frame::rgba8(&pixels, 4, 3).stride(15);
    assert_eq!(refused(&overlapping, right.clone()), "the stride is 15 bytes; a 4×3 rgba frame needs at least 16");
    assert!(converter.convert(&frame, &mut right.clone()).is_ok());
    for (width, height) in [(0, 0), (0, 3), (4, 0)] {
        let mut planes = Planes::new(width, height, Chroma::Yuv420, BitDepth::Eight);
        assert!(converter.convert(&Frame::rgba8(&[], width, height), &mut planes).is_ok(), "{width}×{height}");
    }
}
