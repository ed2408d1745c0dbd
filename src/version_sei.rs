//! x264's SEI, a text with its version and its options: the rate factor in it. `encoder` writes it, and `mp4` reads it.

use std::ops::Range;

use crate::nal;

/// The number of bytes of the identifier before the text (H.264, D.1.7).
const UUID: usize = 16;

/// What precedes the factor. Only streams of constant rate factor have it.
const NAME: &[u8] = b" crf=";

/// Returns the rate factor that x264's SEI states. Returns `None` if the NAL unit is another one, or states none.
pub(crate) fn rate_factor(unit: &[u8]) -> Option<f32> {
    let payload = payload(unit)?;
    std::str::from_utf8(&payload[value(payload)?]).ok()?.parse().ok().filter(|factor: &f32| factor.is_finite())
}

/// Returns x264's SEI with all digits of the rate factor. x264 states one digit after the point, and rounds the others.
pub(crate) fn with_rate_factor(unit: &[u8], factor: f32) -> Vec<u8> {
    let parts = payload(unit).filter(|_| rate_factor(unit) != Some(factor));
    let Some((payload, value)) = parts.and_then(|payload| Some((payload, value(payload)?))) else {
        return unit.to_vec();
    };
    let payload = [&payload[..value.start], factor.to_string().as_bytes(), &payload[value.end..]].concat();
    // The size is as many bytes of 255 as it takes and a smaller one (H.264, 7.3.2.3.1). The last bit of the unit is set.
    let sizes = [vec![255; payload.len() / 255], vec![(payload.len() % 255) as u8]].concat();
    // Nothing in it has to be escaped: neither the identifier nor the text has zeros, except the one that ends the text.
    [&unit[..2], &sizes, &payload, &[0x80]].concat()
}

/// Returns the payload of x264's SEI: the identifier and the text.
fn payload(unit: &[u8]) -> Option<&[u8]> {
    let sizes = unit.get(2..).filter(|_| nal::is_sei(unit, nal::USER_DATA_UNREGISTERED))?;
    let full = sizes.iter().take_while(|byte| **byte == 255).count();
    let size = 255 * full + usize::from(*sizes.get(full)?);
    let payload = sizes.get(full + 1..)?.get(..size)?;
    payload.get(UUID..)?.starts_with(b"x264 ").then_some(payload)
}

/// Finds the digits of the factor.
fn value(payload: &[u8]) -> Option<Range<usize>> {
    let start = payload.windows(NAME.len()).position(|bytes| bytes == NAME)? + NAME.len();
    let digits = payload[start..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    Some(start..start + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns an SEI with a text, as x264 makes it.
    fn sei(text: &str) -> Vec<u8> {
        let payload = [&[7; UUID][..], text.as_bytes(), &[0]].concat();
        let sizes = [vec![255; payload.len() / 255], vec![(payload.len() % 255) as u8]].concat();
        [&[nal::SEI, nal::USER_DATA_UNREGISTERED][..], &sizes, &payload, &[0x80]].concat()
    }

    #[test]
    fn a_factor_has_all_its_digits() {
        // Lengths around a multiple of 255, at which the size takes one more byte.
        for padding in (0..600).step_by(200).chain(200..240) {
            let text = |factor: &str| format!("x264 - core 164 {} rc=crf crf={factor} qcomp=0.60", "x".repeat(padding));
            for factor in [23.45_f32, 0.0, 18.333_334, 51.0, 12.05, 9.999] {
                let stated = sei(&text(&format!("{factor:.1}")));
                let exact = with_rate_factor(&stated, factor);
                assert_eq!(rate_factor(&exact), Some(factor));
                let is_stated = format!("{factor:.1}").parse() == Ok(factor);
                assert_eq!(exact, if is_stated { stated } else { sei(&text(&factor.to_string())) });
            }
        }
    }

    #[test]
    fn other_units_state_none_and_stay_as_they_are() {
        let damaged = &sei("x264 - core 164 crf=23.0 qcomp")[..20];
        let other = [sei("x264 - core 164 rc=cqp qp=20"), sei("Lavc crf=23.0"), sei("x264 - crf=. "), damaged.to_vec()];
        for unit in other.iter().map(|unit| &**unit).chain([&[][..], &[nal::SEI], &[nal::SPS, 5, 9], &[6, 5, 255, 255]])
        {
            assert_eq!(rate_factor(unit), None, "{unit:?}");
        }
        for unit in [&other[0][..], &other[1], damaged, &[]] {
            assert_eq!(with_rate_factor(unit, 18.5), unit);
        }
    }
}
