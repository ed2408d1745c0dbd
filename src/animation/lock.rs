//! `lock`: locks a mutex although a thread may have panicked.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the mutexes hold is consistent whenever they are free: nothing that can panic runs half-way under them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
