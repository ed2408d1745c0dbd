//! Tests the setters, the names and the validation of settings.

use super::*;
use crate::Error;

/// Returns the setting that is refused, its value and what is allowed.
fn refused(settings: &Settings) -> (&'static str, String, String) {
    match settings.validate() {
        Err(Error::Setting { name, value, allowed }) => (name, value, allowed.into_owned()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn literals_and_values_and_none_set_and_unset_what_is_optional() {
    let settings = Settings::new(64, 48);
    let set = settings
        .clone()
        .keyframe_interval(30)
        .threads(2)
        .expected_frames(100)
        .tune(Tune::Animation)
        .profile(Profile::High)
        .level(Level::L4)
        .vbv(Vbv { max_kbit_per_second: 400, buffer_kbit: 500 })
        .creation_time(SystemTime::UNIX_EPOCH);
    assert_eq!((set.keyframe_interval, set.threads, set.container.expected_frames), (Some(30), Some(2), Some(100)));
    assert_eq!((set.tune, set.profile, set.level), (Some(Tune::Animation), Some(Profile::High), Some(Level::L4)));
    assert_eq!((set.vbv, set.container.creation_time), (Some(Vbv::new(400, 500)), Some(SystemTime::UNIX_EPOCH)));
    let unset = set
        .keyframe_interval(None)
        .threads(None)
        .expected_frames(None)
        .tune(None)
        .profile(None)
        .level(None)
        .vbv(None)
        .creation_time(None);
    assert_eq!(unset, settings);
}

#[test]
fn tags_and_options_are_replaced_and_removed_by_name() {
    let settings = Settings::new(64, 48);
    let tagged = settings.clone().title("one").tag(Tag::Artist, "Ada").tag(Tag::Key(*b"\xa9nam"), "two");
    assert_eq!(tagged.container.tags, [(Tag::Artist, "Ada".into()), (Tag::Key(*b"\xa9nam"), "two".into())]);
    assert_eq!(tagged.without_tag(Tag::Title).without_tag(Tag::Artist), settings);

    let tuned = settings.clone().x264_option("b-adapt", 1).x264_option("ref", 3).x264_option("b_adapt", 2);
    assert_eq!(tuned.x264_options, [("ref".into(), "3".into()), ("b_adapt".into(), "2".into())]);
    assert_eq!(tuned.without_x264_option("b-adapt").without_x264_option("ref"), settings);
}

#[test]
fn container_settings_equal_those_of_the_same_setters() {
    let container = ContainerSettings::new()
        .layout(Layout::Fragmented)
        .fragment_seconds(0.5)
        .rotation(Rotation::Deg90)
        .title("Waves")
        .tag(Tag::Date, "2026")
        .creation_time(SystemTime::UNIX_EPOCH);
    let settings = Settings::new(64, 48)
        .layout(Layout::Fragmented)
        .fragment_seconds(0.5)
        .rotation(Rotation::Deg90)
        .title("Waves")
        .tag(Tag::Date, "2026")
        .creation_time(SystemTime::UNIX_EPOCH);
    assert_eq!(Settings::new(64, 48).container(container.clone()), settings);
    assert_eq!(Settings::new(64, 48).container(ContainerSettings::default()), Settings::new(64, 48));
    let expected = Settings::new(64, 48).expected_frames(7);
    assert_eq!(expected.clone().container(container), settings.expected_frames(7));
    assert!(ContainerSettings::new().fragment_seconds(0.0).validate().is_err());
    assert_eq!(refused(&expected.container(ContainerSettings::new().tag(Tag::Key(*b"trkn"), "1"))).0, "tag");
}

#[test]
fn refusals_name_the_setter() {
    let sized = || Settings::new(64, 48);
    let vbv = |settings: Settings, rate, buffer| settings.vbv(Vbv::new(rate, buffer));
    for (settings, name, value) in [
        (sized().quality(Quality::Qp(52)), "quality", "qp=52"),
        (sized().quality(Quality::Crf(f32::NAN)), "quality", "crf=NaN"),
        (sized().pixel_aspect(0, 1), "pixel_aspect", "0:1"),
        (sized().pixel_aspect(1, 65_536), "pixel_aspect", "1:65536"),
        (vbv(sized(), 0, 100), "vbv", "0 kbit/s into 100 kbit"),
        (vbv(sized(), 100, 0), "vbv", "100 kbit/s into 0 kbit"),
        (sized().frame_rate(f64::NAN), "frame_rate", "NaN"),
        (sized().fragment_seconds(f64::INFINITY), "fragment_seconds", "inf"),
        (sized().profile(Profile::Main).bit_depth(BitDepth::Ten), "profile", "main"),
        (sized().tag(Tag::Key(*b"\xa9alb"), "x".repeat((1 << 20) + 1)), "tag", "©alb"),
    ] {
        let (got_name, got_value, allowed) = refused(&settings);
        assert_eq!((got_name, &*got_value), (name, value));
        assert!(!allowed.is_empty());
    }
}

#[test]
fn refused_options_have_their_name_value_and_reason() {
    let long = "0,1,q=20/".repeat(10_000);
    for (option, text, why) in [
        ("stats", "/etc/passwd", "it would read or write files"),
        ("no_annexb", "1", "the crate decides it"),
        ("cqm", "file", "flat or jvt"),
        ("zones", &long, "90000 bytes"),
        ("aq-mode", "1\0", "NUL"),
    ] {
        match Settings::new(64, 48).x264_option(option, text).validate() {
            Err(error @ Error::X264Option { .. }) => {
                assert!(error.to_string().len() < 300, "{error}");
                let Error::X264Option { name, value, reason } = error else { unreachable!() };
                assert_eq!((&*name, &*value), (option, text));
                assert!(reason.contains(why), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Checks that each value parses from what it prints, and that other text is refused with the setting's name.
fn assert_reads_what_it_prints<T>(values: &[T], setting: &str)
where
    T: std::str::FromStr<Err = Error> + std::fmt::Display + std::fmt::Debug + PartialEq,
{
    for value in values {
        assert_eq!(value.to_string().parse::<T>().unwrap(), *value);
    }
    for text in ["", "of no kind"] {
        match text.parse::<T>() {
            Err(Error::Setting { name, .. }) => assert_eq!(name, setting),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn choices_parse_from_what_they_print() {
    use crate::PixelFormat;
    assert_reads_what_it_prints(Preset::ALL, "preset");
    assert_reads_what_it_prints(Tune::ALL, "tune");
    assert_reads_what_it_prints(Profile::ALL, "profile");
    assert_reads_what_it_prints(Level::ALL, "level");
    assert_reads_what_it_prints(Chroma::ALL, "chroma");
    assert_reads_what_it_prints(BitDepth::ALL, "bit_depth");
    assert_reads_what_it_prints(Layout::ALL, "layout");
    assert_reads_what_it_prints(OddSize::ALL, "odd_size");
    assert_reads_what_it_prints(Rotation::ALL, "rotation");
    assert_reads_what_it_prints(Matrix::ALL, "matrix");
    assert_reads_what_it_prints(Range::ALL, "range");
    assert_reads_what_it_prints(Primaries::ALL, "primaries");
    assert_reads_what_it_prints(Transfer::ALL, "transfer");
    assert_reads_what_it_prints(ChromaLocation::ALL, "chroma_location");
    assert_reads_what_it_prints(PixelFormat::ALL, "pixel_format");
    assert_reads_what_it_prints(&crate::color::Isa::available(), "isa");
    assert_reads_what_it_prints(
        &[
            Quality::Crf(17.5),
            Quality::Crf(-12.0),
            Quality::Bitrate(1800),
            Quality::Qp(20),
            Quality::Lossless,
            Quality::MaxBytes(u64::MAX),
        ],
        "quality",
    );
    assert_reads_what_it_prints(
        &[Tag::Title, Tag::Artist, Tag::Comment, Tag::Date, Tag::Copyright, Tag::Encoder, Tag::Key(*b"\xa9alb")],
        "tag",
    );
    for text in ["crf", "crf=", "crf=high", "qp=300", "bitrate=-1", "lossless=1", "23"] {
        text.parse::<Quality>().unwrap_err();
    }
}

#[test]
fn bytes_have_units_of_1000_and_of_1024() {
    for (text, bytes) in [
        ("1", 1),
        ("0", 0),
        ("10B", 10),
        ("8kB", 8_000),
        ("25 MB", 25_000_000),
        ("2.5mb", 2_500_000),
        ("1GB", 1_000_000_000),
        ("8KiB", 8_192),
        ("10MiB", 10_485_760),
        ("1.5GiB", 1_610_612_736),
        ("1.9999", 1),
    ] {
        assert_eq!(format!("max_bytes={text}").parse::<Quality>().unwrap(), Quality::MaxBytes(bytes), "{text}");
    }
    for text in ["", "MB", "-1", "1 M", "1TB", "1e6", "1..5", "18446744073709551616", "18446744073709551615kB", "1MBx"]
    {
        assert!(format!("max_bytes={text}").parse::<Quality>().is_err(), "{text}");
    }
    for bytes in [0, u64::MAX] {
        let (name, value, allowed) = refused(&Settings::new(64, 48).quality(Quality::MaxBytes(bytes)));
        assert_eq!((name, value), ("quality", format!("max_bytes={bytes}")));
        assert_eq!(allowed, "max_bytes must be 1 to 9223372036854775807");
    }
}
