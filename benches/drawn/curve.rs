//! Points over rate factors, and what they say at equal quality.

use std::fmt;
use std::str::FromStr;

/// CPU seconds, bytes of the stream, PSNR and SSIM in dB, and the squared error of the worst blocks.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub cpu: f64,
    pub bytes: f64,
    pub psnr: f64,
    pub ssim: f64,
    pub worst: f64,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, bytes, psnr, ssim, worst } = self;
        write!(f, "{cpu:.3} {bytes} {psnr:.4} {ssim:.4} {worst:.4}")
    }
}

impl FromStr for Point {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers: Vec<f64> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [cpu, bytes, psnr, ssim, worst] = *numbers else { return Err(()) };
        Ok(Self { cpu, bytes, psnr, ssim, worst })
    }
}

/// Points of one set of options on one scene, from the best quality to the worst.
pub struct Curve(Vec<Point>);

impl Curve {
    pub fn new(points: Vec<Point>) -> Self {
        Self(points)
    }

    /// Returns a value at a quality, interpolated between the two points next to it, or extrapolated.
    fn at(&self, quality: fn(&Point) -> f64, wanted: f64, value: fn(&Point) -> f64) -> f64 {
        let last = self.0.len() - 2;
        let pair = (0..last).find(|pair| quality(&self.0[pair + 1]) <= wanted).unwrap_or(last);
        let (a, b) = (&self.0[pair], &self.0[pair + 1]);
        let share = (wanted - quality(a)) / (quality(b) - quality(a));
        value(a) + share * (value(b) - value(a))
    }

    /// Compares with another curve, at the qualities midway between that one's points.
    pub fn against(&self, other: &Self) -> Ratio {
        let mean = |quality: fn(&Point) -> f64, value: fn(&Point) -> f64| {
            let ratios = other.0.windows(2).map(|pair| {
                let wanted = f64::midpoint(quality(&pair[0]), quality(&pair[1]));
                self.at(quality, wanted, value) - other.at(quality, wanted, value)
            });
            (ratios.sum::<f64>() / (other.0.len() - 1) as f64).exp()
        };
        Ratio {
            cpu: mean(|point| point.psnr, |point| point.cpu.ln()),
            psnr: mean(|point| point.psnr, |point| point.bytes.ln()),
            ssim: mean(|point| point.ssim, |point| point.bytes.ln()),
            // A hundredth is below what can be seen.
            worst: mean(|point| point.psnr, |point| (point.worst + 0.01).ln()),
        }
    }
}

/// Multiples: CPU time at equal PSNR, size at equal PSNR and at equal SSIM, worst blocks at equal PSNR.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    pub cpu: f64,
    pub psnr: f64,
    pub ssim: f64,
    pub worst: f64,
}

impl Ratio {
    /// Returns the geometric mean.
    pub fn mean(ratios: impl Iterator<Item = Self> + Clone) -> Self {
        let mean = |value: fn(Self) -> f64| {
            let logs: Vec<f64> = ratios.clone().map(|ratio| value(ratio).ln()).collect();
            (logs.iter().sum::<f64>() / logs.len() as f64).exp()
        };
        Self { cpu: mean(|r| r.cpu), psnr: mean(|r| r.psnr), ssim: mean(|r| r.ssim), worst: mean(|r| r.worst) }
    }

    /// Returns what lies between this and another, at a share of the way, on logarithmic scales.
    pub fn toward(self, other: Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a.powf(1.0 - share) * b.powf(share);
        Self {
            cpu: mix(self.cpu, other.cpu),
            psnr: mix(self.psnr, other.psnr),
            ssim: mix(self.ssim, other.ssim),
            worst: mix(self.worst, other.worst),
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPU {:.2}, size {:.3} / {:.3}, worst {:.2}", self.cpu, self.psnr, self.ssim, self.worst)
    }
}
