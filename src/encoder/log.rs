//! Receives x264's messages. All of them go to the `log` crate, and errors are also kept for the
//! [`Error`](crate::Error) that follows.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use x264_sys::{X264_LOG_DEBUG, X264_LOG_ERROR, X264_LOG_INFO, X264_LOG_WARNING, x264_param_t};

/// The target under which x264's messages appear in the log.
const TARGET: &str = "kinetograph::x264";

/// The maximum number of errors that are kept. An encoder that fails at every frame must not fill the memory.
const MAX_ERRORS: usize = 8;

unsafe extern "C" {
    /// Stores the log as the receiver of x264's messages in the parameters. It is defined in log.c, under a name from
    /// build.rs that contains the version of this crate.
    #[link_name = env!("KINETOGRAPH_LOG_TO")]
    fn log_to(parameters: *mut x264_param_t, log: *mut c_void);
}

/// The messages of one encoder.
///
/// x264 keeps the address and logs from all of its threads, even while an encoder is being closed. Hence an `Arc`:
/// `Parameters` owns one, and so does the `Handle` of an encoder that was opened with them.
#[repr(C)] // log.c reads the first field
pub(super) struct Log {
    receive: unsafe extern "C" fn(*const c_void, c_int, *const c_char),
    errors: Mutex<Vec<String>>,
}

impl Log {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { receive, errors: Mutex::new(Vec::new()) })
    }

    /// Makes every encoder that is opened with these parameters report its messages here.
    ///
    /// # Safety
    /// The log must outlive the parameters and every encoder that is opened with them.
    pub unsafe fn attach(self: &Arc<Self>, parameters: &mut x264_param_t) {
        // SAFETY: log.c only stores the two pointers in the parameters, which are borrowed exclusively. The caller
        // guarantees that the log is alive whenever x264 uses them.
        unsafe { log_to(parameters, Arc::as_ptr(self).cast_mut().cast()) };
        // x264 formats a message for every frame at the debug level; without a reader it can skip that.
        let traced = log::log_enabled!(target: TARGET, log::Level::Trace);
        parameters.i_log_level = if traced { X264_LOG_DEBUG } else { X264_LOG_INFO } as c_int;
    }

    /// Removes and returns the errors that x264 has reported.
    pub fn take_error(&self) -> String {
        let mut errors = self.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if errors.is_empty() {
            return "it gave no reason".to_string();
        }
        std::mem::take(&mut *errors).join("; ")
    }

    fn push(&self, level: c_int, message: &str) {
        let level = match level.try_into() {
            Ok(X264_LOG_ERROR) => {
                let mut errors = self.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if errors.len() < MAX_ERRORS {
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

/// Receives a message from log.c, on any of x264's threads.
///
/// # Safety
/// `log` must point to a live [`Log`], and `message` to a string that ends with a NUL.
unsafe extern "C" fn receive(log: *const c_void, level: c_int, message: *const c_char) {
    // SAFETY: log.c passes the pointer that `attach` gave it. The caller of `attach` guarantees that the log is alive,
    // and `Log` is `Sync`, so any thread may use it.
    let log = unsafe { &*log.cast::<Log>() };
    // SAFETY: log.c passes its local buffer, which vsnprintf has just filled and terminated.
    let message = unsafe { CStr::from_ptr(message) };
    // A logger that panics must not unwind through x264.
    let _ = catch_unwind(AssertUnwindSafe(|| log.push(level, message.to_string_lossy().trim_end())));
}
