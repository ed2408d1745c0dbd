//! `Animation::progress_bar` (feature `indicatif`).

use indicatif::{ProgressBar, ProgressStyle};

use super::Animation;

impl Animation<'_> {
    /// Shows a progress bar on standard error if that is a terminal. It replaces [`on_progress`](Self::on_progress).
    ///
    /// This method needs the feature `indicatif`.
    pub fn progress_bar(self) -> Self {
        // The template is a constant that is well formed.
        let style = ProgressStyle::with_template("{bar:20} {msg}").expect("a template");
        let bar = ProgressBar::new(self.frames).with_style(style);
        self.on_progress(move |progress| {
            bar.set_message(progress.to_string());
            bar.set_length(progress.frames.max(progress.encoded));
            bar.set_position(progress.encoded);
            if progress.finished {
                bar.finish();
            }
        })
    }
}
