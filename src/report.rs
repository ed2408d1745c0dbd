//! `Report`: the facts about a finished movie, such as frames, duration and size, and the line that prints them.

use std::fmt;
use std::time::Duration;

/// The facts about a finished movie.
///
/// It prints as one line: `90 frames, 3.000 s, 9.1 kB, 612 frames/s`.
///
/// ```
/// # use kinetograph::{Frame, Movie, Settings};
/// let mut movie = Movie::in_memory(&Settings::new(15, 16).frame_rate(30))?;
/// movie.push(Frame::gray8(&[128; 15 * 16], 15, 16))?;
/// let (_, report) = movie.finish()?;
/// assert_eq!((report.width, report.height), (16, 16)); // an odd width is padded
/// assert_eq!(report.frames, 1);
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Frames in the movie.
    pub frames: u64,
    /// Duration in seconds.
    pub seconds: f64,
    /// Size of the finished file in bytes.
    pub bytes: u64,
    /// Width of the coded pictures in pixels, rounded up to even where the chroma format needs it.
    pub width: u32,
    /// Height of the coded pictures in pixels, rounded up to even where the chroma format needs it.
    pub height: u32,
    /// The time from the creation of the movie to its end.
    pub elapsed: Duration,
    /// The rate factor that was found for [`Quality::MaxBytes`](crate::Quality::MaxBytes); `None` for other movies.
    pub rate_factor: Option<f32>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.frames == 1 { "" } else { "s" };
        let rate = self.frames as f64 / self.elapsed.as_secs_f64().max(1e-9);
        write!(f, "{} frame{plural}, {:.3} s, {}, ", self.frames, self.seconds, Bytes(self.bytes))?;
        // A rate below one is not "0 frames/s".
        write!(f, "{rate:.*} frames/s", if rate < 10.0 { 1 } else { 0 })?;
        self.rate_factor.map_or(Ok(()), |factor| write!(f, ", crf {factor}"))
    }
}

/// A number of bytes, printed with a unit in powers of 1000.
pub(crate) struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        for unit in ["B", "kB", "MB", "GB"] {
            // 999.95 is printed as 1000.0.
            if value < 999.95 {
                return write!(f, "{value:.*} {unit}", if unit == "B" { 0 } else { 1 });
            }
            value /= 1000.0;
        }
        write!(f, "{value:.1} TB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_one_line() {
        let mut report = Report {
            frames: 90,
            seconds: 3.0,
            bytes: 9_140,
            width: 640,
            height: 360,
            elapsed: Duration::from_millis(150),
            rate_factor: None,
        };
        assert_eq!(report.to_string(), "90 frames, 3.000 s, 9.1 kB, 600 frames/s");
        (report.frames, report.bytes, report.elapsed) = (1, 999_950, Duration::from_secs(2));
        assert_eq!(report.to_string(), "1 frame, 3.000 s, 1.0 MB, 0.5 frames/s");
        report.rate_factor = Some(27.4);
        assert_eq!(report.to_string(), "1 frame, 3.000 s, 1.0 MB, 0.5 frames/s, crf 27.4");
    }
}
