//! Random settings, frames and calls give a typed error, or a movie from which ffmpeg decodes every frame taken.

use kinetograph::{
    BitDepth, Chroma, Error, Frame, FrameRate, Layout, Level, Movie, OddSize, PixelFormat, Preset, Profile, Quality,
    Rotation, Settings, Tune, Vbv,
};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

mod judge;

/// Runs `usual` cases, the same on every run. With `KINETOGRAPH_SOAK`, that many times more, and others on every run.
fn config(usual: u32) -> ProptestConfig {
    let times = std::env::var("KINETOGRAPH_SOAK").ok().map(|times| times.parse().expect("a number"));
    ProptestConfig {
        cases: usual * times.unwrap_or(1),
        failure_persistence: None,
        rng_seed: times.map_or(RngSeed::Fixed(2026), |_: u32| RngSeed::Random),
        ..ProptestConfig::default()
    }
}

fn quality() -> impl Strategy<Value = Quality> {
    prop_oneof![
        (-12f32..60.0).prop_map(Quality::Crf),
        (0u32..3000).prop_map(Quality::Bitrate),
        (0u8..70).prop_map(Quality::Qp),
        Just(Quality::Lossless),
    ]
}

fn rate() -> impl Strategy<Value = FrameRate> {
    prop_oneof![
        3 => (1u32..200).prop_map(FrameRate::from),
        2 => (1u32..2_000_000, 1u32..2_000_000).prop_map(FrameRate::from),
        1 => (1u32..100, 1u32..4000).prop_map(FrameRate::from),
        1 => (0.01f64..300.0).prop_map(FrameRate::from),
        1 => any::<f64>().prop_map(FrameRate::from),
    ]
}

prop_compose! {
    fn settings()(
        (width, height) in prop_oneof![3 => (1u32..=64, 1u32..=64), 1 => (1u32..=300, 1u32..=300)],
        (rate, variable) in (rate(), any::<bool>()),
        (quality, vbv) in (quality(), of((1u32..2000, 1u32..2000))),
        (preset, tune) in (select(&Preset::ALL[..7]), of(select(Tune::ALL))),
        (profile, level) in (of(select(Profile::ALL)), of(select(Level::ALL))),
        (chroma, depth) in (select(Chroma::ALL), select(BitDepth::ALL)),
        (odd, background) in (prop_oneof![9 => Just(OddSize::Pad), 1 => Just(OddSize::Refuse)], any::<[u8; 3]>()),
        (keyframes, threads) in (of(0u32..60), 1u32..4),
        (aspect, rotation) in (prop_oneof![3 => Just((1, 1)), 1 => (0u32..40, 0u32..40)], select(Rotation::ALL)),
        (layout, fragment, expected) in (select(Layout::ALL), 0.01f64..3.0, of(any::<u64>())),
        title in of(".{0,40}"),
    ) -> Settings {
        let settings = Settings::new(width, height)
            .frame_rate(rate)
            .variable_rate(variable)
            .quality(quality)
            .preset(preset)
            .chroma(chroma)
            .bit_depth(depth)
            .background(background)
            .odd_size(odd)
            .pixel_aspect(aspect.0, aspect.1)
            .rotation(rotation)
            .threads(threads)
            .layout(layout)
            .fragment_seconds(fragment)
            .vbv(vbv.map(|(rate, buffer)| Vbv::new(rate, buffer)))
            .tune(tune)
            .profile(profile)
            .level(level)
            .keyframe_interval(keyframes)
            .expected_frames(expected);
        match title {
            Some(title) => settings.title(title),
            None => settings,
        }
    }
}

/// What a user does with a movie.
#[derive(Clone, Debug)]
enum Call {
    Push {
        format: PixelFormat,
        padding: usize,
        seed: u8,
    },
    PushAt {
        seconds: f64,
        seed: u8,
    },
    Hold(f64),
    ForceKeyframe,
    /// A frame that does not fit.
    Misfit {
        width: u32,
        height: u32,
        stride: usize,
        bytes: usize,
    },
}

fn call() -> impl Strategy<Value = Call> {
    let seconds = || prop_oneof![4 => 0.0f64..20.0, 1 => any::<f64>()];
    prop_oneof![
        8 => (select(PixelFormat::ALL), 0usize..9, any::<u8>())
            .prop_map(|(format, padding, seed)| Call::Push { format, padding, seed }),
        2 => (seconds(), any::<u8>()).prop_map(|(seconds, seed)| Call::PushAt { seconds, seed }),
        1 => seconds().prop_map(Call::Hold),
        1 => Just(Call::ForceKeyframe),
        1 => (any::<u32>(), any::<u32>(), any::<usize>(), 0usize..5000)
            .prop_map(|(width, height, stride, bytes)| Call::Misfit { width, height, stride, bytes }),
    ]
}

