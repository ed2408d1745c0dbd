//! Planes to packets: the only room that calls libx264.

#![allow(unsafe_code)] // the foreign function interface; each block says what it rests on

#[cfg(test)]
mod lifetimes;
mod log;
mod parameters;
#[cfg(test)]
mod tests;

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use x264_sys::*;

use self::log::Log;
use self::parameters::{Parameters, color_format, for_midstream_keyframes, midstream_keyframes};
use crate::packet::{Packet, ParameterSets};
use crate::planes::Planes;
use crate::settings::Settings;
use crate::time::Clock;
use crate::{Error, Result};

/// Where the encoder's work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threading {
    /// On threads of x264's own, as many as the settings say.
    OwnThreads,
    /// On the thread that calls, for encoders side by side.
    CallersThread,
}

/// What a picture is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Whatever x264 thinks best.
    Any,
    /// A keyframe, one that decoding can begin at.
    Keyframe,
    /// A keyframe, the first of its stream, as fine as later ones, where these are [finer](MidstreamKeyframes::Finer).
    MidstreamKeyframe,
    /// No keyframe, unless the keyframe interval demands one.
    Predicted,
}

/// How fine x264 makes keyframes that are not the first of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MidstreamKeyframes {
    /// As fine as the first.
    AsTheFirst,
    /// Finer, whatever the pictures before.
    Finer,
    /// It depends on the pictures before.
    AsPicturesBefore,
}

/// One x264 encoder.
pub(crate) struct Encoder {
    raw: NonNull<x264_t>,
    /// Used by x264's threads until `raw` is closed: fields are dropped after `Drop::drop` has closed it.
    log: Arc<Log>,
    sets: ParameterSets,
    /// The access unit last encoded, each NAL unit behind its length.
    access_unit: Vec<u8>,
    /// What every picture has in common; planes, time and type change.
    picture: Box<x264_picture_t>,
    clock: Clock,
    size: (u32, u32),
    midstream_keyframes: MidstreamKeyframes,
    /// The parameters for a [`Coding::MidstreamKeyframe`], and for what follows it. x264 reads them when it encodes the
    /// pictures that point to them.
    parameters: Box<[x264_param_t; 2]>,
    /// Pictures still to come that one must point to the latter, as it may be the next that x264 encodes.
    to_follow: c_int,
}

/// Times, in x264's timebase, and kind of the picture whose access unit has been encoded.
struct Encoded {
    pts: i64,
    dts: i64,
    sync: bool,
}

// SAFETY: x264 binds no encoder to a thread: it keeps no thread-local state, and its program and ffmpeg open, feed and
// close encoders on different threads. `Encoder` has no method that takes it by shared reference and calls x264.
unsafe impl Send for Encoder {}

/// Opening detects the CPU and fills tables; x264 guards them, and this guards against an x264 that does not.
static OPENING: Mutex<()> = Mutex::new(());

impl Encoder {
    /// Opens an encoder for valid settings.
    ///
    /// # Errors
    /// [`Error::Setting`] for an x264 option that x264 does not take, [`Error::X264`] for what it refuses as a whole.
    pub fn open(settings: &Settings, threading: Threading) -> Result<Self> {
        let built_for = X264_BIT_DEPTH;
        if built_for != 0 && built_for != u32::from(settings.bit_depth) {
            let allowed = format!("it must be {built_for}, which this libx264 was built for");
            return Err(Error::setting("bit_depth", settings.bit_depth, allowed));
        }
        let log = Log::new();
        let mut parameters = Parameters::new(settings, threading, &log)?;
        let raw = {
            let _guard = OPENING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            // SAFETY: the parameters are initialised; x264 copies what it keeps of them, but for the log's address,
            // which stays the same.
            unsafe { x264_encoder_open(parameters.as_mut()) }
        };
        let Some(raw) = NonNull::new(raw) else {
            return Err(Error::X264 { doing: "opening the encoder", message: log.take_error() });
        };
        let mut opened = MaybeUninit::uninit();
        // SAFETY: the encoder is open, and the function sets every byte of the memory given.
        let opened = unsafe {
            x264_encoder_parameters(raw.as_ptr(), opened.as_mut_ptr());
            opened.assume_init()
        };
        let mut picture = Box::new(MaybeUninit::uninit());
        // SAFETY: the function sets every byte of the memory given; so the picture is initialised.
        let mut picture = unsafe {
            x264_picture_init(picture.as_mut_ptr());
            picture.assume_init()
        };
        picture.img.i_csp = color_format(settings.chroma, settings.bit_depth);
        let mut encoder = Self {
            raw,
            log,
            sets: ParameterSets::default(),
            access_unit: Vec::new(),
            picture,
            clock: settings.clock(),
            size: settings.coded_size(),
            midstream_keyframes: midstream_keyframes(&opened),
            parameters: Box::new([for_midstream_keyframes(&opened), opened]),
            to_follow: 0,
        };
        encoder.sets = encoder.headers()?;
        Ok(encoder)
    }

