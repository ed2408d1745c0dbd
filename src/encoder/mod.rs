//! `Encoder`: turns planes into packets. This is the only module that calls libx264.

#![allow(unsafe_code)] // foreign functions; each SAFETY comment names the fact and who guarantees it

mod handle;
mod log;
mod parameters;
#[cfg(test)]
mod tests;

use std::ffi::c_int;
use std::mem::MaybeUninit;

use x264_sys::*;

use self::handle::Handle;
pub(crate) use self::parameters::{MidstreamKeyframes, Threading};
use self::parameters::{Parameters, color_format, midstream_keyframes, reorder_frames};
use crate::nal;
use crate::packet::Packet;
use crate::planes::Planes;
use crate::settings::{Quality, Settings};
use crate::stream::{StreamHeaders, StreamInfo};
use crate::time::Clock;
use crate::version_sei::with_rate_factor;
use crate::{Error, Result};

/// How a picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// x264 decides.
    Any,
    /// An IDR picture, at which decoding can begin.
    Keyframe,
    /// The first IDR picture, quantised like one in midstream. It differs from `Keyframe` only where midstream
    /// keyframes are [`Finer`](MidstreamKeyframes::Finer).
    MidstreamKeyframe,
    /// A P-frame, unless the keyframe interval demands a keyframe.
    Predicted,
}

/// An x264 encoder.
pub(crate) struct Encoder {
    handle: Handle,
    stream: StreamInfo,
    /// The latest access unit, each NAL unit preceded by its length in 4 bytes.
    access_unit: Vec<u8>,
    /// The template of every picture, without planes, time and type.
    picture: x264_picture_t,
    clock: Clock,
    size: (u32, u32),
    midstream_keyframes: MidstreamKeyframes,
    /// The number of pictures to come that must point to the encoder's usual parameters, after a
    /// [`Coding::MidstreamKeyframe`]: any of them may be the one that x264 encodes next.
    to_restore: c_int,
}

/// Times in x264's timebase, and the kind of the picture that x264 has encoded.
struct Encoded {
    pts: i64,
    dts: i64,
    sync: bool,
}

// SAFETY: libx264 guarantees that an encoder may move between threads: it keeps no thread-local state, and its program
// and ffmpeg open, feed and close encoders on different threads. `Handle` and the template own what they point to, and
// no method calls x264 through a shared reference.
unsafe impl Send for Encoder {}

impl Encoder {
    /// Opens an encoder for valid settings.
    ///
    /// # Errors
    /// [`Error::Setting`] for a bit depth that this libx264 lacks and for an x264 option that it does not take,
    /// [`Error::X264`] if it refuses the settings as a whole.
    pub fn open(settings: &Settings, threading: Threading) -> Result<Self> {
        let built_for = X264_BIT_DEPTH;
        if built_for != 0 && built_for != u32::from(settings.bit_depth.bits()) {
            let allowed = format!("it must be {built_for}, which this libx264 was built for");
            return Err(Error::setting("bit_depth", settings.bit_depth, allowed));
        }
        let handle = Handle::open(Parameters::new(settings, threading)?)?;
        let mut picture = MaybeUninit::uninit();
        // SAFETY: x264_picture_init sets every byte of the memory, so the picture is initialised.
        let mut picture = unsafe {
            x264_picture_init(picture.as_mut_ptr());
            picture.assume_init()
        };
        picture.img.i_csp = color_format(settings.chroma, settings.bit_depth);
        let mut encoder = Self {
            stream: StreamInfo::new(settings, StreamHeaders::default(), reorder_frames(handle.parameters())),
            access_unit: Vec::new(),
            picture,
            clock: settings.clock(),
            size: settings.coded_size(),
            midstream_keyframes: midstream_keyframes(handle.parameters()),
            to_restore: 0,
            handle,
        };
        encoder.stream.headers = encoder.headers()?;
        if let Quality::Crf(factor) = settings.quality {
            let sei = &mut encoder.stream.headers.version_sei;
            *sei = with_rate_factor(sei, factor);
        }
        Ok(encoder)
    }

