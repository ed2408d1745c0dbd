//! Chooses round numbers along an axis, with their labels, for colour bars.

/// Returns about `count` round values from `low` to `high` with their labels, or a single one if both are the same.
///
/// The values are multiples of a step, which is 1, 2 or 5 times a power of ten and near the width of the range divided
/// by `count` (P. Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990).
pub(super) fn ticks(low: f64, high: f64, count: f64) -> Vec<(f64, String)> {
    let exact = (high / 2.0 - low / 2.0) / count * 2.0;
    let power = 10.0_f64.powf(exact.log10().floor());
    let step = match exact / power {
        factor if factor < 1.5 => power,
        factor if factor < 3.5 => 2.0 * power,
        factor if factor < 7.5 => 5.0 * power,
        _ => 10.0 * power,
    };
    let largest = low.abs().max(high.abs());
    // The range is empty, or so narrow that an f64 cannot tell multiples of the step apart.
    if !(step.is_normal() && largest / step < 1e15) {
        let plain = largest == 0.0 || (1e-4..1e6).contains(&largest);
        return vec![(low, with_minus(if plain { format!("{low}") } else { format!("{low:e}") }))];
    }
    // The tolerance keeps a tick at an end that rounding puts just outside the range.
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    let scientific = largest >= 1e6 || step < 1e-4;
    // The number of digits that distinguishes neighbouring labels.
    let decimals = if scientific { largest.log10().floor() - step.log10().floor() } else { -step.log10().floor() };
    let decimals = decimals.max(0.0) as usize;
    let label = |value: f64| match scientific {
        true if value == 0.0 => "0".to_owned(),
        true => format!("{value:.decimals$e}"),
        false => format!("{value:.decimals$}"),
    };
    (first..=last).map(|multiple| multiple as f64 * step).map(|value| (value, with_minus(label(value)))).collect()
}

/// Replaces hyphens by minus signs, which are as wide as a plus.
fn with_minus(label: String) -> String {
    label.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, count: f64) -> Vec<String> {
        ticks(low, high, count).into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn labels_are_round_and_distinct() {
        assert_eq!(labels(0.0, 1.0, 5.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-1.0, 1.0, 4.0), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(3.0, 99.0, 5.0), ["20", "40", "60", "80"]);
        assert_eq!(labels(0.0, 4e7, 4.0), ["0", "1e7", "2e7", "3e7", "4e7"]);
        assert_eq!(labels(3.25, 3.25, 4.0), ["3.25"]);
        assert_eq!(labels(0.0, 3e-6, 3.0), ["0", "1e−6", "2e−6", "3e−6"]);
    }

    #[test]
    fn every_range_has_one_to_twelve_ticks() {
        for low in [-1e300, -7.0, -1e-9, 0.0, 1e-300, 3.3, 1e16, f64::MAX] {
            for width in [0.0, 1e-300, 1e-12, 0.7, 42.0, 1e200, f64::MAX] {
                let high = (low + width).min(f64::MAX);
                let values: Vec<f64> = ticks(low, high, 5.0).into_iter().map(|tick| tick.0).collect();
                assert!((1..=12).contains(&values.len()), "{low}..{high}: {values:?}");
                let tolerance = (high / 2.0 - low / 2.0) * 1e-6;
                assert!(
                    values.iter().all(|&value| value >= low - tolerance && value <= high + tolerance),
                    "{low}..{high}: {values:?}"
                );
            }
        }
    }
}
