//! Frames of any size, format, stride and length, at any times, in any order of calls, are refused or are in the movie.

#![no_main]

use kinetograph::{BitDepth, Chroma, Error, Frame, Layout, Movie, PixelFormat, Preset, Settings};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

mod boxes;

fn settings(input: &mut Unstructured<'_>, layout: Layout) -> Result<Settings> {
    // Some sizes span several blocks of the converter.
    let side = |input: &mut Unstructured<'_>| input.int_in_range(1..=150);
    Ok(Settings::new(side(input)?, side(input)?)
        .frame_rate((input.int_in_range(1..=1_000_000)?, input.int_in_range(1..=5000)?))
        .variable_rate(input.arbitrary()?)
        .chroma(*input.choose(Chroma::ALL)?)
        .bit_depth(*input.choose(BitDepth::ALL)?)
        .background(input.arbitrary()?)
        .preset(*input.choose(&[Preset::Ultrafast, Preset::Superfast, Preset::Medium])?)
        .layout(layout)
        .threads(input.int_in_range(1..=3)?))
}

fn play(input: &mut Unstructured<'_>) -> Result<()> {
    let layout = *input.choose(&[Layout::Progressive, Layout::Fragmented, Layout::AnnexB])?;
    let settings = settings(input, layout)?;
    let Ok(mut movie) = Movie::in_memory(&settings) else { return Ok(()) };
    let mut taken = 0;
    for _ in 0..input.int_in_range(0..=40)? {
        if input.is_empty() {
            break;
        }
        let right: bool = input.ratio(4, 5)?;
        let format = *input.choose(PixelFormat::ALL)?;
        let (width, height) = match right {
            true => (settings.width(), settings.height()),
            false => (input.arbitrary()?, input.arbitrary()?),
        };
        let row = settings.width() as usize * format.bytes_per_pixel();
        let stride = if right { row + input.int_in_range(0..=9)? } else { input.arbitrary()? };
        let seed = input.bytes(input.len().min(7))?;
        let length = if right { stride * settings.height() as usize } else { input.int_in_range(0..=20_000)? };
        let pixels: Vec<u8> = seed.iter().copied().cycle().take(if seed.is_empty() { 0 } else { length }).collect();
        let frame = Frame::new(&pixels, width, height, format).stride(stride);
        let outcome = match input.int_in_range(0..=5)? {
            0 => movie.push_at(frame, input.arbitrary()?),
            1 => movie.push_at(frame, f64::from(input.arbitrary::<u16>()?) / 64.0),
            2 => {
                // The movie continues, whether the hold is refused or not.
                let _ = movie.hold(input.arbitrary()?);
                movie.push(frame)
            }
            3 => {
                movie.force_keyframe();
                movie.push(frame)
            }
            // Bytes after the first frame are not read.
            4 => match movie.push_from(&*pixels, format) {
                Ok(false) if pixels.is_empty() => continue,
                Ok(added) => {
                    assert!(added);
                    Ok(())
                }
                Err(error) => Err(error),
            },
            _ => movie.push(frame),
        };
        match outcome {
            Ok(()) => taken += 1,
            Err(Error::FrameSize { .. } | Error::FrameData { .. } | Error::Time { .. } | Error::Hold { .. }) => {}
            Err(error) => panic!("{settings:?}: {error}"),
        }
        assert_eq!(movie.frames(), taken);
    }
    match movie.finish() {
        Ok((bytes, report)) => {
            assert_eq!(report.frames, taken);
            if layout != Layout::AnnexB {
                boxes::check(&bytes, taken, layout);
            }
        }
        Err(Error::NoFrames) => assert_eq!(taken, 0),
        Err(error) => panic!("{settings:?}: {error}"),
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let _ = play(&mut Unstructured::new(data));
});
