//! The progress bar of the feature `indicatif`.

use indicatif::{ProgressBar, ProgressStyle};

use super::{Phase, Progress};

/// The width of the bar in characters.
const WIDTH: usize = 20;

/// Returns a progress closure that shows a bar on standard error if that is a terminal.
pub(crate) fn progress_bar() -> impl FnMut(&Progress) + Send + 'static {
    // The template is a constant that is well formed. The bar is a part of the message, so that both are drawn at once.
    let style = ProgressStyle::with_template("{wide_msg}").expect("a template");
    let bar = ProgressBar::no_length().with_style(style);
    move |progress| match progress.phase {
        Phase::Finished => bar.finish_with_message(line(progress)),
        _ => bar.set_message(line(progress)),
    }
}

fn line(progress: &Progress) -> String {
    match progress.fraction {
        Some(fraction) => {
            let done = (WIDTH as f64 * fraction.clamp(0.0, 1.0)) as usize;
            format!("{}{} {progress}", "█".repeat(done), "░".repeat(WIDTH - done))
        }
        None => progress.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_the_fraction() {
        let mut progress = Progress::new(10, 0);
        progress.fraction = Some(0.25);
        assert!(line(&progress).starts_with("█████░░░░░░░░░░░░░░░  0 drawn"), "{}", line(&progress));
    }
}
