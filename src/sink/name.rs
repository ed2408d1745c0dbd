//! `check_name`: refuses names of files that a movie cannot or should not have, before anything is made.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::folder_of;
use crate::settings::Layout;
use crate::{Error, Result};

/// The extensions of MP4 files and of bare H.264 streams.
const MP4: &[&str] = &["mp4", "m4v"];
const ANNEX_B: &[&str] = &["264", "h264"];

/// Extensions that promise another container, another codec, or what movies are made of. Any other extension may be
/// the user's own.
const OTHERS: &[&str] = &[
    "3g2", "3gp", "apng", "asf", "av1", "avi", "avif", "bgra", "bmp", "f4v", "flv", "gif", "gray", "h265", "heic",
    "hevc", "ivf", "jpeg", "jpg", "m2ts", "m3u8", "m4a", "mkv", "mov", "mp3", "mpd", "mpeg", "mpg", "mts", "mxf",
    "ogg", "ogv", "png", "qt", "raw", "rgb", "rgba", "segment", "tif", "tiff", "ts", "vob", "webm", "webp", "wmv",
    "y4m", "yuv", "265",
];

/// Checks that a movie of this layout can have this name, and that the name is in a folder that exists.
///
/// # Errors
/// [`Error::Setting`] for an empty name, a NUL in it, an extension of another format or one that contradicts the
/// layout; [`Error::Io`] for a folder that does not exist.
pub(crate) fn check_name(path: &Path, layout: Layout) -> Result<()> {
    let refuse = |allowed: &str| Err(Error::setting("path", format!("{path:?}"), allowed.to_string()));
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.is_empty() {
        return refuse("it must name a file");
    }
    if bytes.contains(&0) {
        return refuse("it must not contain a NUL character");
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let is_in = |list: &[&str]| extension.as_deref().is_some_and(|extension| list.contains(&extension));
    if is_in(OTHERS) {
        return refuse("a movie can be written as .mp4 or .m4v, or as .264 or .h264 in the layout annexb");
    }
    if layout == Layout::AnnexB && is_in(MP4) {
        return refuse("the layout annexb is written as .264 or .h264");
    }
    if layout != Layout::AnnexB && is_in(ANNEX_B) {
        return refuse(&format!(
            "the layout {layout} is written as .mp4 or .m4v; the layout of .264 and .h264 is annexb"
        ));
    }
    let folder = folder_of(path);
    if std::fs::metadata(folder).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        let missing = io::Error::new(ErrorKind::NotFound, format!("there is no folder {}", folder.display()));
        return Err(Error::io(format!("creating {}", path.display()))(missing));
    }
    Ok(())
}
