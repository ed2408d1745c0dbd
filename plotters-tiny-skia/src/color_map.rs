//! `ColorMap`: the functions from values to colours that heat maps use.

/// A function from values, 0 to 1, to colours.
///
/// ```
/// use plotters_tiny_skia::ColorMap;
///
/// assert_eq!(ColorMap::GRAY.color(0.2), [51, 51, 51]);
/// let green = ColorMap::new(|value| [0, (255.0 * value) as u8, 0]);
/// assert_eq!(green.color(1.0), [0, 255, 0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ColorMap(fn(f64) -> [u8; 3]);

/// Creates a map from a gradient of the `colorous` crate.
macro_rules! gradient {
    ($name:ident) => {
        ColorMap(|value| colorous::$name.eval_continuous(value).into_array())
    };
}

impl ColorMap {
    /// Dark blue to green to yellow, with evenly increasing lightness. It is the default of matplotlib.
    pub const VIRIDIS: Self = gradient!(VIRIDIS);
    /// Black to purple to orange to light yellow, with evenly increasing lightness.
    pub const MAGMA: Self = gradient!(MAGMA);
    /// Blue to red to yellow, with evenly increasing lightness.
    pub const PLASMA: Self = gradient!(PLASMA);
    /// Black to red to yellow to nearly white, with evenly increasing lightness.
    pub const INFERNO: Self = gradient!(INFERNO);
    /// Blue to yellow. It looks nearly the same to people with red-green colour blindness.
    pub const CIVIDIS: Self = gradient!(CIVIDIS);
    /// Blue to green to yellow to red: a rainbow without false edges.
    pub const TURBO: Self = gradient!(TURBO);
    /// Black to white.
    pub const GRAY: Self = Self(|value| [(value * 255.0).round() as u8; 3]);
    /// Blue to white to red, for values on both sides of a middle. matplotlib calls it `RdBu_r`.
    pub const BLUE_RED: Self = Self(|value| colorous::RED_BLUE.eval_continuous(1.0 - value).into_array());
    /// Blue to yellow to red, for values on both sides of a middle. matplotlib calls it `Spectral_r`.
    pub const SPECTRAL: Self = Self(|value| colorous::SPECTRAL.eval_continuous(1.0 - value).into_array());
    /// Once around the colour wheel, for angles: both ends have the same colour.
    pub const SINEBOW: Self = gradient!(SINEBOW);

    /// Creates a map from a function that returns red, green and blue, 0 to 255, for a value from 0 to 1.
    pub const fn new(map: fn(f64) -> [u8; 3]) -> Self {
        Self(map)
    }

    /// Returns red, green and blue, 0 to 255, of a value. Values below 0 and NaN have the colour of 0. Values above 1
    /// have the colour of 1.
    pub fn color(self, value: f64) -> [u8; 3] {
        (self.0)(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matplotlib_maps_begin_and_end_as_published() {
        // The first and last entries of the tables that van der Walt and Smith published for matplotlib 1.5.
        for (map, first, last) in [
            (ColorMap::VIRIDIS, [0x44, 0x01, 0x54], [0xfd, 0xe7, 0x25]),
            (ColorMap::MAGMA, [0x00, 0x00, 0x04], [0xfc, 0xfd, 0xbf]),
            (ColorMap::INFERNO, [0x00, 0x00, 0x04], [0xfc, 0xff, 0xa4]),
            (ColorMap::PLASMA, [0x0d, 0x08, 0x87], [0xf0, 0xf9, 0x21]),
        ] {
            for (at, expected) in [(0.0, first), (1.0, last), (-3.0, first), (7.0, last), (f64::NAN, first)] {
                let got = map.color(at);
                let off = got.iter().zip(expected).map(|(got, expected)| got.abs_diff(expected)).max();
                assert!(off <= Some(1), "{at}: {got:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn sequential_maps_never_darken() {
        let maps = [ColorMap::VIRIDIS, ColorMap::MAGMA, ColorMap::PLASMA, ColorMap::INFERNO, ColorMap::GRAY];
        for map in maps {
            // BT.709 luminance of the linearised components.
            let linear = |component: u8| (f64::from(component) / 255.0).powf(2.2);
            let bright = |at| {
                let [red, green, blue] = map.color(at);
                0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
            };
            for step in 0..32 {
                let (low, high) = (bright(f64::from(step) / 32.0), bright(f64::from(step + 1) / 32.0));
                assert!(high > low, "{map:?} at {step}/32: {low}, then {high}");
            }
        }
    }

    #[test]
    fn diverging_maps_are_blue_below_and_red_above() {
        for map in [ColorMap::BLUE_RED, ColorMap::SPECTRAL] {
            let ([red, _, blue], [warm_red, _, warm_blue]) = (map.color(0.05), map.color(0.95));
            assert!(blue > red && warm_red > warm_blue);
        }
        assert!(ColorMap::BLUE_RED.color(0.5).iter().all(|&component| component > 230));
    }
}
