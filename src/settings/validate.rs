//! Whether settings can make a movie, found out before anything exists.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::tag::NOT_TEXT;
use super::{Chroma, OddSize, Profile, Quality, Rotation, Settings, x264_options};
use crate::time::Clock;
use crate::{Error, Result};

impl Settings {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Setting`] names the first one that cannot be used, its value and what is allowed. The values of
    /// [`x264_option`](Self::x264_option) are checked by x264 when the movie is created.
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
            return Err(Error::setting(
                "frame_rate",
                self.frame_rate,
                format!("with variable_rate it must be at least 1/{longest} frames a second"),
            ));
        }
        self.validate_quality()?;
        if let Some(frames) = self.keyframe_interval {
            within("keyframe_interval", frames, 1..=100_000)?;
        }
        within("pixel_aspect's width", self.pixel_aspect.0, 1..=65_535)?;
        within("pixel_aspect's height", self.pixel_aspect.1, 1..=65_535)?;
        self.validate_shown_size()?;
        if let Some(threads) = self.threads {
            within("threads", threads, 1..=128)?;
        }
        within("fragment_seconds", self.container.fragment_seconds, 0.01..=3600.0)?;
        // A box's size has 32 bits, and the moov that holds the tags is built in memory.
        let mut bytes = 0;
        for (tag, text) in &self.container.tags {
            if NOT_TEXT.contains(&&tag.key()) {
                let allowed = "its value is not text; use another key";
                return Err(Error::setting("tag", tag.key().escape_ascii(), allowed));
            }
            within(&format!("the length of tag {}", tag.key().escape_ascii()), text.len(), 0..=1 << 20)?;
            bytes += text.len() + 24;
            within("the length of all tags", bytes, 0..=16 << 20)?;
        }
        self.x264_options.iter().try_for_each(|(name, value)| x264_options::validate(name, value))
    }

    /// Players scale the one side or the other; ffmpeg loses frames where that side vanishes, and the container has 16
    /// bits for it.
    fn validate_shown_size(&self) -> Result<()> {
        let ((width, height), (wide, high)) = (self.coded_size(), self.pixel_aspect);
        let scaled = |side: u32, by: u32, to: u32| u64::from(side) * u64::from(by) / u64::from(to);
        let sides = [scaled(width, wide, high), scaled(height, high, wide)];
        // A turned frame is moved back by its size, which has a sign.
        let most = if self.container.rotation == Rotation::None { 65_535 } else { 32_767 };
        if sides.iter().all(|side| (1..=most).contains(side)) {
            return Ok(());
        }
        let allowed =
            format!("a frame of {width}×{height} must have 1 to {most} pixels when either side is scaled by it");
        Err(Error::setting("pixel_aspect", format!("{wide}:{high}"), allowed))
    }

    fn validate_quality(&self) -> Result<()> {
        if ![8, 10].contains(&self.bit_depth) {
            return Err(Error::setting("bit_depth", self.bit_depth, "it must be 8 or 10"));
        }
        let deep = self.bit_depth == 10;
        match self.quality {
            Quality::Crf(crf) => within("crf", crf, if deep { -12.0 } else { 0.0 }..=51.0)?,
            Quality::Qp(qp) => within("qp", qp, 0..=if deep { 63 } else { 51 })?,
            Quality::Bitrate(rate) => within("bitrate", rate, 1..=2_000_000)?,
            Quality::Lossless => {}
        }
        if let Some(vbv) = self.vbv {
            within("vbv's max_kbit_per_second", vbv.max_kbit_per_second, 1..=2_000_000)?;
            within("vbv's buffer_kbit", vbv.buffer_kbit, 1..=2_000_000)?;
            // x264 would ignore the one and lower the other, with a warning.
            let rate = vbv.max_kbit_per_second;
            let allowed = match self.quality {
                _ if self.is_constant_qp() => Some("it needs a bit rate, or a rate factor that is not lossless".into()),
                Quality::Bitrate(average) if average > rate => {
                    Some(format!("it must be at least the bitrate, {average}"))
                }
                _ => None,
            };
            if let Some(allowed) = allowed {
                return Err(Error::setting("vbv's max_kbit_per_second", rate, allowed));
            }
        }
        self.validate_profile()
    }

    /// Whether x264 codes without loss.
    fn is_lossless(&self) -> bool {
        match self.quality {
            Quality::Lossless | Quality::Qp(0) => true,
            // x264 cuts the factor to a whole quantiser, which begins at −12 for 10 bits.
            Quality::Crf(crf) => crf + if self.bit_depth == 10 { 12.0 } else { 0.0 } < 1.0,
            _ => false,
        }
    }

    /// Whether x264 has no rate to control.
    fn is_constant_qp(&self) -> bool {
        matches!(self.quality, Quality::Qp(_)) || self.is_lossless()
    }

    /// x264 refuses these too, but says why on standard error only.
    fn validate_profile(&self) -> Result<()> {
        let Some(profile) = self.profile else { return Ok(()) };
        let (least, why) = [
            (Profile::High444, "lossless quality", self.is_lossless()),
            (Profile::High444, "chroma 444", self.chroma == Chroma::Yuv444),
            (Profile::High422, "chroma 422", self.chroma == Chroma::Yuv422),
            (Profile::High10, "bit_depth 10", self.bit_depth == 10),
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

fn within<T: PartialOrd + Display>(name: &str, value: T, range: RangeInclusive<T>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Error::setting(name, value, format!("it must be {} to {}", range.start(), range.end())))
}
