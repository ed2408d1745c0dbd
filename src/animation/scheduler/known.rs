//! `KnownFrames`: how many frames of a movie are known, and the states that wait to be drawn.

/// The frames of a movie that can be drawn. Those of a function of the index are all known from the start. Those that
/// are drawn from states become known one after another.
pub(in crate::animation) struct KnownFrames {
    /// The number of frames that are known.
    pub count: u64,
    /// Whether there are no more.
    pub is_all: bool,
    /// Whether a worker computes the next state.
    pub is_computing: bool,
    /// The states in memory: computed, and not drawn yet.
    pub states: usize,
    /// The maximum number of states in memory; 0 if frames are not drawn from states.
    pub max_states: usize,
}

impl KnownFrames {
    /// The frames of a function of the index.
    pub fn all(count: u64) -> Self {
        Self { count, is_all: true, is_computing: false, states: 0, max_states: 0 }
    }

    /// Frames that are drawn from states, of which at most `max_states` are in memory.
    pub fn from_states(max_states: usize) -> Self {
        Self { count: 0, is_all: false, is_computing: false, states: 0, max_states }
    }

    pub fn have_states(&self) -> bool {
        self.max_states > 0
    }

    /// Returns whether a worker should compute the next state.
    pub fn can_compute(&self) -> bool {
        !self.is_all && !self.is_computing && self.states < self.max_states
    }
}
