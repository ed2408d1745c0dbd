//! Settings as x264's parameters, in the order that x264's own program sets them: equal settings make equal streams.

use std::ffi::{CStr, CString, c_int};
use std::mem::MaybeUninit;
use std::sync::Arc;

use x264_sys::*;

use super::log::Log;
use super::{MidstreamKeyframes, Threading};
use crate::settings::{Chroma, Quality, Settings};
use crate::{Error, Result, settings::Range};

/// x264's parameters, with the strings that x264 has allocated for them.
pub(super) struct Parameters {
    raw: x264_param_t,
    /// What this processor can do, as x264 has found out.
    detected: u32,
}

impl Parameters {
    /// The parameters for valid settings, their messages going to `log`.
    pub fn new(settings: &Settings, threading: Threading, log: &Arc<Log>) -> Result<Self> {
        let preset = c_string(settings.preset.name());
        let tune = settings.tune.map(|tune| c_string(tune.name()));
        let mut raw = MaybeUninit::uninit();
        // SAFETY: the function sets every field of the memory given, whatever it held; the strings are terminated.
        let status = unsafe {
            x264_param_default_preset(
                raw.as_mut_ptr(),
                preset.as_ptr(),
                tune.as_ref().map_or(std::ptr::null(), |t| t.as_ptr()),
            )
        };
        // SAFETY: x264_param_default_preset begins with x264_param_default, which sets all fields, on every path.
        let raw = unsafe { raw.assume_init() };
        let mut parameters = Self { detected: raw.cpu, raw };
        if status < 0 {
            // Presets and tunes are enums here, so only an x264 older or newer than their names gets here.
            let names = (settings.preset, settings.tune);
            return Err(refused("choosing preset and tune", format!("{names:?} is unknown to this libx264")));
        }
        log.attach(&mut parameters.raw);
        // Names of files that are never used; x264 copies them, and loses the copies when it refuses to open.
        (parameters.raw.rc.psz_stat_in, parameters.raw.rc.psz_stat_out) = (std::ptr::null_mut(), std::ptr::null_mut());
        parameters.set_picture(settings);
        parameters.set_rate(settings);
        parameters.set_keyframe_interval(settings);
        parameters.set_threads(settings, threading);
        let is_level = settings.level.map(|level| parameters.parse("level", level.name())).transpose()?.is_some();
        for (name, value) in &settings.x264_options {
            parameters.parse(name, value)?;
        }
        // x264 raises it to a least interval given by name.
        parameters.set_keyframe_interval(settings);
        let chooses_references = |(name, _): &(String, String)| name == "ref" || name == "frameref";
        if is_level && !settings.x264_options.iter().any(chooses_references) {
            parameters.fit_references_to_level();
        }
        parameters.apply_profile(settings)?;
        parameters.keep_equal_frames_equal();
        Ok(parameters)
    }

    pub fn as_mut(&mut self) -> &mut x264_param_t {
        &mut self.raw
    }

    fn set_picture(&mut self, settings: &Settings) {
        let raw = &mut self.raw;
        let (width, height) = settings.coded_size();
        (raw.i_width, raw.i_height) = (width as c_int, height as c_int);
        raw.i_csp = color_format(settings.chroma, settings.bit_depth);
        raw.i_bitdepth = settings.bit_depth.into();
        let vui = &mut raw.vui;
        (vui.i_sar_width, vui.i_sar_height) = (settings.pixel_aspect.0 as c_int, settings.pixel_aspect.1 as c_int);
        vui.b_fullrange = (settings.color_space.range == Range::Full).into();
        vui.i_colorprim = settings.color_space.primaries.code().into();
        vui.i_transfer = settings.color_space.transfer.code().into();
        vui.i_colmatrix = settings.color_space.matrix.code().into();
        // The converter takes the mean of 2×2 pixels, which is type 1, the centre (H.264 Figure E-1). Other chroma
        // formats have no type.
        vui.i_chroma_loc = (settings.chroma == Chroma::Yuv420).into();
        // As x264's program writes a stream: rate control counts start codes and repeated parameter sets as bits, so that
        // another form would make another stream. `Encoder` makes of it what MP4 wants.
        raw.b_annexb = 1;
        raw.b_repeat_headers = 1;
    }

