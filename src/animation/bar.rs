//! `Animation::progress_bar` (feature `indicatif`).

use super::Animation;
use crate::progress::bar::progress_bar;

impl Animation<'_> {
    /// Shows a progress bar on standard error if that is a terminal. It replaces [`on_progress`](Self::on_progress).
    ///
    /// This method needs the feature `indicatif`.
    pub fn progress_bar(self) -> Self {
        self.on_progress(progress_bar())
    }
}
