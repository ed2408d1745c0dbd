//! `Settings::validate`: the ranges and combinations of encoder settings that are allowed.

use super::range::{outside, within};
use super::{BitDepth, Chroma, OddSize, Profile, Quality, Settings, x264_options};
use crate::time::Clock;
use crate::{Error, Result};

impl Settings {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Setting`] or [`Error::X264Option`] for the first one that cannot be used, with its value and what is
    /// allowed. x264 itself checks the values of [`x264_option`](Self::x264_option) when the movie is created.
    pub fn validate(&self) -> Result<()> {
        within("width", self.width, 1..=Self::MAX_SIDE)?;
        within("height", self.height, 1..=Self::MAX_SIDE)?;
        let coded = self.coded_size();
        for (name, side, coded) in [("width", self.width, coded.0), ("height", self.height, coded.1)] {
            if self.odd_size == OddSize::Refuse && side != coded {
                return Err(Error::setting(name, side, format!("it must be even for chroma {}", self.chroma)));
            }
        }
        self.frame_rate.validate()?;
        let clock = self.clock();
        if i64::from(clock.frame) > Clock::MAX_FRAME {
            let longest = Clock::MAX_FRAME / i64::from(clock.timescale);
            let allowed = format!("with variable_rate it must be at least 1/{longest} frames per second");
            return Err(Error::setting("frame_rate", self.frame_rate, allowed));
        }
        self.validate_quality()?;
        self.validate_vbv()?;
        self.validate_profile()?;
        if let (Some(location), Chroma::Yuv422 | Chroma::Yuv444 | Chroma::Gray) = (self.chroma_location, self.chroma) {
            return Err(Error::setting("chroma_location", location, format!("chroma {} has none", self.chroma)));
        }
        if let Some(frames) = self.keyframe_interval {
            within("keyframe_interval", frames, 1..=100_000)?;
        }
        self.container.validate_for(self.coded_size(), self.pixel_aspect)?;
        if let Some(threads) = self.threads {
            within("threads", threads, 1..=128)?;
        }
        self.container.validate()?;
        self.x264_options.iter().try_for_each(|(name, value)| x264_options::validate(name, value))
    }

    fn validate_quality(&self) -> Result<()> {
        let deep = self.bit_depth == BitDepth::Ten;
        let refused = match self.quality {
            Quality::Crf(crf) => outside("crf", crf, if deep { -12.0 } else { 0.0 }..=51.0),
            Quality::Qp(qp) => outside("qp", qp, 0..=if deep { 63 } else { 51 }),
            Quality::Bitrate(rate) => outside("bitrate", rate, 1..=2_000_000),
            Quality::Lossless => None,
            Quality::MaxBytes(bytes) => outside("max_bytes", bytes, 1..=i64::MAX as u64),
        };
        refused.map_or(Ok(()), |allowed| Err(Error::setting("quality", self.quality, allowed)))
    }

    fn validate_vbv(&self) -> Result<()> {
        let Some(vbv) = self.vbv else { return Ok(()) };
        let rate = vbv.max_kbit_per_second;
        let refused = outside("max_kbit_per_second", rate, 1..=2_000_000)
            .or_else(|| outside("buffer_kbit", vbv.buffer_kbit, 1..=2_000_000))
            // x264 would ignore the limits without a rate to control, and lower a bit rate above them, with a warning.
            .or_else(|| match self.quality {
                _ if self.is_constant_qp() => Some("it needs a bit rate, or a rate factor that is not lossless".into()),
                Quality::Bitrate(average) if average > rate => {
                    Some(format!("max_kbit_per_second must be at least the bitrate, {average}"))
                }
                _ => None,
            });
        let value = || format!("{rate} kbit/s into {} kbit", vbv.buffer_kbit);
        refused.map_or(Ok(()), |allowed| Err(Error::setting("vbv", value(), allowed)))
    }

    /// Returns whether x264 codes without loss.
    fn is_lossless(&self) -> bool {
        match self.quality {
            Quality::Lossless | Quality::Qp(0) => true,
            // x264 truncates the factor to a whole quantiser; at 10 bits these begin at −12.
            Quality::Crf(crf) => crf + if self.bit_depth == BitDepth::Ten { 12.0 } else { 0.0 } < 1.0,
            _ => false,
        }
    }

    /// Returns whether x264 has no rate to control.
    fn is_constant_qp(&self) -> bool {
        matches!(self.quality, Quality::Qp(_)) || self.is_lossless()
    }

    /// Checks the profile. x264 would refuse it too, but prints the reason only on standard error.
    fn validate_profile(&self) -> Result<()> {
        let Some(profile) = self.profile else { return Ok(()) };
        let (least, why) = [
            (Profile::High444, "lossless quality", self.is_lossless()),
            (Profile::High444, "chroma 444", self.chroma == Chroma::Yuv444),
            (Profile::High422, "chroma 422", self.chroma == Chroma::Yuv422),
            (Profile::High10, "bit_depth 10", self.bit_depth == BitDepth::Ten),
            (Profile::High, "chroma gray", self.chroma == Chroma::Gray),
        ]
        .into_iter()
        .find_map(|(least, why, needed)| needed.then_some((least, why)))
        .unwrap_or((Profile::Baseline, ""));
        if profile < least {
            return Err(Error::setting("profile", profile, format!("it must be at least {least} for {why}")));
        }
        Ok(())
    }
}
