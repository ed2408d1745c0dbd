//! `Handle`: opens and closes an x264 encoder, and owns the memory that x264 reads until then.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use x264_sys::*;

use super::log::Log;
use super::parameters::{Parameters, for_midstream_keyframes};
use crate::{Error, Result};

/// Serialises `x264_encoder_open`, which detects the CPU and fills global tables. x264 guards them itself; this lock
/// guards against a build that does not.
static OPENING: Mutex<()> = Mutex::new(());

/// An open encoder. It is closed before its memory is freed, since fields are dropped after `Drop::drop`.
pub(super) struct Handle {
    raw: NonNull<x264_t>,
    log: Arc<Log>,
    retained: Arc<Retained>,
}

/// Parameters that pictures may point to. x264 keeps such a pointer until it has encoded the picture, while the
/// `Encoder` may move. They are in an `Arc`, because moving a `Box` would assert that nothing else points into it.
struct Retained {
    midstream_keyframe: x264_param_t,
    opened: x264_param_t,
}

impl Handle {
    /// Opens an encoder.
    ///
    /// # Errors
    /// [`Error::X264`] with x264's own messages if it refuses the parameters.
    pub fn open(mut parameters: Parameters) -> Result<Self> {
        let raw = {
            let _guard = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: `Parameters` guarantees that they are initialised. x264 copies all of them but the address of the
            // log, which the new handle keeps alive.
            unsafe { x264_encoder_open(parameters.as_mut()) }
        };
        let log = Arc::clone(parameters.log());
        let Some(raw) = NonNull::new(raw) else {
            return Err(Error::X264 { doing: "opening the encoder", message: log.take_error() });
        };
        let mut opened = MaybeUninit::uninit();
        // SAFETY: x264 has just opened the encoder, and x264_encoder_parameters copies a whole x264_param_t.
        let opened = unsafe {
            x264_encoder_parameters(raw.as_ptr(), opened.as_mut_ptr());
            opened.assume_init()
        };
        let midstream_keyframe = for_midstream_keyframes(&opened);
        #[expect(clippy::arc_with_non_send_sync, reason = "it serves its address, not sharing")]
        let retained = Arc::new(Retained { midstream_keyframe, opened });
        Ok(Self { raw, log, retained })
    }

    /// Returns the encoder for x264's functions. It is open as long as the handle lives.
    pub fn as_ptr(&self) -> *mut x264_t {
        self.raw.as_ptr()
    }

    /// Returns the parameters that x264 opened the encoder with.
    pub fn parameters(&self) -> &x264_param_t {
        &self.retained.opened
    }

    /// Returns a pointer to [`parameters`](Self::parameters) that is valid for reads until the encoder is closed.
    pub fn parameters_ptr(&self) -> *const x264_param_t {
        // SAFETY: the `Arc` guarantees that its content is alive; the field is only addressed, not read.
        unsafe { &raw const (*Arc::as_ptr(&self.retained)).opened }
    }

    /// Returns a pointer to the parameters of a midstream keyframe that is valid for reads until the encoder is closed.
    pub fn midstream_keyframe_ptr(&self) -> *const x264_param_t {
        // SAFETY: as in `parameters_ptr`.
        unsafe { &raw const (*Arc::as_ptr(&self.retained)).midstream_keyframe }
    }

    /// Creates the error of a call that failed, with x264's own messages.
    pub fn error(&self, doing: &'static str) -> Error {
        Error::X264 { doing, message: self.log.take_error() }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the encoder is open, and only this handle closes it.
        unsafe { x264_encoder_close(self.raw.as_ptr()) }
    }
}