/// Makes a call, and returns whether a frame was taken.
fn make(movie: &mut Movie, settings: &Settings, call: &Call) -> Result<bool, Error> {
    let (width, height) = (settings.width(), settings.height());
    let pixels =
        |bytes: usize, seed: u8| -> Vec<u8> { (0..bytes).map(|at| (at / 3 * (usize::from(seed) + 1)) as u8).collect() };
    match *call {
        Call::Push { format, padding, seed } => {
            let stride = width as usize * format.bytes_per_pixel() + padding;
            let pixels = pixels(stride * height as usize, seed);
            movie.push(Frame::new(&pixels, width, height, format).stride(stride)).map(|()| true)
        }
        Call::PushAt { seconds, seed } => {
            let pixels = pixels((width * height) as usize, seed);
            movie.push_at(Frame::gray8(&pixels, width, height), seconds).map(|()| true)
        }
        Call::Hold(seconds) => movie.hold(seconds).map(|()| false),
        Call::ForceKeyframe => {
            movie.force_keyframe();
            Ok(false)
        }
        Call::Misfit { width, height, stride, bytes } => {
            movie.push(Frame::rgba8(&pixels(bytes, 0), width, height).stride(stride)).map(|()| true)
        }
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn valid_settings_make_a_movie_of_the_frames_taken(settings in settings(), calls in prop::collection::vec(call(), 0..30)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("movie");
        let mut movie = match (settings.validate(), Movie::create(&path, &settings)) {
            (Ok(()), Ok(movie)) => movie,
            (Err(valid), Err(created)) => {
                prop_assert_eq!(valid.to_string(), created.to_string());
                return Ok(());
            }
            (valid, created) => panic!("valid: {valid:?}; created: {:?}", created.err()),
        };
        let mut taken = 0u64;
        for call in &calls {
            match make(&mut movie, &settings, call) {
                Ok(frame) => taken += u64::from(frame),
                Err(Error::FrameSize { .. } | Error::FrameData { .. }) => {
                    prop_assert!(matches!(call, Call::Misfit { .. }), "{:?}", call);
                }
                Err(Error::Time { .. }) => prop_assert!(matches!(call, Call::PushAt { .. }), "{:?}", call),
                Err(Error::Hold { .. }) => prop_assert!(matches!(call, Call::Hold(_)), "{:?}", call),
                Err(error) => panic!("{error}"),
            }
            prop_assert_eq!(movie.frames(), taken);
        }
        match movie.finish() {
            Err(Error::NoFrames) => {
                prop_assert_eq!(taken, 0);
                prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
            }
            finished => {
                let report = finished.unwrap();
                prop_assert_eq!(report.frames, taken);
                prop_assert_eq!(report.bytes, path.metadata().unwrap().len());
                let (width, height) = settings.coded_size();
                let probed = judge::ffprobe(&path, "width,height,nb_read_frames");
                prop_assert_eq!(probed, format!("{width}\n{height}\n{taken}"));
            }
        }
    }
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn a_decimal_rate_is_exact_to_a_millionth_or_refused(rate in prop_oneof![any::<f64>(), 0.0002f64..1e6]) {
        let exact = FrameRate::from(rate);
        match Settings::new(2, 2).frame_rate(rate).validate() {
            // A broadcast rate of two decimals, as 29.97, is further from the exact rate, 30000/1001.
            Ok(()) => {
                let broadcast: f64 = if exact.denominator() == 1001 { 0.005 } else { 0.0 };
                prop_assert!((exact.as_f64() - rate).abs() <= broadcast.max(1e-6 * rate), "{exact}");
            }
            Err(error) => prop_assert!(error.to_string().starts_with("frame_rate is "), "{}", error),
        }
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in prop_oneof![".{0,20}", "[0-9./ e+-]{0,12}"]) {
        if let Ok(rate) = text.parse::<FrameRate>() {
            prop_assert!(Settings::new(2, 2).frame_rate(rate).validate().is_ok());
        }
        prop_assert_eq!(text.parse::<Preset>().is_ok(), Preset::ALL.iter().any(|preset| preset.name() == text));
        prop_assert_eq!(text.parse::<Level>().is_ok(), Level::ALL.iter().any(|level| level.name() == text));
        let settings = Settings::new(2, 2).x264_option(text.clone(), text.clone()).title(text.clone());
        if let Err(error) = settings.validate() {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