    fn set_rate(&mut self, settings: &Settings) {
        let raw = &mut self.raw;
        let (rate, clock) = (settings.frame_rate, settings.clock());
        (raw.i_fps_num, raw.i_fps_den) = (rate.numerator(), rate.denominator());
        raw.b_vfr_input = clock.variable.into();
        (raw.i_timebase_num, raw.i_timebase_den) =
            if clock.variable { (1, clock.timescale) } else { (rate.denominator(), rate.numerator()) };
        let rc = &mut raw.rc;
        let (method, constant_qp) = match settings.quality {
            Quality::Crf(crf) => {
                rc.f_rf_constant = crf;
                (X264_RC_CRF, None)
            }
            Quality::Bitrate(kbit_per_second) => {
                rc.i_bitrate = kbit_per_second as c_int;
                (X264_RC_ABR, None)
            }
            Quality::Qp(qp) => (X264_RC_CQP, Some(qp)),
            Quality::Lossless => (X264_RC_CQP, Some(0)),
        };
        rc.i_rc_method = method as c_int;
        if let Some(qp) = constant_qp {
            rc.i_qp_constant = qp.into();
        }
        if let Some(vbv) = settings.vbv {
            rc.i_vbv_max_bitrate = vbv.max_kbit_per_second as c_int;
            rc.i_vbv_buffer_size = vbv.buffer_kbit as c_int;
        }
    }

    fn set_keyframe_interval(&mut self, settings: &Settings) {
        if let Some(frames) = settings.keyframe_interval {
            self.raw.i_keyint_max = frames as c_int;
        }
    }

    fn set_threads(&mut self, settings: &Settings, threading: Threading) {
        let raw = &mut self.raw;
        match threading {
            Threading::OwnThreads => {
                if let Some(threads) = settings.threads {
                    raw.i_threads = threads as c_int;
                }
            }
            Threading::CallersThread => {
                raw.i_threads = 1;
                raw.i_lookahead_threads = 1;
                raw.i_sync_lookahead = 0;
            }
        }
    }

    /// Sets an option by its name in x264's program.
    fn parse(&mut self, name: &str, value: &str) -> Result<()> {
        let (c_name, c_value) = (c_string(name), c_string(value));
        // SAFETY: the parameters are initialised and exclusively borrowed; both strings are terminated and copied.
        let status = unsafe { x264_param_parse(&mut self.raw, c_name.as_ptr(), c_value.as_ptr()) };
        // x264 believes an option that names instructions the processor lacks.
        self.raw.cpu &= self.detected;
        match status {
            0 if self.numbers().iter().all(|number| number.is_finite()) => Ok(()),
            X264_PARAM_BAD_NAME => {
                Err(Error::setting("x264_option", format!("{name:?}"), "x264 has no option of that name"))
            }
            _ => Err(Error::setting(
                format!("x264 option {name}"),
                format!("{value:?}"),
                "x264 does not take that value",
            )),
        }
    }

    /// What options can set to NaN, which passes x264's own limits and ends as an index into its tables.
    fn numbers(&self) -> [f32; 11] {
        let (rc, analyse) = (&self.raw.rc, &self.raw.analyse);
        [
            rc.f_rf_constant_max,
            rc.f_rate_tolerance,
            rc.f_vbv_buffer_init,
            rc.f_ip_factor,
            rc.f_pb_factor,
            rc.f_aq_strength,
            rc.f_qcompress,
            rc.f_qblur,
            rc.f_complexity_blur,
            analyse.f_psy_rd,
            analyse.f_psy_trellis,
        ]
    }