    /// The parameter sets of the stream.
    pub fn parameter_sets(&self) -> &ParameterSets {
        &self.sets
    }

    /// How fine keyframes are but the first.
    pub fn midstream_keyframes(&self) -> MidstreamKeyframes {
        self.midstream_keyframes
    }

    /// Takes the next picture, shown at `pts` ticks; gives an earlier one when it is ready.
    ///
    /// x264 has copied the planes when this returns. `pts` must increase.
    ///
    /// # Panics
    /// If the planes are not of the size and kind of the settings.
    pub fn encode(&mut self, planes: &Planes, pts: i64, coding: Coding) -> Result<Option<Packet<'_>>> {
        let kind = color_format(planes.chroma(), planes.bit_depth());
        assert_eq!(
            ((planes.width(), planes.height()), kind),
            (self.size, self.picture.img.i_csp),
            "planes of another size or kind than the encoder's"
        );
        let image = &mut self.picture.img;
        image.i_plane = planes.count() as c_int;
        for plane in 0..planes.count() {
            image.plane[plane] = planes.plane(plane).as_ptr().cast_mut();
            image.i_stride[plane] = planes.stride(plane) as c_int;
        }
        self.picture.i_pts = pts / self.unit();
        self.picture.i_type = match coding {
            Coding::Any => X264_TYPE_AUTO,
            Coding::Keyframe | Coding::MidstreamKeyframe => X264_TYPE_IDR,
            Coding::Predicted => X264_TYPE_P,
        } as c_int;
        let [midstream_keyframe, following] = &*self.parameters;
        let parameters = if coding == Coding::MidstreamKeyframe {
            // Of what follows, a picture is encoded first that may be shown behind so many B-frames.
            self.to_follow = following.i_bframe + 1;
            midstream_keyframe
        } else if self.to_follow > 0 {
            self.to_follow -= 1;
            following
        } else {
            std::ptr::null()
        };
        self.picture.param = parameters.cast_mut();
        let picture: *mut x264_picture_t = &mut *self.picture;
        // SAFETY: the picture is initialised, and its planes are borrowed, with the rows, columns and sample size that
        // the encoder was opened with, as asserted above. The parameters it points to are the encoder's own, but for a
        // number; x264 reads them until it is closed, which is before they are freed.
        let encoded = unsafe { self.call(picture) }?;
        Ok(encoded.map(|encoded| self.packet(encoded)))
    }

    /// Gives the next of the pictures held back, or `None` after the last. No picture may be encoded after it.
    pub fn flush(&mut self) -> Result<Option<Packet<'_>>> {
        // SAFETY: the encoder is open.
        while unsafe { x264_encoder_delayed_frames(self.raw.as_ptr()) } > 0 {
            // SAFETY: without a picture x264 gives what it holds back.
            if let Some(encoded) = unsafe { self.call(std::ptr::null_mut()) }? {
                return Ok(Some(self.packet(encoded)));
            }
        }
        Ok(None)
    }

    /// Has x264 encode, and puts the access unit it gives into `self.access_unit`.
    ///
    /// # Safety
    /// The picture is null or initialised, and its planes are valid for reads of the encoder's size and format.
    unsafe fn call(&mut self, picture: *mut x264_picture_t) -> Result<Option<Encoded>> {
        let (mut nals, mut count) = (std::ptr::null_mut(), 0);
        let mut out = MaybeUninit::<x264_picture_t>::uninit();
        // SAFETY: the encoder is open; the picture is the caller's promise; the rest points to local variables.
        let size = unsafe { x264_encoder_encode(self.raw.as_ptr(), &mut nals, &mut count, picture, out.as_mut_ptr()) };
        if size < 0 {
            return Err(Error::X264 { doing: "encoding a picture", message: self.log.take_error() });
        }
        if size == 0 {
            return Ok(None);
        }
        self.access_unit.clear();
        // SAFETY: x264 has just returned these, and it is not called again before they have been read.
        for unit in unsafe { nal_units(nals, count) } {
            // The parameter sets and x264's version are in the container, once.
            if unit != self.sets.sps && unit != self.sets.pps && !is_version(unit) {
                self.access_unit.extend_from_slice(&(unit.len() as u32).to_be_bytes());
                self.access_unit.extend_from_slice(unit);
            }
        }
        let out = out.as_ptr();
        // SAFETY: x264 returned bytes, so it has set times and type of the picture they are of (it leaves the picture
        // alone only when it returns none). The fields are read one by one, as others may be unset.
        let (pts, dts, kind) = unsafe { ((*out).i_pts, (*out).i_dts, (*out).i_type) };
        Ok(Some(Encoded { pts, dts, sync: kind == X264_TYPE_IDR as c_int }))
    }

    fn packet(&self, encoded: Encoded) -> Packet<'_> {
        let Encoded { pts, dts, sync } = encoded;
        Packet { data: &self.access_unit, pts: pts * self.unit(), dts: dts * self.unit(), sync }
    }

    /// The parameter sets; asked for once, right after opening, as x264 changes its state in giving them.
    fn headers(&mut self) -> Result<ParameterSets> {
        let (mut nals, mut count) = (std::ptr::null_mut(), 0);
        // SAFETY: the encoder is open and has not begun; the rest points to local variables.
        let size = unsafe { x264_encoder_headers(self.raw.as_ptr(), &mut nals, &mut count) };
        if size < 0 {
            return Err(Error::X264 { doing: "making the headers", message: self.log.take_error() });
        }
        let mut sets = ParameterSets::default();
        // SAFETY: as in `call`.
        for unit in unsafe { nal_units(nals, count) } {
            match nal_type(unit) {
                NAL_SPS => sets.sps = unit.to_vec(),
                NAL_PPS => sets.pps = unit.to_vec(),
                _ => sets.sei = unit.to_vec(),
            }
        }
        Ok(sets)
    }

    /// Ticks of the movie's clock in one unit of x264's timebase: frames at a constant rate, ticks at a variable one.
    fn unit(&self) -> i64 {
        if self.clock.variable { 1 } else { self.clock.frame.into() }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the encoder is open, and nothing uses it after this.
        unsafe { x264_encoder_close(self.raw.as_ptr()) }
    }
}