    /// Describes the stream to a container.
    pub fn stream_info(&self) -> &StreamInfo {
        &self.stream
    }

    /// Returns how x264 quantises keyframes after the first one.
    pub fn midstream_keyframes(&self) -> MidstreamKeyframes {
        self.midstream_keyframes
    }

    /// Encodes the next picture, presented at `pts` ticks, and returns an earlier one if it is ready.
    ///
    /// `pts` must increase. x264 has copied the planes when this method returns.
    ///
    /// # Errors
    /// [`Error::X264`] if x264 fails.
    ///
    /// # Panics
    /// If the size, the chroma or the bit depth of the planes is not that of the settings.
    pub fn encode(&mut self, planes: &Planes, pts: i64, coding: Coding) -> Result<Option<Packet<'_>>> {
        let mut picture = self.picture;
        assert_eq!(
            ((planes.width(), planes.height()), color_format(planes.chroma(), planes.bit_depth())),
            (self.size, picture.img.i_csp),
            "planes of another size or kind than the encoder's"
        );
        picture.img.i_plane = planes.count() as c_int;
        for plane in 0..planes.count() {
            picture.img.plane[plane] = planes.plane(plane).as_ptr().cast_mut();
            picture.img.i_stride[plane] = planes.stride(plane) as c_int;
        }
        picture.i_pts = pts / self.unit();
        picture.i_type = match coding {
            Coding::Any => X264_TYPE_AUTO,
            Coding::Keyframe | Coding::MidstreamKeyframe => X264_TYPE_IDR,
            Coding::Predicted => X264_TYPE_P,
        } as c_int;
        picture.param = self.picture_parameters(coding).cast_mut();
        // SAFETY: `x264_picture_init` has initialised the picture. Its planes are borrowed until the call returns, and
        // the assertion above guarantees that they have the rows, the columns and the sample size that x264 reads. Its
        // parameters stay valid until the encoder is closed, as `Handle` guarantees; x264 only reads them.
        let encoded = unsafe { self.call(&mut picture) }?;
        Ok(encoded.map(|encoded| self.packet(encoded)))
    }

    /// Returns the parameters that the next picture points to. They apply from the moment that x264 encodes it.
    fn picture_parameters(&mut self, coding: Coding) -> *const x264_param_t {
        if coding == Coding::MidstreamKeyframe {
            // The P-frame that x264 encodes next may be presented after this many B-frames.
            self.to_restore = self.handle.parameters().i_bframe + 1;
            self.handle.midstream_keyframe_ptr()
        } else if self.to_restore > 0 {
            self.to_restore -= 1;
            self.handle.parameters_ptr()
        } else {
            std::ptr::null()
        }
    }

    /// Returns the next of the pictures that x264 holds back, or `None` after the last one. No picture may be encoded
    /// after the first call.
    ///
    /// # Errors
    /// [`Error::X264`] if x264 fails.
    pub fn flush(&mut self) -> Result<Option<Packet<'_>>> {
        // SAFETY: `Handle` guarantees that the encoder is open.
        while unsafe { x264_encoder_delayed_frames(self.handle.as_ptr()) } > 0 {
            // SAFETY: `call` permits null, at which x264 encodes a picture that it holds back.
            if let Some(encoded) = unsafe { self.call(std::ptr::null_mut()) }? {
                return Ok(Some(self.packet(encoded)));
            }
        }
        Ok(None)
    }

    /// Calls x264, and puts the access unit that it returns into `self.access_unit`.
    ///
    /// # Safety
    /// `picture` must be null or point to an initialised picture. Its planes must be valid for reads of the encoder's
    /// size and format, and its parameters null or valid for reads until the encoder is closed.
    unsafe fn call(&mut self, picture: *mut x264_picture_t) -> Result<Option<Encoded>> {
        let (mut nals, mut count) = (std::ptr::null_mut(), 0);
        let mut out = MaybeUninit::<x264_picture_t>::uninit();
        // SAFETY: `Handle` guarantees that the encoder is open, the caller guarantees the picture, and the other
        // pointers are those of local variables.
        let size =
            unsafe { x264_encoder_encode(self.handle.as_ptr(), &mut nals, &mut count, picture, out.as_mut_ptr()) };
        if size < 0 {
            return Err(self.handle.error("encoding a picture"));
        }
        if size == 0 {
            return Ok(None);
        }
        self.access_unit.clear();
        let StreamHeaders { sps, pps, .. } = &self.stream.headers;
        // SAFETY: x264 has just returned both, and `&mut self` guarantees that it is not called again before the loop
        // ends.
        for unit in unsafe { nal_units(nals, count) } {
            // The container holds the parameter sets and x264's version, the only SEI with user data, once.
            if unit != sps && unit != pps && !nal::is_sei(unit, nal::USER_DATA_UNREGISTERED) {
                self.access_unit.extend_from_slice(&(unit.len() as u32).to_be_bytes());
                self.access_unit.extend_from_slice(unit);
            }
        }
        let out = out.as_ptr();
        // SAFETY: when x264 returns bytes, it has set the times and the type of their picture. Other fields may be
        // uninitialised, so these three are read through the raw pointer.
        let (pts, dts, kind) = unsafe { ((*out).i_pts, (*out).i_dts, (*out).i_type) };
        Ok(Some(Encoded { pts, dts, sync: kind == X264_TYPE_IDR as c_int }))
    }

    fn packet(&self, encoded: Encoded) -> Packet<'_> {
        let Encoded { pts, dts, sync } = encoded;
        Packet { data: &self.access_unit, pts: pts * self.unit(), dts: dts * self.unit(), sync }
    }

    /// Returns the NAL units that describe the stream. It must be called once, right after opening, because
    /// x264_encoder_headers changes the encoder's state and corrupts a stream that has begun.
    fn headers(&mut self) -> Result<StreamHeaders> {
        let (mut nals, mut count) = (std::ptr::null_mut(), 0);
        // SAFETY: `Handle` guarantees that the encoder is open, and the other pointers are those of local variables.
        let size = unsafe { x264_encoder_headers(self.handle.as_ptr(), &mut nals, &mut count) };
        if size < 0 {
            return Err(self.handle.error("making the headers"));
        }
        let mut headers = StreamHeaders::default();
        // SAFETY: as in `call`.
        for unit in unsafe { nal_units(nals, count) } {
            match nal::unit_type(unit) {
                nal::SPS => headers.sps = unit.to_vec(),
                nal::PPS => headers.pps = unit.to_vec(),
                _ => headers.version_sei = unit.to_vec(),
            }
        }
        Ok(headers)
    }

    /// Returns the ticks of the movie's clock in one unit of x264's timebase, which counts frames at a constant rate
    /// and ticks at a variable one.
    fn unit(&self) -> i64 {
        if self.clock.variable { 1 } else { self.clock.frame.into() }
    }
}

/// Returns the NAL units that x264 has returned, without their start codes.
///
/// # Safety
/// `nals` and `count` must come from the latest call of x264, and it must not be called again while a unit is in use.
unsafe fn nal_units<'a>(nals: *const x264_nal_t, count: c_int) -> impl Iterator<Item = &'a [u8]> {
    (0..usize::try_from(count).unwrap_or(0)).map(move |index| {
        // SAFETY: x264 guarantees `count` units, each with `i_payload` bytes at `p_payload`, until its next call. The
        // caller guarantees that there is none.
        let payload = unsafe {
            let nal = &*nals.add(index);
            std::slice::from_raw_parts(nal.p_payload, usize::try_from(nal.i_payload).unwrap_or(0))
        };
        // A start code is 00 00 01 or 00 00 00 01 (H.264 Annex B).
        let start_code = payload.iter().position(|byte| *byte == 1).map_or(payload.len(), |one| one + 1);
        &payload[start_code..]
    })
}
