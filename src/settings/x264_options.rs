//! x264's options by name: which are refused, and what x264 does not check by itself before it relies on it.

use crate::{Error, Result};

/// Options that are refused, and why. x264 takes `_` for `-` and a prefix `no` or `no-` in names.
const REFUSED: &[(&str, &str)] = &[
    ("it would read or write files", "stats pass dump-yuv cqmfile opencl opencl-clbin opencl-device"),
    (
        "use the setter of Settings instead",
        "preset tune profile fps crf qp qp-constant bitrate vbv-maxrate vbv-bufsize sar threads level level-idc keyint \
         fullrange range colorprim transfer colormatrix chromaloc input-csp csp output-csp input-depth output-depth \
         input-res timebase",
    ),
    (
        "the crate itself decides it",
        "annexb repeat-headers global-header vfr-input force-cfr log log-level psnr ssim crop-rect avcintra-class \
         avcintra-flavor",
    ),
    (
        "frames of this crate are progressive pictures",
        "interlaced tff bff fake-interlaced pulldown pic-struct nal-hrd bluray-compat frame-packing",
    ),
    ("players could not begin anywhere but at the first frame", "intra-refresh"),
];

/// The longest value in bytes. x264 copies zones into the stream's first message, and into a buffer of a million bytes
/// without looking at its end.
const MAX_VALUE: usize = 1 << 16;

/// Checks an option by itself; x264 checks the rest of it when the encoder is opened.
pub(super) fn validate(name: &str, value: &str) -> Result<()> {
    let refuse = |why: &str| Err(Error::setting("x264_option", format!("{name:?}"), why));
    if name.contains('\0') || value.contains('\0') {
        return refuse("names and values must not contain a NUL character");
    }
    if value.len() > MAX_VALUE {
        return refuse(&format!("its value has {} bytes, and may have {MAX_VALUE}", value.len()));
    }
    let dashed = name.replace('_', "-");
    let plain = dashed.strip_prefix("no").map_or(&*dashed, |rest| rest.trim_start_matches('-'));
    if let Some((why, _)) = REFUSED.iter().find(|(_, names)| names.split(' ').any(|refused| refused == plain)) {
        return refuse(why);
    }
    let wrong = |allowed: &str| Err(Error::setting(format!("x264 option {name}"), format!("{value:?}"), allowed));
    match plain {
        // x264 would make "false" or "true" of the value.
        "cqm" | "zones" if plain != dashed => refuse("x264 has no option of that name"),
        // Any other value is the name of a file.
        "cqm" if !["flat", "jvt"].contains(&value) => wrong("it must be flat or jvt"),
        "zones" if !value.split('/').all(is_zone) => wrong(
            "it must be START,END,q=QUANTISER or START,END,b=FACTOR, several of them joined by /, with frames that \
             ascend, quantisers of 0 to 69 and factors of 0.01 to 100",
        ),
        _ => Ok(()),
    }
}

/// Whether x264 takes this for a zone: it reads zones when its threads run already, and does not end them when it
/// cannot. A zone's further options would evade the checks above.
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
