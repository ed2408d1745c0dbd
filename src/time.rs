//! `FrameRate` and `Clock`: exact frame rates, and the conversion between seconds and ticks.

use crate::{Error, Result};

/// Frames per second, as an exact fraction.
///
/// It is created from a whole number, a fraction or a decimal, and prints as and parses from `30`, `30000/1001` or
/// `29.97`. A decimal that abbreviates a broadcast rate (23.976, 29.97, 47.952, 59.94, 119.88) means that rate. Any
/// other decimal becomes the first convergent of its continued fraction within a millionth of it.
///
/// The conversions cannot fail, so that `frame_rate(29.97)` needs no `?`. A value that cannot be a rate, such as 0 or
/// NaN, is kept, and [`Settings::validate`](crate::Settings::validate) refuses it. Usable rates are 1/3600 to 1,000,000
/// frames per second, with a numerator and a denominator of at most 1,000,000. Parsing refuses all others at once.
///
/// Rates are equal if they are the same fraction. Values that cannot be a rate are equal if they have the same bits.
///
/// ```
/// use kinetograph::FrameRate;
/// assert_eq!(FrameRate::from(29.97), FrameRate::from((30000, 1001)));
/// assert_eq!(FrameRate::from(12.5), FrameRate::from((25, 2)));
/// assert_eq!(FrameRate::from(30).to_string(), "30");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate(Rate);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Rate {
    /// Numerator and denominator in lowest terms.
    Ratio(u32, u32),
    /// The bits of a decimal that cannot be a rate, kept for the error message. As bits, NaN equals itself.
    Unusable(u64),
}

/// The largest numerator and denominator of a frame rate. The timescale, a multiple of the numerator, then fits in the
/// 32 bits that the file format and x264 have for it.
const MAX_TERM: u32 = 1_000_000;

/// The longest duration of a frame at a constant rate, in seconds.
const MAX_FRAME_SECONDS: u32 = 3600;

impl FrameRate {
    /// Returns the numerator of the fraction in lowest terms, or 0 for a decimal that cannot be a rate.
    pub fn numerator(self) -> u32 {
        self.terms().0
    }

    /// Returns the denominator of the fraction in lowest terms, or 1 for a decimal that cannot be a rate.
    pub fn denominator(self) -> u32 {
        self.terms().1
    }

    /// Returns the frames per second as a float. For a decimal that cannot be a rate, it returns that decimal.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Rate::Ratio(num, den) => f64::from(num) / f64::from(den),
            Rate::Unusable(bits) => f64::from_bits(bits),
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
                "it must be 1/{MAX_FRAME_SECONDS} to {MAX_TERM} frames per second, \
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
            Rate::Unusable(bits) => write!(f, "{}", f64::from_bits(bits)),
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
        // The divisor of a u32 is a u32.
        let divisor = gcd(num.into(), den.into()).max(1) as u32;
        Self(Rate::Ratio(num / divisor, den / divisor))
    }
}

impl From<f64> for FrameRate {
    fn from(rate: f64) -> Self {
        // Broadcast rates are n·1000/1001, and are written with two or three decimals.
        let whole = (rate * 1.001).round();
        let broadcast = whole * 1000.0 / 1001.0;
        if [24.0, 30.0, 48.0, 60.0, 120.0].contains(&whole) && (rate - broadcast).abs() < 0.005 && rate.fract() != 0.0 {
            return Self::from((whole as u32 * 1000, 1001));
        }
        if !(rate > 0.0 && rate <= f64::from(MAX_TERM)) {
            return Self(Rate::Unusable(rate.to_bits()));
        }
        // The first convergent of the continued fraction within a millionth.
        let (mut p, mut q, mut p1, mut q1) = (rate.floor(), 1.0, 1.0, 0.0);
        let mut rest = rate - p;
        while ((p / q - rate) / rate).abs() > 1e-6 {
            let term = (1.0 / rest).floor();
            rest = 1.0 / rest - term;
            (p, p1) = (term * p + p1, p);
            (q, q1) = (term * q + q1, q);
            if p > f64::from(MAX_TERM) || q > f64::from(MAX_TERM) {
                return Self(Rate::Unusable(rate.to_bits()));
            }
        }
        Self::from((p as u32, q as u32))
    }
}

impl std::str::FromStr for FrameRate {
    type Err = Error;

    /// Parses `30`, `30000/1001` or `29.97`.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other text and for a rate that is not usable.
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

/// The timescale of a movie and the ticks of one frame.
///
/// At a constant rate the timescale is the numerator of the rate times the smallest power of two that makes it 10,000
/// or more, as in ffmpeg, or a smaller power if frames last minutes. At a variable rate it is the smallest multiple of
/// the numerator that is at least 90,000. In both cases a frame of the nominal rate has a whole number of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// Ticks per second.
    pub timescale: u32,
    /// Ticks of one frame at the nominal rate.
    pub frame: u32,
    /// Whether frames may begin at any tick, and not only at multiples of `frame`.
    pub variable: bool,
}

impl Clock {
    /// The longest time from one frame to the next, in ticks. ffmpeg accepts composition offsets of at most 2^28, and a
    /// keyframe is decoded two frames before it is presented.
    pub const MAX_GAP: i64 = 1 << 27;

    /// The longest time from one frame to the next, in ticks, unless the next is a keyframe. With x264's deepest
    /// reordering, a frame is presented 17 frames after it is decoded, and each of these frames may be that long.
    pub const MAX_FRAME: i64 = Self::MAX_GAP / 17;

    /// Creates the clock of a valid frame rate.
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

    /// Returns the tick nearest to a time in seconds. At a constant rate, it is the nearest beginning of a frame.
    /// Returns `None` if the time is negative, not a number, or more ticks than the 53 bits of a float count exactly.
    pub fn tick_at(self, seconds: f64) -> Option<i64> {
        let step = if self.variable { 1 } else { i64::from(self.frame) };
        let steps = (seconds * f64::from(self.timescale) / step as f64).round();
        let limit = (1i64 << 53) as f64 / step as f64;
        (steps >= 0.0 && steps <= limit).then(|| steps as i64 * step)
    }

    /// Returns the time of a tick in seconds.
    pub fn seconds(self, ticks: i64) -> f64 {
        ticks as f64 / f64::from(self.timescale)
    }
}

/// Returns the greatest common divisor of two numbers that are not negative. That of 0 and `a` is `a`.
pub(crate) fn gcd(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
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
    fn equal_rates_have_equal_hashes_and_nan_equals_itself() {
        let rates = [0.5.into(), (1, 2).into(), (2, 4).into(), f64::NAN.into(), f64::NAN.into(), f64::INFINITY.into()];
        let different: std::collections::HashSet<FrameRate> = rates.into_iter().collect();
        assert_eq!(different.len(), 3);
    }

    #[test]
    fn a_rate_parses_from_what_it_prints() {
        for rate in [FrameRate::from(30), FrameRate::from(29.97), FrameRate::from((1, 3600))] {
            assert_eq!(rate.to_string().parse::<FrameRate>().unwrap(), rate);
        }
        for text in ["", "0", "NaN", "-1", "30/0", "fast"] {
            text.parse::<FrameRate>().unwrap_err();
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
