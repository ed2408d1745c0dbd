//! The methods of `Movie` that add a frame without waiting.

use std::time::Duration;

use super::Movie;
use crate::{Frame, Result};

/// What became of a frame that was to be added without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a frame is not added if the queue is full"]
pub enum TryPush {
    /// The frame is added.
    Added,
    /// The encoder has all the frames that the queue can hold. The frame is not added, and the movie is as it was.
    QueueFull,
}

impl<Output> Movie<Output> {
    /// Adds a frame as [`push`](Self::push) does, unless that would wait for the encoder.
    ///
    /// A program that captures frames in real time must not wait. If the queue is full, it can pass over the frame, or
    /// try again later: the caller still has it. The guide on [captures](crate::guide::captures) has an example.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    ///
    /// ```
    /// use kinetograph::{Frame, Movie, Settings, TryPush};
    ///
    /// let mut movie = Movie::in_memory(&Settings::new(64, 36))?;
    /// let mut dropped = 0;
    /// for level in 0..50 {
    ///     match movie.try_push(Frame::gray8(&[level; 64 * 36], 64, 36))? {
    ///         TryPush::Added => {}
    ///         TryPush::QueueFull => dropped += 1,
    ///     }
    /// }
    /// assert_eq!(movie.frames() + dropped, 50);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn try_push<'a>(&mut self, frame: impl Into<Frame<'a>>) -> Result<TryPush> {
        if !self.wait_for_encoder(Duration::ZERO)? {
            return Ok(TryPush::QueueFull);
        }
        self.push(frame).map(|()| TryPush::Added)
    }

    /// Adds a frame as [`push_at`](Self::push_at) does, unless that would wait for the encoder.
    ///
    /// # Errors
    /// As [`push_at`](Self::push_at). If the queue is full, the time is not checked.
    pub fn try_push_at<'a>(&mut self, frame: impl Into<Frame<'a>>, seconds: f64) -> Result<TryPush> {
        if !self.wait_for_encoder(Duration::ZERO)? {
            return Ok(TryPush::QueueFull);
        }
        self.push_at(frame, seconds).map(|()| TryPush::Added)
    }
}