    /// Takes as many reference frames as the decoded picture buffer of the level holds, as x264's program does: the
    /// library keeps a preset's number and exceeds the level.
    fn fit_references_to_level(&mut self) {
        let raw = &mut self.raw;
        let macroblocks = ((raw.i_width + 15) / 16) * ((raw.i_height + 15) / 16);
        let mut level = (&raw const x264_levels).cast::<x264_level_t>();
        // SAFETY: x264.h declares x264_levels as a constant array that ends with a level_idc of 0; the loop leaves at
        // that entry, so the pointer stays inside the array.
        unsafe {
            while (*level).level_idc != 0 && c_int::from((*level).level_idc) != raw.i_level_idc {
                level = level.add(1);
            }
            if (*level).level_idc != 0 {
                let most = (*level).dpb / macroblocks.max(1);
                raw.i_frame_reference = raw.i_frame_reference.min(most.max(1));
            }
        }
    }

    /// x264's AVX-512 code for macroblock trees takes 8 macroblocks at a time, and those beyond the end of a row from
    /// memory that nobody has set: equal frames then make different streams.
    fn keep_equal_frames_equal(&mut self) {
        let raw = &mut self.raw;
        if raw.rc.b_mb_tree != 0 && (raw.i_width + 15) / 16 % 8 != 0 {
            raw.cpu &= !X264_CPU_AVX512;
        }
    }

    fn apply_profile(&mut self, settings: &Settings) -> Result<()> {
        let Some(profile) = settings.profile else { return Ok(()) };
        let name = c_string(profile.name());
        // SAFETY: the parameters are initialised and exclusively borrowed; the string is terminated.
        match unsafe { x264_param_apply_profile(&mut self.raw, name.as_ptr()) } {
            0 => Ok(()),
            _ => Err(refused("choosing the profile", format!("{profile} does not serve the other settings"))),
        }
    }
}

impl Drop for Parameters {
    fn drop(&mut self) {
        // SAFETY: the parameters are initialised; what x264 has allocated for them is freed here and nowhere else.
        unsafe { x264_param_cleanup(&mut self.raw) }
    }
}

/// x264's name for planes of this kind.
pub(super) fn color_format(chroma: Chroma, bit_depth: u8) -> c_int {
    let planes = match chroma {
        Chroma::Gray => X264_CSP_I400,
        Chroma::Yuv420 => X264_CSP_I420,
        Chroma::Yuv422 => X264_CSP_I422,
        Chroma::Yuv444 => X264_CSP_I444,
    };
    (planes | if bit_depth > 8 { X264_CSP_HIGH_DEPTH } else { 0 }) as c_int
}

/// What an open encoder's parameters make of a keyframe that is not the first of its stream. x264 makes that as fine as
/// the pictures before, and finer by a factor (rate_estimate_qscale in its ratecontrol.c); of the first it knows none.
pub(super) fn midstream_keyframes(parameters: &x264_param_t) -> MidstreamKeyframes {
    let rc = &parameters.rc;
    if rc.i_rc_method != X264_RC_CRF as c_int || parameters.i_keyint_max == 1 {
        MidstreamKeyframes::AsTheFirst
    } else if rc.b_mb_tree == 0 {
        MidstreamKeyframes::AsPicturesBefore
    } else {
        MidstreamKeyframes::Finer
    }
}

/// The parameters of an open encoder with the constant rate factor that makes a first keyframe as fine as later ones,
/// where these are [finer](MidstreamKeyframes::Finer): with macroblock trees, that factor alone gives all pictures their
/// quantiser (get_qscale), and later keyframes are finer than that.
pub(super) fn for_midstream_keyframes(parameters: &x264_param_t) -> x264_param_t {
    let mut finer = *parameters;
    finer.rc.f_rf_constant -= 6.0 * finer.rc.f_ip_factor.log2();
    finer
}

fn refused(doing: &'static str, message: String) -> Error {
    Error::X264 { doing, message }
}

/// The text up to its first NUL, which `Settings::validate` has refused where it can be part of the input.
fn c_string(text: &str) -> CString {
    let mut bytes: Vec<u8> = text.bytes().take_while(|byte| *byte != 0).collect();
    bytes.push(0);
    CStr::from_bytes_until_nul(&bytes).map(CString::from).unwrap_or_default()
}
