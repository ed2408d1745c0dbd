//! A movie in memory.

use crate::mp4::Edit;

/// The bytes of a movie.
#[derive(Default)]
pub(crate) struct Memory(pub Vec<u8>);

impl Memory {
    pub fn append(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Makes a change; writes must lie within what is there.
    pub fn edit(&mut self, edit: Edit<'_>) {
        if let Edit::Write(at, bytes) = edit {
            let at = at as usize;
            self.0[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }

    /// Moves everything from `from` on to `to`, which lies behind it.
    pub fn shift(&mut self, from: u64, to: u64) {
        let (from, to) = (from as usize, to as usize);
        self.0.splice(from..from, std::iter::repeat_n(0, to - from));
    }
}
