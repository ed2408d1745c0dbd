//! The points at which tests make the system fail.

#[cfg(not(test))]
pub(super) fn point() -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use tests::{point, with_failing};

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::{Error, ErrorKind, Result};

    thread_local! {
        static PASSED: Cell<u32> = const { Cell::new(0) };
        static FAILING: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    }

    /// Calls `run` while the points `from..to` fail. Returns its result and the number of points that it passed.
    pub fn with_failing<T>(from: u32, to: u32, run: impl FnOnce() -> T) -> (T, u32) {
        PASSED.set(0);
        FAILING.set((from, to));
        let result = run();
        FAILING.set((0, 0));
        (result, PASSED.get())
    }

    pub fn point() -> Result<()> {
        let number = PASSED.replace(PASSED.get() + 1);
        let (from, to) = FAILING.get();
        if (from..to).contains(&number) { Err(Error::from(ErrorKind::StorageFull)) } else { Ok(()) }
    }
}
