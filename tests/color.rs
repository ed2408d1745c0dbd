//! The converter against the formulas of H.273 in 64-bit floating point.

use kinetograph::color::{Converter, Isa, Planes};
use kinetograph::{Chroma, ColorSpace, Frame, Matrix, PixelFormat, Range};

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
    let (bits, format) = (planes.bit_depth(), frame.format());
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

#[test]
fn every_format_matrix_range_chroma_and_depth_is_correctly_rounded() {
    let mut random = Random(1);
    for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
        let space = ColorSpace { matrix, range, ..ColorSpace::BT709 };
        for (&chroma, bits) in Chroma::ALL.iter().flat_map(|c| [8, 10].map(|bits| (c, bits))) {
            for &format in PixelFormat::ALL {
                let (width, height) = (1 + random.next() % 150, 1 + random.next() % 5);
                let stride = width as usize * format.bytes_per_pixel() + random.next() as usize % 9;
                let background = [0; 3].map(|_| random.next() as u8);
                let pixels = random.pixels((width as usize, height as usize, stride), format);
                let frame = Frame::new(&pixels, width as u32, height as u32, format).stride(stride);
                let mut planes = Planes::new(width as u32, height as u32, chroma, bits);
                for isa in Isa::available() {
                    let converter = Converter::new(space, chroma, bits, background).with_isa(isa);
                    converter.convert(&frame, &mut planes).unwrap();
                    assert_rounded(space, background, &frame, &pixels, stride, &planes);
                }
            }
        }
    }
}