/// The NAL units that x264 has returned, without their start codes.
///
/// # Safety
/// `nals` and `count` were returned by x264 and it has not been called since; nor is it until the last unit was read.
unsafe fn nal_units<'a>(nals: *const x264_nal_t, count: c_int) -> impl Iterator<Item = &'a [u8]> {
    (0..usize::try_from(count).unwrap_or(0)).map(move |index| {
        // SAFETY: x264 returned `count` units, each with `i_payload` bytes at `p_payload`, until it is called again.
        let payload = unsafe {
            let nal = &*nals.add(index);
            std::slice::from_raw_parts(nal.p_payload, usize::try_from(nal.i_payload).unwrap_or(0))
        };
        // A start code is 00 00 01 or 00 00 00 01 (H.264 Annex B).
        let start_code = payload.iter().position(|byte| *byte == 1).map_or(payload.len(), |one| one + 1);
        &payload[start_code..]
    })
}

/// Whether it is the message of user data (H.264 D.1.7) in which x264 says its version and its parameters; there are no
/// others.
fn is_version(unit: &[u8]) -> bool {
    const UNREGISTERED_USER_DATA: u8 = 5;
    nal_type(unit) == NAL_SEI && unit.get(1) == Some(&UNREGISTERED_USER_DATA)
}

/// NAL unit types (H.264 Table 7-1).
const NAL_SEI: u8 = 6;
const NAL_SPS: u8 = 7;
const NAL_PPS: u8 = 8;

/// The type of a NAL unit, its first byte's lower five bits (H.264 7.3.1).
fn nal_type(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |byte| byte & 31)
}
