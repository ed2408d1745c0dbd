//! The difference between decoded pictures and the originals, over all planes.

use std::io::{self, Read};

/// Sums over all frames.
pub struct Difference {
    size: (usize, usize),
    squares: f64,
    similarity: f64,
    windows: f64,
    /// The sum of squared errors of each macroblock.
    blocks: Vec<u32>,
}

impl Difference {
    pub fn new((width, height): (u32, u32)) -> Self {
        let size = (width as usize, height as usize);
        Self { size, squares: 0.0, similarity: 0.0, windows: 0.0, blocks: Vec::new() }
    }

    /// Compares all frames of I420 with those that `decoded` yields.
    pub fn compare(mut self, originals: &[u8], mut decoded: impl Read) -> io::Result<Self> {
        let (width, height) = self.size;
        let mut frame = vec![0; width * height * 3 / 2];
        for original in originals.chunks(frame.len()) {
            decoded.read_exact(&mut frame)?;
            let first = self.blocks.len();
            let across = width.div_ceil(16);
            self.blocks.resize(first + across * height.div_ceil(16), 0);
            let mut begin = 0;
            for (width, height, side) in [(width, height, 16), (width / 2, height / 2, 8), (width / 2, height / 2, 8)] {
                let end = begin + width * height;
                let (a, b) = (&original[begin..end], &frame[begin..end]);
                for (y, (a, b)) in a.chunks(width).zip(b.chunks(width)).enumerate() {
                    let blocks = &mut self.blocks[first + y / side * across..];
                    for ((a, b), block) in a.chunks(side).zip(b.chunks(side)).zip(blocks) {
                        let squares = |(a, b): (&u8, &u8)| u32::from(a.abs_diff(*b)).pow(2);
                        *block += a.iter().zip(b).map(squares).sum::<u32>();
                    }
                }
                self.add_similarity(a, b, width);
                begin = end;
            }
            self.squares += self.blocks[first..].iter().map(|block| f64::from(*block)).sum::<f64>();
        }
        Ok(self)
    }

    /// Adds the structural similarity of windows of 8×8 samples, four apart, as ffmpeg and x264 compute it.
    fn add_similarity(&mut self, a: &[u8], b: &[u8], width: usize) {
        let columns = width / 4;
        let sums = |a: &[u8], b: &[u8]| -> Vec<[i64; 4]> {
            let mut sums = vec![[0_i64; 4]; columns];
            for (a, b) in a.chunks(width).zip(b.chunks(width)) {
                for (sum, (a, b)) in sums.iter_mut().zip(a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0)) {
                    let mut add = [0_i32; 4];
                    for (a, b) in a.iter().zip(b) {
                        let (a, b) = (i32::from(*a), i32::from(*b));
                        add = [add[0] + a, add[1] + b, add[2] + a * a + b * b, add[3] + a * b];
                    }
                    sum.iter_mut().zip(add).for_each(|(sum, add)| *sum += i64::from(add));
                }
            }
            sums
        };
        let rows: Vec<_> = a.chunks_exact(4 * width).zip(b.chunks_exact(4 * width)).map(|(a, b)| sums(a, b)).collect();
        for pair in rows.windows(2) {
            for (upper, lower) in pair[0].windows(2).zip(pair[1].windows(2)) {
                let [s1, s2, ss, s12] =
                    [0, 1, 2, 3].map(|i| (upper[0][i] + upper[1][i] + lower[0][i] + lower[1][i]) as f64);
                let (c1, c2) = (0.01 * 0.01 * 255.0 * 255.0 * 64.0, 0.03 * 0.03 * 255.0 * 255.0 * 64.0 * 63.0);
                let (variances, covariance) = (64.0 * ss - s1 * s1 - s2 * s2, 64.0 * s12 - s1 * s2);
                self.similarity +=
                    (2.0 * s1 * s2 + c1) * (2.0 * covariance + c2) / ((s1 * s1 + s2 * s2 + c1) * (variances + c2));
                self.windows += 1.0;
            }
        }
    }

    /// Returns PSNR in dB.
    pub fn psnr(&self) -> f64 {
        let samples = self.size.0 * self.size.1 * 3 / 2;
        let frames = self.blocks.len() / (self.size.0.div_ceil(16) * self.size.1.div_ceil(16));
        10.0 * (255.0 * 255.0 * (samples * frames) as f64 / self.squares.max(1.0)).log10()
    }

    /// Returns SSIM in dB: how far it is from 1.
    pub fn ssim(&self) -> f64 {
        -10.0 * (1.0 - self.similarity / self.windows).max(1e-9).log10()
    }

    /// Returns the 99th percentile of the mean squared error of macroblocks.
    pub fn worst(&mut self) -> f64 {
        let index = self.blocks.len() * 99 / 100;
        f64::from(*self.blocks.select_nth_unstable(index).1) / 384.0
    }
}
