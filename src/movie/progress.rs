//! The methods of `Movie` that report progress.

use super::Movie;
use crate::progress::{Progress, ProgressAnswer};

impl<Output> Movie<Output> {
    /// Sets a closure that receives the progress, at most ten times a second and at the end, on the caller's thread:
    /// after [`push`](Self::push), while it waits for the encoder, and while [`finish`](Movie::finish) encodes what x264
    /// holds.
    ///
    /// The [fraction](Progress::fraction) and the [remaining time](Progress::remaining) need
    /// [`expected_frames`](crate::Settings::expected_frames). The closure may return
    /// [`ControlFlow::Break`](std::ops::ControlFlow::Break) to cancel the movie. The `push` or `finish` that called it
    /// fails with [`Error::Cancelled`](crate::Error::Cancelled), and the movie has ended.
    ///
    /// ```
    /// use kinetograph::{Frame, Movie, Settings};
    ///
    /// let settings = Settings::new(64, 36).expected_frames(100);
    /// let mut movie = Movie::in_memory(&settings)?.on_progress(|progress| eprint!("\r{progress}"));
    /// for level in 0..100 {
    ///     movie.push(Frame::gray8(&[level; 64 * 36], 64, 36))?;
    /// }
    /// movie.finish()?;
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn on_progress<Answer: ProgressAnswer>(
        mut self,
        mut closure: impl FnMut(&Progress) -> Answer + Send + 'static,
    ) -> Self {
        self.reporter.set_closure(Box::new(move |progress| closure(progress).answer()));
        self
    }

    /// Shows a progress bar on standard error if that is a terminal. It replaces [`on_progress`](Self::on_progress).
    ///
    /// This method needs the feature `indicatif`.
    #[cfg(feature = "indicatif")]
    pub fn progress_bar(self) -> Self {
        self.on_progress(crate::progress::bar::progress_bar())
    }

    /// Returns the progress: frames pushed and encoded, bytes, and with
    /// [`expected_frames`](crate::Settings::expected_frames) the fraction of the work that is done.
    ///
    /// ```
    /// # use kinetograph::{Frame, Movie, Settings};
    /// let mut movie = Movie::in_memory(&Settings::new(64, 36))?;
    /// movie.push(Frame::gray8(&[128; 64 * 36], 64, 36))?;
    /// let progress = movie.progress();
    /// assert_eq!((progress.drawn, progress.waiting(), progress.fraction), (1, 1, None));
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn progress(&self) -> Progress {
        self.reporter.progress(self.frames, &self.pipeline)
    }
}
