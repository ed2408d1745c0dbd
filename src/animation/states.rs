//! `States`: what an animation draws if its frames follow from one another. States are computed in order, each on
//! whichever worker is free, and wait until they are drawn.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::lock::lock;
use crate::{Error, Result};

/// The states of an animation, which are computed in order.
pub(super) trait States: Send + Sync {
    /// Computes the state of the next frame, which has this index. It is kept until the frame is drawn, or dropped if
    /// the frame is already encoded. Returns whether there is such a frame.
    ///
    /// The scheduler lets one worker at a time compute. Nothing may be computed after `false`.
    fn compute(&self, frame: u64, is_encoded: bool) -> Result<bool>;

    /// Returns the number of states if the iterator gives an upper bound.
    fn expected(&self) -> Option<u64>;
}

/// An iterator over states, and the states that are not drawn yet.
pub(super) struct StateQueue<Iter, State> {
    iterator: Mutex<Iter>,
    /// States that wait, and the frames that they are for.
    waiting: Mutex<VecDeque<(u64, State)>>,
}

impl<Iter, State> StateQueue<Iter, State> {
    pub fn new(iterator: Iter) -> Self {
        Self { iterator: Mutex::new(iterator), waiting: Mutex::new(VecDeque::new()) }
    }

    /// Takes the state of a frame.
    pub fn take(&self, frame: u64) -> State {
        let mut waiting = lock(&self.waiting);
        // The scheduler lets a frame be drawn once, after its state is computed.
        let place = waiting.iter().position(|(of, _)| *of == frame).expect("a state that is computed");
        waiting.remove(place).expect("a place that was found").1
    }
}

impl<Iter, State> States for StateQueue<Iter, State>
where
    Iter: Iterator<Item: IntoState<State>> + Send,
    State: Send,
{
    fn compute(&self, frame: u64, is_encoded: bool) -> Result<bool> {
        // No lock that others wait for is held here: the iterator may take its time.
        let Some(item) = lock(&self.iterator).next() else { return Ok(false) };
        let state = item.into_state().map_err(|source| Error::State { frame, source })?;
        if !is_encoded {
            lock(&self.waiting).push_back((frame, state));
        }
        Ok(true)
    }

    fn expected(&self) -> Option<u64> {
        let (_, most) = lock(&self.iterator).size_hint();
        most.map(|most| most as u64)
    }
}

/// An item of an iterator over states: a state, or a result whose error ends the movie.
///
/// The trait is sealed: the crate does not export it, so that no other type can implement it. If items are results, the
/// type of the closure's argument says which of the two is meant.
pub trait IntoState<State> {
    /// Returns the state, or why there is none.
    fn into_state(self) -> Result<State, Box<dyn std::error::Error + Send + Sync>>;
}

impl<State> IntoState<State> for State {
    fn into_state(self) -> Result<State, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self)
    }
}

impl<State, E: Into<Box<dyn std::error::Error + Send + Sync>>> IntoState<State> for Result<State, E> {
    fn into_state(self) -> Result<State, Box<dyn std::error::Error + Send + Sync>> {
        self.map_err(Into::into)
    }
}
