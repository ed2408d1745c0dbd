//! The checks of x264 options by name: which ones are refused, and what x264 itself fails to check.

use std::borrow::Cow;

use crate::{Error, Result};

/// Reasons, and the options that are refused for them. x264 accepts `_` for `-` in a name, and a prefix `no` or `no-`.
const REFUSED: &[(&str, &str)] = &[
    ("it would read or write files", "stats pass dump-yuv cqmfile opencl opencl-clbin opencl-device"),
    (
        "use the setter of Settings instead",
        "preset tune profile fps crf qp qp-constant bitrate vbv-maxrate vbv-bufsize sar threads level level-idc keyint \
         fullrange range colorprim transfer colormatrix chromaloc input-csp csp output-csp input-depth output-depth \
         input-res timebase",
    ),
    (
        "the crate decides it",
        "annexb repeat-headers global-header vfr-input force-cfr log log-level psnr ssim crop-rect avcintra-class \
         avcintra-flavor",
    ),
    (
        "pictures of this crate are progressive",
        "interlaced tff bff fake-interlaced pulldown pic-struct nal-hrd bluray-compat frame-packing",
    ),
    ("players could only start at the first frame", "intra-refresh"),
];

/// The maximum size of a value in bytes. x264 copies zones into the first SEI message of the stream, and into a buffer
/// of a million bytes without a check.
const MAX_VALUE: usize = 1 << 16;

/// Returns whether x264 takes two names for the same option.
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    one.replace('_', "-") == other.replace('_', "-")
}

/// Checks what x264 does not check. x264 checks everything else when the encoder is opened.
pub(super) fn validate(name: &str, value: &str) -> Result<()> {
    check(name, value).map_err(|reason| Error::x264_option(name, value, reason))
}

fn check(name: &str, value: &str) -> Result<(), Cow<'static, str>> {
    if name.contains('\0') || value.contains('\0') {
        return Err("names and values must not contain a NUL character".into());
    }
    if value.len() > MAX_VALUE {
        return Err(format!("the value has {} bytes; at most {MAX_VALUE} are allowed", value.len()).into());
    }
    let dashed = name.replace('_', "-");
    let plain = dashed.strip_prefix("no").map_or(&*dashed, |rest| rest.trim_start_matches('-'));
    if let Some((reason, _)) = REFUSED.iter().find(|(_, names)| names.split(' ').any(|refused| refused == plain)) {
        return Err((*reason).into());
    }
    match plain {
        // x264 would replace the value by "false" or "true".
        "cqm" | "zones" if plain != dashed => Err("x264 has no option of that name".into()),
        // Any other value is the name of a file.
        "cqm" if !["flat", "jvt"].contains(&value) => Err("the value must be flat or jvt".into()),
        "zones" if !value.split('/').all(is_zone) => {
            Err("the value must be START,END,q=QUANTISER or START,END,b=FACTOR, or several of them joined by /, with \
                 ascending frames, quantisers of 0 to 69 and factors of 0.01 to 100"
                .into())
        }
        _ => Ok(()),
    }
}

/// Returns whether x264 can parse the text as a zone. x264 parses zones after it has started its threads, and does not
/// stop them when it fails. Further options of a zone would evade the checks above.
fn is_zone(text: &str) -> bool {
    let parts: Vec<&str> = text.split(',').collect();
    let &[start, end, change] = &*parts else { return false };
    let frame = |text: &str| text.parse::<i32>().ok().filter(|frame| *frame >= 0);
    let ascends = matches!((frame(start), frame(end)), (Some(start), Some(end)) if start <= end);
    ascends
        && match change.split_once('=') {
            Some(("q", quantiser)) => quantiser.parse().is_ok_and(|quantiser| (0..=69).contains(&quantiser)),
            Some(("b", factor)) => factor.parse().is_ok_and(|factor| (0.01..=100.0).contains(&factor)),
            _ => false,
        }
}
