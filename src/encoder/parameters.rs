//! `Parameters`: translates `Settings` to x264's parameters, in the order of the x264 program, so that equal settings
//! make equal streams.

use std::ffi::{CString, c_int};
use std::mem::MaybeUninit;
use std::sync::Arc;

use x264_sys::*;

use super::log::Log;
use crate::settings::{BitDepth, Chroma, ChromaLocation, Quality, Range, Settings, Tune};
use crate::{Error, Result};

/// The threads that an encoder works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threading {
    /// x264 starts its own threads, as many as the settings say.
    OwnThreads,
    /// x264 works on the thread that calls it, for encoders that run side by side.
    CallersThread,
}

/// How x264 quantises keyframes after the first one of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MidstreamKeyframes {
    /// Like the first one.
    AsTheFirst,
    /// More finely than the first one, by a constant factor.
    Finer,
    /// Depending on the pictures before, which rate control has seen.
    AsPicturesBefore,
}

/// x264's parameters. They are always initialised, and own what they point to: the log, and strings that x264 has
/// allocated.
pub(super) struct Parameters {
    raw: x264_param_t,
    log: Arc<Log>,
    /// The instruction sets that x264 has detected.
    detected: u32,
}

impl Parameters {
    /// Creates the parameters for valid settings.
    ///
    /// # Errors
    /// [`Error::Setting`] for an x264 option that x264 does not take and for a number of bytes, [`Error::X264`] for a preset, a tune or a profile
    /// that it refuses.
    pub fn new(settings: &Settings, threading: Threading) -> Result<Self> {
        let preset = c_string(settings.preset.name())?;
        let tune = settings.tune.filter(|tune| *tune != Tune::Drawn).map(|tune| c_string(tune.name())).transpose()?;
        let mut raw = MaybeUninit::uninit();
        // SAFETY: `raw` is valid for writes, and `CString` guarantees that the strings end with a NUL.
        let status = unsafe {
            x264_param_default_preset(
                raw.as_mut_ptr(),
                preset.as_ptr(),
                tune.as_ref().map_or(std::ptr::null(), |t| t.as_ptr()),
            )
        };
        // SAFETY: on every path x264_param_default_preset begins with x264_param_default, which sets every byte.
        let raw = unsafe { raw.assume_init() };
        let mut parameters = Self { detected: raw.cpu, raw, log: Log::new() };
        if status < 0 {
            // Presets and tunes are enums, so only a libx264 that lacks one of their names gets here.
            let names = (settings.preset, settings.tune);
            return Err(refused("choosing preset and tune", format!("{names:?} is unknown to this libx264")));
        }
        // SAFETY: these parameters own the log, and `Handle`, which opens encoders with them, owns it too.
        unsafe { parameters.log.attach(&mut parameters.raw) };
        // x264 leaks its copies of these file names when it refuses to open, and only two-pass encoding uses them.
        (parameters.raw.rc.psz_stat_in, parameters.raw.rc.psz_stat_out) = (std::ptr::null_mut(), std::ptr::null_mut());
        parameters.set_picture(settings);
        parameters.set_rate(settings)?;
        parameters.set_keyframe_interval(settings);
        parameters.set_threads(settings, threading);
        let is_level = settings.level.map(|level| parameters.parse("level", level.name())).transpose()?.is_some();
        for (name, value) in settings.encoder_options() {
            parameters.parse(name, value)?;
        }
        // The option min-keyint may have raised the interval.
        parameters.set_keyframe_interval(settings);
        let chooses_references = |(name, _)| name == "ref" || name == "frameref";
        if is_level && !settings.encoder_options().any(chooses_references) {
            parameters.fit_references_to_level();
        }
        parameters.apply_profile(settings)?;
        parameters.avoid_uninitialised_reads();
        Ok(parameters)
    }

    pub fn as_mut(&mut self) -> &mut x264_param_t {
        &mut self.raw
    }

