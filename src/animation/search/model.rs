//! `SizeModel`: the size of a movie as a function of the rate factor, from the sizes that were seen so far.
//!
//! The logarithm of a size is close to linear in the rate factor, with a slope that differs from part to part of a
//! movie. A sample gives an estimate of each part's curve. Measured sizes correct it, where there are some. The other
//! parts are corrected by the same ratio as the parts that were measured.

use super::factor::Factor;

/// The slope of a size where nothing else is known, and the slopes that are believed beyond the factors of a sample. A
/// rate factor that is higher by 6 usually halves the size.
const SIZE: Slopes = Slopes { usual: -std::f64::consts::LN_2 / 6.0, flattest: -0.02, steepest: -0.35 };

/// The same of the ratio of a measured size to an estimate.
const CORRECTION: Slopes = Slopes { usual: 0.0, flattest: 0.1, steepest: -0.1 };

const CONSTANT: Slopes = Slopes { usual: 0.0, flattest: 0.0, steepest: 0.0 };

/// How far apart two factors are at least whose sizes give a slope. Sizes of close factors differ by chance.
const MIN_DISTANCE: f64 = 0.5;

/// The bytes of a movie's parts at one rate factor, without the container. Of a try that was stopped, those of the parts
/// at the beginning.
struct Sizes {
    crf: f64,
    parts: Vec<f64>,
}

pub(super) struct SizeModel {
    parts: usize,
    estimated: Vec<Sizes>,
    measured: Vec<Sizes>,
}

impl SizeModel {
    /// Creates the model of a movie of which nothing is known.
    pub fn new(parts: usize) -> Self {
        Self { parts, estimated: Vec::new(), measured: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.estimated.is_empty() && self.measured.is_empty()
    }

    /// Adds the estimated sizes of all parts.
    pub fn estimate(&mut self, factor: Factor, parts: Vec<f64>) {
        self.estimated.push(Sizes { crf: factor.crf().into(), parts });
    }

    /// Adds the sizes of the parts at the beginning, or of all parts.
    pub fn measure(&mut self, factor: Factor, parts: Vec<f64>) {
        let crf = factor.crf().into();
        self.measured.retain(|earlier| earlier.crf != crf);
        self.measured.push(Sizes { crf, parts });
    }

    /// Returns the factors of the estimates.
    pub fn estimated(&self) -> impl Iterator<Item = f64> + '_ {
        self.estimated.iter().map(|sizes| sizes.crf)
    }

    /// Returns whether a whole movie was measured.
    pub fn has_whole(&self) -> bool {
        self.measured.iter().any(|sizes| sizes.parts.len() == self.parts)
    }

    /// Returns the curves of all parts.
    pub fn curves(&self) -> Vec<PartCurve> {
        let estimates = (0..self.parts).map(|part| {
            let points = self.estimated.iter().map(|sizes| (sizes.crf, sizes.parts[part].max(1.0).ln()));
            Line::new(points.collect(), SIZE)
        });
        let estimates: Vec<Line> = estimates.collect();
        let usual = self.usual_correction(&estimates);
        let curve = |(part, estimate): (usize, &Line)| {
            let measured = self.measured.iter().filter(|sizes| sizes.parts.len() > part);
            let points = measured.map(|sizes| {
                let correction = sizes.parts[part].max(1.0).ln() - estimate.at(sizes.crf);
                (sizes.crf, correction - usual.at(sizes.crf))
            });
            PartCurve { estimate: estimate.clone(), usual: usual.clone(), own: Line::new(points.collect(), CONSTANT) }
        };
        estimates.iter().enumerate().map(curve).collect()
    }

    /// Returns by how much the estimates of all parts are wrong together, as a logarithm.
    ///
    /// A try that was stopped tells how much the size of the beginning differs from that with another factor. The same
    /// is supposed of the parts that it does not have.
    fn usual_correction(&self, estimates: &[Line]) -> Line {
        let Some(longest) = self.measured.iter().max_by_key(|sizes| sizes.parts.len()) else {
            return Line::new(Vec::new(), CORRECTION);
        };
        let ratio = |sizes: &Sizes, parts: usize| {
            let estimated = estimates[..parts].iter().map(|line| line.at(sizes.crf).exp());
            let pairs = sizes.parts.iter().copied().zip(estimated);
            let (measured, estimated) = pairs.fold((1.0, 1e-9), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
            f64::ln(measured / estimated)
        };
        let all = self.level(longest, estimates);
        let points = self.measured.iter().map(|sizes| {
            let common = sizes.parts.len();
            (sizes.crf, all + ratio(sizes, common) - ratio(longest, common))
        });
        Line::new(points.collect(), CORRECTION)
    }

    /// Returns by how much the estimates of the parts are wrong that were measured with one factor. If these are some,
    /// the one that exceeds its estimate most is left out: it has a keyframe, and most of the others have none.
    fn level(&self, sizes: &Sizes, estimates: &[Line]) -> f64 {
        let estimated = |part: usize| estimates[part].at(sizes.crf).exp();
        let mut parts: Vec<usize> = (0..sizes.parts.len()).collect();
        if (4..self.parts).contains(&parts.len()) {
            parts.sort_by(|one, other| {
                let excess = |part: usize| sizes.parts[part] - estimated(part);
                excess(*one).total_cmp(&excess(*other))
            });
            parts.pop();
        }
        let measured: f64 = parts.iter().map(|part| sizes.parts[*part]).sum();
        let estimated: f64 = parts.iter().map(|part| estimated(*part)).sum();
        ((measured + 1.0) / (estimated + 1e-9)).ln()
    }
}

/// The size of a part as a function of the rate factor.
pub(super) struct PartCurve {
    estimate: Line,
    /// The logarithm of what corrects the estimates of all parts.
    usual: Line,
    /// The logarithm of what corrects this one further.
    own: Line,
}

impl PartCurve {
    pub fn bytes(&self, factor: Factor) -> f64 {
        let crf = factor.crf().into();
        (self.estimate.at(crf) + self.usual.at(crf) + self.own.at(crf)).exp()
    }
}

/// The slopes of a [`Line`] beyond its points.
#[derive(Clone, Copy)]
struct Slopes {
    /// The slope if there is one point.
    usual: f64,
    flattest: f64,
    steepest: f64,
}

/// A function that is linear from point to point.
#[derive(Clone)]
struct Line {
    /// In the order of the first number, which differs from point to point.
    points: Vec<(f64, f64)>,
    slopes: Slopes,
}

impl Line {
    fn new(mut points: Vec<(f64, f64)>, slopes: Slopes) -> Self {
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self { points, slopes }
    }

    fn at(&self, x: f64) -> f64 {
        let after = self.points.partition_point(|point| point.0 < x);
        let (before, after) = self.points.split_at(after);
        match (before.last(), after.first()) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (x - x0) * (y1 - y0) / (x1 - x0),
            (Some(end), None) => end.1 + (x - end.0) * self.slope(*end, before.iter().rev()),
            (None, Some(end)) => end.1 + (x - end.0) * self.slope(*end, after.iter()),
            (None, None) => self.slopes.usual * x,
        }
    }

    /// Returns the slope beyond a point at an end. `points` are all points, beginning with that.
    fn slope<'p>(&self, (x0, y0): (f64, f64), mut points: impl Iterator<Item = &'p (f64, f64)>) -> f64 {
        let far = points.find(|point| (point.0 - x0).abs() >= MIN_DISTANCE);
        let Slopes { usual, flattest, steepest } = self.slopes;
        far.map_or(usual, |(x1, y1)| ((y1 - y0) / (x1 - x0)).clamp(steepest, flattest))
    }
}
