//! Errors as users meet them: what a program prints, and the facts that can be matched.

use std::path::Path;
use std::process::Termination;
use std::time::Duration;

use kinetograph::color::{Converter, Planes};
use kinetograph::{
    BitDepth, Chroma, ColorSpace, Error, Frame, FramePart, Movie, PixelFormat, PlanesMismatch, Settings, TimeError,
};

mod child;

#[test]
fn a_program_prints_error_and_cause_on_one_line() {
    /// As the README has it.
    fn main() -> kinetograph::Result<()> {
        let movie = Movie::create("/nowhere/hello.mp4", &Settings::new(64, 48))?;
        movie.finish()?;
        Ok(())
    }
    let test = "a_program_prints_error_and_cause_on_one_line";
    if child::role().is_some() {
        // The standard library does this with the result of a `main`.
        let _ = main().report();
        return;
    }
    let printed = child::run(test, "main", &[], Path::new("."), Duration::from_secs(60)).stderr;
    assert!(printed.starts_with("Error: ") && printed.contains("/nowhere/hello.mp4"), "{printed}");
    assert!(printed.contains(": there is no folder /nowhere"), "{printed}");
    assert_eq!(printed.lines().count(), 1, "{printed}");
}

#[test]
fn a_frame_that_does_not_fit_says_what_is_too_small() {
    let mut movie = Movie::in_memory(&Settings::new(64, 48)).unwrap();
    let pixels = [0; 64 * 48];
    let mut refused = |frame: Frame<'_>| match movie.push(frame) {
        Err(Error::FrameData { part, got, needed, format: PixelFormat::Gray8, .. }) => (part, got, needed),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(Frame::gray8(&pixels[1..], 64, 48)), (FramePart::Buffer, 3071, 3072));
    assert_eq!(refused(Frame::gray8(&pixels, 64, 48).stride(63)), (FramePart::Stride, 63, 64));
    // The size is checked before the data.
    for data in [&pixels[..], &[]] {
        let error = movie.push(Frame::gray8(data, 48, 64)).unwrap_err();
        assert!(matches!(error, Error::FrameSize { frame: 0, got: (48, 64), expected: (64, 48), .. }), "{error}");
    }
    let error = movie.push_from(&pixels[1..], PixelFormat::Gray8).unwrap_err();
    assert!(matches!(error, Error::FrameData { part: FramePart::Input, got: 3071, needed: 3072, .. }), "{error}");
    assert_eq!(movie.frames(), 0);
}

#[test]
fn planes_that_do_not_fit_say_what_is_needed() {
    let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [0; 3]);
    let refused = |(width, height), chroma, depth| {
        let mut planes = Planes::new(width, height, chroma, depth);
        match converter.convert(&Frame::gray8(&[0; 12], 4, 3), &mut planes) {
            Err(Error::Planes { mismatch, .. }) => mismatch,
            other => panic!("{other:?}"),
        }
    };
    let size = refused((4, 6), Chroma::Yuv420, BitDepth::Eight);
    assert!(matches!(size, PlanesMismatch::Size { got: (4, 6), needed: (4, 4), .. }), "{size}");
    let chroma = refused((4, 4), Chroma::Gray, BitDepth::Eight);
    assert!(matches!(chroma, PlanesMismatch::Chroma { got: Chroma::Gray, needed: Chroma::Yuv420, .. }), "{chroma}");
    let depth = refused((4, 4), Chroma::Yuv420, BitDepth::Ten);
    assert!(matches!(depth, PlanesMismatch::BitDepth { got: BitDepth::Ten, needed: BitDepth::Eight, .. }), "{depth}");
}

#[test]
fn a_time_that_cannot_be_used_says_why() {
    let mut movie = Movie::in_memory(&Settings::new(16, 16).frame_rate(25).variable_rate(true)).unwrap();
    let pixels = [0; 256];
    let reason = |result: kinetograph::Result<()>| match result {
        Err(Error::Time { reason, .. } | Error::Hold { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(movie.hold(1.0)), TimeError::NoFrame);
    movie.push_at(Frame::gray8(&pixels, 16, 16), 5.0).unwrap();
    assert_eq!(reason(movie.push_at(Frame::gray8(&pixels, 16, 16), f64::NAN)), TimeError::NotCountable);
    let not_after = reason(movie.push_at(Frame::gray8(&pixels, 16, 16), 4.0));
    assert!(matches!(not_after, TimeError::NotAfter { previous_seconds: 5.0, .. }), "{not_after}");
    let too_long = reason(movie.hold(1e6));
    assert!(matches!(too_long, TimeError::TooLong { max_seconds, .. } if max_seconds.floor() == 1491.0), "{too_long}");
}
