//! `Html`: a movie embedded in a `<video>` element, for web pages and notebooks.

use std::fmt;

use base64::{display::Base64Display, engine::general_purpose::STANDARD};

/// A `<video>` element that contains a whole movie, like that of matplotlib's `to_html5_video`. It needs no file and no
/// server.
///
/// It prints as HTML. The element has controls and autoplays, muted, looping. An
/// [Evcxr](https://github.com/evcxr/evcxr) notebook displays it as the last value of a cell.
///
/// ```
/// use kinetograph::{Html, Movie, Settings};
/// use tiny_skia::Pixmap;
///
/// let canvas = Pixmap::new(64, 48).expect("a valid size");
/// let mut movie = Movie::in_memory(&Settings::new(64, 48))?;
/// movie.push(&canvas)?;
/// let (bytes, _) = movie.finish()?;
/// let page = Html::video(bytes, 64, 48).to_string();
/// assert!(page.starts_with("<video width=\"64\" height=\"48\""));
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Html {
    movie: Vec<u8>,
    width: u32,
    height: u32,
}

impl Html {
    /// Creates the element for the bytes of an MP4 file. It is displayed at this width and height in CSS pixels, or
    /// scaled down where the page is narrower.
    pub fn video(movie: impl Into<Vec<u8>>, width: u32, height: u32) -> Self {
        Self { movie: movie.into(), width, height }
    }

    /// Prints the element on standard output for Evcxr, which calls this method.
    pub fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n{self}\nEVCXR_END_CONTENT");
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = (self.width, self.height);
        // Browsers autoplay only muted video.
        write!(
            f,
            "<video width=\"{width}\" height=\"{height}\" style=\"max-width: 100%; height: auto\" \
             controls autoplay loop muted playsinline>\
             <source type=\"video/mp4\" src=\"data:video/mp4;base64,{}\"></video>",
            Base64Display::new(&self.movie, &STANDARD)
        )
    }
}

impl fmt::Debug for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Html(a movie of {} bytes, {}×{})", self.movie.len(), self.width, self.height)
    }
}
