//! Movies in web pages and notebooks.

use std::fmt;

use base64::{display::Base64Display, engine::general_purpose::STANDARD};

/// A `<video>` element with a whole movie in it, as matplotlib's `to_html5_video`: no file, no server.
///
/// It has controls and plays by itself, muted and again and again. As the last value of a cell of an
/// [Evcxr](https://github.com/evcxr/evcxr) notebook, it is shown there.
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
pub struct Html {
    movie: Vec<u8>,
    width: u32,
    height: u32,
}

impl Html {
    /// The element for the bytes of an MP4 file, shown at a width and a height in CSS pixels, or narrower where there is
    /// no room for it.
    pub fn video(movie: impl Into<Vec<u8>>, width: u32, height: u32) -> Self {
        Self { movie: movie.into(), width, height }
    }

    /// Prints the element for Evcxr, which calls this, on standard output.
    pub fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n{self}\nEVCXR_END_CONTENT");
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = (self.width, self.height);
        // Browsers begin by themselves only what is muted.
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
