//! Frame rates and the ticks that times are counted in.

use crate::{Error, Result};

/// Frames per second, as an exact fraction.
///
/// Made from a whole number, a fraction or a decimal; a decimal means the broadcast rate it abbreviates where there is
/// one (23.976, 29.97, 47.952, 59.94, 119.88), else a fraction within a millionth of it, as simple as continued fractions
/// make it.
///
/// ```
/// use kinetograph::FrameRate;
/// assert_eq!(FrameRate::from(29.97), FrameRate::from((30000, 1001)));
/// assert_eq!(FrameRate::from(12.5), FrameRate::from((25, 2)));
/// assert_eq!(FrameRate::from(30).to_string(), "30");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameRate(Rate);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rate {
    /// Numerator and denominator in lowest terms.
    Ratio(u32, u32),
    /// A decimal that no fraction stands for, kept for the error message.
    Unusable(f64),
}

/// The largest numerator and denominator of a frame rate: the timescale, which is a multiple of the numerator, then
/// fits the 32 bits that the file format and x264 have for it.
const MAX_TERM: u32 = 1_000_000;

/// The longest a frame may be at a constant rate, in seconds.
const MAX_FRAME_SECONDS: u32 = 3600;

impl FrameRate {
    /// The numerator of the fraction in lowest terms; 0 when the rate is not usable.
    pub fn numerator(self) -> u32 {
        self.terms().0
    }

    /// The denominator of the fraction in lowest terms.
    pub fn denominator(self) -> u32 {
        self.terms().1
    }

    /// Frames per second as a float.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Rate::Ratio(num, den) => f64::from(num) / f64::from(den),
            Rate::Unusable(value) => value,
        }
    }

    fn terms(self) -> (u32, u32) {
        match self.0 {
            Rate::Ratio(num, den) => (num, den),
            Rate::Unusable(_) => (0, 1),
        }
    }

    pub(crate) fn validate(self) -> Result<()> {
        let (num, den) = self.terms();
        let within = (1..=MAX_TERM).contains(&num)
            && (1..=MAX_TERM).contains(&den)
            && u64::from(den) <= u64::from(num) * u64::from(MAX_FRAME_SECONDS);
        if within {
            return Ok(());
        }
        Err(Error::setting(
            "frame_rate",
            self,
            format!(
                "it must be 1/{MAX_FRAME_SECONDS} to {MAX_TERM} frames a second, \
                 a fraction whose terms are at most {MAX_TERM}"
            ),
        ))
    }
}

impl std::fmt::Display for FrameRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Rate::Ratio(num, 1) => write!(f, "{num}"),
            Rate::Ratio(num, den) => write!(f, "{num}/{den}"),
            Rate::Unusable(value) => write!(f, "{value}"),
        }
    }
}

impl From<u32> for FrameRate {
    fn from(rate: u32) -> Self {
        Self(Rate::Ratio(rate, 1))
    }
}

impl From<(u32, u32)> for FrameRate {
    fn from((num, den): (u32, u32)) -> Self {
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a.max(1);
        Self(Rate::Ratio(num / divisor, den / divisor))
    }
}

impl From<f64> for FrameRate {
    fn from(rate: f64) -> Self {
        // Broadcast rates are written with two or three decimals and mean n·1000/1001.
        let whole = (rate * 1.001).round();
        let broadcast = whole * 1000.0 / 1001.0;
        if [24.0, 30.0, 48.0, 60.0, 120.0].contains(&whole) && (rate - broadcast).abs() < 0.005 && rate.fract() != 0.0 {
            return Self::from((whole as u32 * 1000, 1001));
        }
        if !(rate > 0.0 && rate <= f64::from(MAX_TERM)) {
            return Self(Rate::Unusable(rate));
        }
        // Continued fraction: the first convergent within a millionth.
        let (mut p, mut q, mut p1, mut q1) = (rate.floor(), 1.0, 1.0, 0.0);
        let mut rest = rate - p;
        while ((p / q - rate) / rate).abs() > 1e-6 {
            let term = (1.0 / rest).floor();
            rest = 1.0 / rest - term;
            (p, p1) = (term * p + p1, p);
            (q, q1) = (term * q + q1, q);
            if p > f64::from(MAX_TERM) || q > f64::from(MAX_TERM) {
                return Self(Rate::Unusable(rate));
            }
        }
        Self::from((p as u32, q as u32))
    }
}

impl std::str::FromStr for FrameRate {
    type Err = Error;

    /// Reads `30`, `30000/1001` or `29.97`.
    fn from_str(text: &str) -> Result<Self> {
        let unreadable = || Error::setting("frame_rate", format!("{text:?}"), "write it as 30, 30000/1001 or 29.97");
        let rate = match text.split_once('/') {
            Some((num, den)) => {
                let term = |text: &str| text.trim().parse::<u32>().map_err(|_| unreadable());
                Self::from((term(num)?, term(den)?))
            }
            None => match text.trim().parse::<u32>() {
                Ok(whole) => Self::from(whole),
                Err(_) => Self::from(text.trim().parse::<f64>().map_err(|_| unreadable())?),
            },
        };
        rate.validate()?;
        Ok(rate)
    }
}

