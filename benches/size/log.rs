//! Counts the tries of a search, from what the library logs about them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ::log::{LevelFilter, Log, Metadata, Record};

struct Counter;

static COUNTER: Counter = Counter;
static TRIES: AtomicU32 = AtomicU32::new(0);
static IS_PRINTED: AtomicBool = AtomicBool::new(false);

impl Log for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "kinetograph::size"
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        TRIES.fetch_add(u32::from(text.starts_with("try ")), Ordering::Relaxed);
        if IS_PRINTED.load(Ordering::Relaxed) {
            eprintln!("    {text}");
        }
    }

    fn flush(&self) {}
}

/// Begins to count, and to print what is tried if that is asked for.
pub fn begin(is_printed: bool) {
    IS_PRINTED.store(is_printed, Ordering::Relaxed);
    ::log::set_logger(&COUNTER).expect("the only logger");
    ::log::set_max_level(LevelFilter::Debug);
}

/// Returns the number of tries since the last call.
pub fn tries() -> u32 {
    TRIES.swap(0, Ordering::Relaxed)
}

pub fn is_printed() -> bool {
    IS_PRINTED.load(Ordering::Relaxed)
}