    /// Returns the log that encoders opened with these parameters report to.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    fn set_picture(&mut self, settings: &Settings) {
        let raw = &mut self.raw;
        let (width, height) = settings.coded_size();
        (raw.i_width, raw.i_height) = (width as c_int, height as c_int);
        raw.i_csp = color_format(settings.chroma, settings.bit_depth);
        raw.i_bitdepth = settings.bit_depth.bits().into();
        let vui = &mut raw.vui;
        (vui.i_sar_width, vui.i_sar_height) = (settings.pixel_aspect.0 as c_int, settings.pixel_aspect.1 as c_int);
        vui.b_fullrange = (settings.color_space.range == Range::Full).into();
        vui.i_colorprim = settings.color_space.primaries.code().into();
        vui.i_transfer = settings.color_space.transfer.code().into();
        vui.i_colmatrix = settings.color_space.matrix.code().into();
        // The converter averages 2×2 pixels, whose centre is the location. Other chroma formats have none.
        if settings.chroma == Chroma::Yuv420 {
            vui.i_chroma_loc = settings.chroma_location.unwrap_or(ChromaLocation::Center).code().into();
        }
        // x264's program writes Annex B with repeated headers. Rate control counts them as bits, so anything else would
        // change the stream. `Encoder` removes them for MP4.
        raw.b_annexb = 1;
        raw.b_repeat_headers = 1;
    }

    /// # Errors
    /// [`Error::Setting`] for a number of bytes. Which rate factor it takes is found above this module.
    fn set_rate(&mut self, settings: &Settings) -> Result<()> {
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
            Quality::MaxBytes(_) => {
                let allowed = "its frames come once, and finding the rate factor takes frames that can be made again: \
                               use Animation::new or Animation::from_frames, or set crf or a bit rate";
                return Err(Error::setting("quality", settings.quality, allowed));
            }
        };
        rc.i_rc_method = method as c_int;
        if let Some(qp) = constant_qp {
            rc.i_qp_constant = qp.into();
        }
        if let Some(vbv) = settings.vbv {
            rc.i_vbv_max_bitrate = vbv.max_kbit_per_second as c_int;
            rc.i_vbv_buffer_size = vbv.buffer_kbit as c_int;
        }
        Ok(())
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
    ///
    /// # Errors
    /// [`Error::Setting`] if x264 has no such option or does not take the value.
    fn parse(&mut self, name: &str, value: &str) -> Result<()> {
        let (c_name, c_value) = (c_string(name)?, c_string(value)?);
        // SAFETY: `Parameters` guarantees that they are initialised, and `CString` that both strings end with a NUL.
        // x264 copies what it keeps of the strings.
        let status = unsafe { x264_param_parse(&mut self.raw, c_name.as_ptr(), c_value.as_ptr()) };
        // The option asm can name instruction sets that the CPU lacks.
        self.raw.cpu &= self.detected;
        match status {
            0 if self.floats().iter().all(|float| float.is_finite()) => Ok(()),
            X264_PARAM_BAD_NAME => Err(Error::x264_option(name, value, "x264 has no option of that name")),
            _ => Err(Error::x264_option(name, value, "x264 does not take that value")),
        }
    }

    /// Returns the fields that an option can set to NaN. x264's range checks accept NaN, and would then use it as an
    /// index into a table.
    fn floats(&self) -> [f32; 11] {
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

    /// Limits the reference frames to what the decoded picture buffer of the level holds, as x264's program does. The
    /// library alone would keep the preset's number and exceed the level.
    fn fit_references_to_level(&mut self) {
        let raw = &mut self.raw;
        let macroblocks = ((raw.i_width + 15) / 16) * ((raw.i_height + 15) / 16);
        let mut level = (&raw const x264_levels).cast::<x264_level_t>();
        // SAFETY: x264.h guarantees that the constant array x264_levels ends with a level_idc of 0. The loop stops
        // there, so the pointer stays inside the array.
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

    /// Disables AVX-512 where it would make the stream depend on uninitialised memory.
    ///
    /// x264's AVX-512 code for macroblock trees reads 8 macroblocks at a time, beyond the end of a row whose length is
    /// not a multiple of 8. Equal frames would then make different streams.
    fn avoid_uninitialised_reads(&mut self) {
        let raw = &mut self.raw;
        if raw.rc.b_mb_tree != 0 && (raw.i_width + 15) / 16 % 8 != 0 {
            raw.cpu &= !X264_CPU_AVX512;
        }
    }

    fn apply_profile(&mut self, settings: &Settings) -> Result<()> {
        let Some(profile) = settings.profile else { return Ok(()) };
        let name = c_string(profile.name())?;
        // SAFETY: `Parameters` guarantees that they are initialised, and `CString` that the string ends with a NUL.
        match unsafe { x264_param_apply_profile(&mut self.raw, name.as_ptr()) } {
            0 => Ok(()),
            _ => Err(refused("choosing the profile", format!("{profile} does not suit the other settings"))),
        }
    }
}

impl Drop for Parameters {
    fn drop(&mut self) {
        // SAFETY: `Parameters` guarantees that they are initialised, and nothing else frees what x264 has allocated for
        // them: an open encoder has its own copies.
        unsafe { x264_param_cleanup(&mut self.raw) }
    }
}

/// Returns x264's constant for planes of this chroma and bit depth.
pub(super) fn color_format(chroma: Chroma, bit_depth: BitDepth) -> c_int {
    let planes = match chroma {
        Chroma::Gray => X264_CSP_I400,
        Chroma::Yuv420 => X264_CSP_I420,
        Chroma::Yuv422 => X264_CSP_I422,
        Chroma::Yuv444 => X264_CSP_I444,
    };
    (planes | if bit_depth == BitDepth::Ten { X264_CSP_HIGH_DEPTH } else { 0 }) as c_int
}

/// Returns the number of frames by which decoding runs ahead of presentation, as x264 writes it into the sequence
/// parameter set (x264_sps_init in its set.c).
pub(super) fn reorder_frames(parameters: &x264_param_t) -> u32 {
    match parameters {
        x264_param_t { i_bframe: 0, .. } => 0,
        x264_param_t { i_bframe_pyramid: 0, .. } => 1,
        _ => 2,
    }
}

/// Returns how an encoder with these parameters quantises keyframes after the first one.
///
/// x264 derives their quantiser from the pictures before them, divided by a factor (`rate_estimate_qscale` in its
/// ratecontrol.c). The first keyframe has no predecessors.
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

/// Returns the parameters of an open encoder with another constant rate factor. It makes x264 quantise the first
/// keyframe like a later one, where those are [`Finer`](MidstreamKeyframes::Finer).
///
/// With macroblock trees, the constant rate factor alone determines the quantiser of every picture (`get_qscale` in
/// ratecontrol.c). x264 divides that of later keyframes by the I-frame factor.
pub(super) fn for_midstream_keyframes(parameters: &x264_param_t) -> x264_param_t {
    let mut finer = *parameters;
    finer.rc.f_rf_constant -= 6.0 * finer.rc.f_ip_factor.log2();
    finer
}

fn refused(doing: &'static str, message: String) -> Error {
    Error::X264 { doing, message }
}

/// Converts the text to a C string.
///
/// # Errors
/// [`Error::Setting`] if it contains a NUL. Names of presets, tunes and profiles have none, and
/// [`Settings::validate`] refuses options with one.
fn c_string(text: &str) -> Result<CString> {
    CString::new(text)
        .map_err(|_| Error::setting("x264_option", format!("{text:?}"), "it must not contain a NUL character"))
}