/// How the times of a movie are counted: its timescale and the ticks of one frame.
///
/// At a constant rate the timescale is the numerator of the rate times the power of two that brings it to 10,000 or
/// more, as ffmpeg chooses it, or a smaller one if frames are minutes long; at a variable rate it is the multiple of the
/// numerator that reaches 90,000. Either way a frame of the nominal rate has a whole number of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// Ticks a second.
    pub timescale: u32,
    /// Ticks of one frame at the nominal rate.
    pub frame: u32,
    /// Whether frames may begin at any tick; otherwise they begin at multiples of `frame`.
    pub variable: bool,
}

impl Clock {
    /// The longest time from one frame to the next, in ticks: ffmpeg takes composition offsets of 2^28 at most, and a
    /// keyframe is decoded two frames before it is shown.
    pub const MAX_GAP: i64 = 1 << 27;

    /// The longest time from one frame to the next, in ticks, unless the next is a keyframe. With x264's deepest
    /// reordering a frame is shown 17 frames after it has been decoded, one of which may be as long as a gap can be.
    pub const MAX_FRAME: i64 = Self::MAX_GAP / 17;

    /// Why [`tick_at`](Self::tick_at) gives no tick.
    pub const UNCOUNTABLE: &str = "it must be a number, not negative, of at most 2^53 ticks";

    /// `rate` must be valid.
    pub fn new(rate: FrameRate, variable: bool) -> Self {
        let (num, den) = rate.terms();
        let multiple = if variable {
            90_000u32.div_ceil(num)
        } else {
            let fits = |m: &u32| i64::from(den) * i64::from(*m) <= Self::MAX_FRAME;
            let powers = std::iter::successors(Some(1u32), |m| Some(m * 2)).take_while(fits);
            powers.take_while(|m| num * (m / 2) < 10_000).last().unwrap_or(1)
        };
        Self { timescale: num * multiple, frame: den * multiple, variable }
    }

    /// The tick nearest to a time in seconds, on a frame's beginning if the rate is constant; `None` if it is negative,
    /// not a number or beyond what 53 bits count exactly.
    pub fn tick_at(self, seconds: f64) -> Option<i64> {
        let step = if self.variable { 1 } else { i64::from(self.frame) };
        let steps = (seconds * f64::from(self.timescale) / step as f64).round();
        let limit = (1i64 << 53) as f64 / step as f64;
        (steps >= 0.0 && steps <= limit).then(|| steps as i64 * step)
    }

    /// The time of a tick, in seconds.
    pub fn seconds(self, ticks: i64) -> f64 {
        ticks as f64 / f64::from(self.timescale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_mean_the_broadcast_rate_they_abbreviate() {
        for (decimal, num) in
            [(23.976, 24000), (23.98, 24000), (29.97, 30000), (47.952, 48000), (59.94, 60000), (119.88, 120000)]
        {
            assert_eq!(FrameRate::from(decimal), FrameRate::from((num, 1001)), "{decimal}");
        }
        assert_eq!(FrameRate::from(24.0), FrameRate::from(24));
        assert_eq!(FrameRate::from(0.1), FrameRate::from((1, 10)));
        assert_eq!(FrameRate::from(1.0 / 3.0), FrameRate::from((1, 3)));
    }

    #[test]
    fn unusable_rates_are_refused_with_their_value() {
        for (rate, shown) in [
            (FrameRate::from(0), "frame_rate is 0;"),
            (FrameRate::from((30, 0)), "frame_rate is 1/0;"),
            (FrameRate::from(f64::NAN), "frame_rate is NaN;"),
            (FrameRate::from(-5.0), "frame_rate is -5;"),
            (FrameRate::from(f64::INFINITY), "frame_rate is inf;"),
            (FrameRate::from(1e-9), "frame_rate is 0.000000001;"),
            (FrameRate::from(2_000_000), "frame_rate is 2000000;"),
        ] {
            let error = rate.validate().unwrap_err().to_string();
            assert!(error.starts_with(shown), "{error}");
        }
    }

    #[test]
    fn a_frame_is_a_whole_number_of_ticks_at_every_rate() {
        for rate in [
            (1, 3600),
            (1, 1),
            (24, 1),
            (25, 1),
            (30, 1),
            (24000, 1001),
            (30000, 1001),
            (1000, 1),
            (999_999, 1_000_000),
        ] {
            for variable in [false, true] {
                let rate = FrameRate::from(rate);
                rate.validate().unwrap();
                let clock = Clock::new(rate, variable);
                assert_eq!(
                    u64::from(clock.frame) * u64::from(rate.numerator()),
                    u64::from(clock.timescale) * u64::from(rate.denominator())
                );
                let long = i64::from(clock.frame) > Clock::MAX_FRAME / 2;
                assert!(long || clock.timescale >= if variable { 90_000 } else { 10_000 });
                assert!(variable || i64::from(clock.frame) <= Clock::MAX_FRAME);
            }
        }
        assert_eq!(Clock::new(30.into(), false).timescale, 15360);
    }
}
