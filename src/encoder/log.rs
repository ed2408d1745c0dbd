//! Where x264's messages go: to the `log` crate, and the errors also to whoever asks why something failed.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use x264_sys::{X264_LOG_DEBUG, X264_LOG_ERROR, X264_LOG_INFO, X264_LOG_WARNING, x264_param_t};

unsafe extern "C" {
    /// Defined in log.c.
    fn kinetograph_log_to(parameters: *mut x264_param_t, context: *mut c_void);
}

/// The messages of one encoder. It must live, at one address, from before x264 gets to know it until after the encoder
/// is closed, which logs too.
pub(super) struct Log {
    errors: Mutex<Vec<String>>,
}

impl Log {
    /// Shared with x264, so not in a box: moving that would claim that nobody else has its address.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { errors: Mutex::new(Vec::new()) })
    }

    /// Makes encoders that are opened with these parameters log here.
    pub fn attach(self: &Arc<Self>, parameters: &mut x264_param_t) {
        // SAFETY: the function only stores the pointers in the parameters, which are exclusively borrowed; that the
        // log outlives the encoder is the duty stated at the type, which `Encoder` fulfils by owning both.
        unsafe { kinetograph_log_to(parameters, Arc::as_ptr(self).cast_mut().cast()) };
        // Without a reader, x264 need not even print its messages of every frame.
        let traced = log::log_enabled!(target: TARGET, log::Level::Trace);
        parameters.i_log_level = if traced { X264_LOG_DEBUG } else { X264_LOG_INFO } as c_int;
    }

    /// x264's last words, taken away.
    pub fn take_error(&self) -> String {
        let mut errors = self.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if errors.is_empty() {
            return "it gave no reason".to_string();
        }
        std::mem::take(&mut *errors).join("; ")
    }

    fn receive(&self, level: c_int, message: &str) {
        let level = match level.try_into() {
            Ok(X264_LOG_ERROR) => {
                let mut errors = self.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                // An encoder that fails at every frame must not fill the memory.
                if errors.len() < 8 {
                    errors.push(message.to_string());
                }
                log::Level::Error
            }
            Ok(X264_LOG_WARNING) => log::Level::Warn,
            Ok(X264_LOG_INFO) => log::Level::Debug,
            _ => log::Level::Trace,
        };
        log::log!(target: TARGET, level, "{message}");
    }
}

/// The target under which x264's messages appear in the log.
const TARGET: &str = "kinetograph::x264";

/// Called by log.c on any of x264's threads.
#[unsafe(no_mangle)]
extern "C" fn kinetograph_log(context: *const c_void, level: c_int, message: *const c_char) {
    // SAFETY: log.c passes the context given in `attach`, a `Log` that lives as long as its encoder and is `Sync`.
    let log = unsafe { &*context.cast::<Log>() };
    // SAFETY: log.c passes the buffer that vsnprintf has just filled and terminated.
    let message = unsafe { CStr::from_ptr(message) };
    // A logger that panics must not unwind through x264.
    let _ = catch_unwind(AssertUnwindSafe(|| log.receive(level, message.to_string_lossy().trim_end())));
}
