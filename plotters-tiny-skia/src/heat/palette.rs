//! `Palette`: the colours of a range of values.

use plotters_backend::BackendColor;
use tiny_skia::Color;

use crate::{ColorMap, Error, blend::Ink};

/// The number of steps that a colour map is divided into, as in matplotlib.
pub(super) const COLORS: usize = 256;

/// The colours of values.
pub(super) struct Palette {
    pub low: f64,
    pub high: f64,
    pub colors: Vec<[u8; 3]>,
    missing: Option<Ink>,
}

impl Palette {
    /// Returns the colours from `low` to `high`, if that is a range.
    pub fn new(low: f64, high: f64, color_map: ColorMap, missing: Color) -> Result<Self, Error> {
        if !(low.is_finite() && high.is_finite() && low <= high) {
            return Err(Error::Range { low, high });
        }
        let color = |index| color_map.color(index as f64 / (COLORS - 1) as f64);
        let rgb = [missing.red(), missing.green(), missing.blue()].map(|component| (component * 255.0).round() as u8);
        let missing = Ink::new(BackendColor { alpha: f64::from(missing.alpha()), rgb: rgb.into() });
        Ok(Self { low, high, colors: (0..COLORS).map(color).collect(), missing })
    }

    /// Returns the position of a value in the range: 0 at its lower end, 1 at its upper end. If the range is empty,
    /// only values above it have a position above 0.
    pub fn fraction(&self, value: f64) -> f64 {
        // Halved, so that the width of the widest range does not overflow.
        let fraction = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        if fraction.is_nan() { 0.0 } else { fraction }
    }

    pub fn paint(&self, value: f64, pixel: &mut [u8; 4]) {
        if value.is_nan() {
            if let Some(ink) = self.missing {
                ink.over(pixel);
            }
            return;
        }
        let [red, green, blue] = self.colors[((self.fraction(value) * COLORS as f64) as usize).min(COLORS - 1)];
        *pixel = [red, green, blue, 255];
    }
}
