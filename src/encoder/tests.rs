//! Tests what only the encoder itself can show. tests/x264_program.rs compares whole streams with those of the x264
//! program.

use super::*;

/// Returns planes of a gradient that moves.
fn picture(settings: &Settings, index: usize) -> Planes {
    let mut planes = Planes::new(settings.width, settings.height, settings.chroma, settings.bit_depth);
    for (at, byte) in planes.planes_mut()[0].iter_mut().enumerate() {
        *byte = ((at + 3 * index) % 220 + 16) as u8;
    }
    planes
}

#[test]
fn errors_contain_x264s_own_words() {
    let error = |name: &str, value: &str| {
        let settings = Settings::new(128, 96).threads(2).x264_option(name, value);
        match Encoder::open(&settings, Threading::OwnThreads) {
            Ok(_) => panic!("x264 took {name}={value}"),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(error("colour", "1"), "x264 option \"colour\" is \"1\"; x264 has no option of that name");
    assert_eq!(error("me", "psychic"), "x264 option \"me\" is \"psychic\"; x264 does not take that value");
    assert_eq!(error("psy-rd", "nan"), "x264 option \"psy-rd\" is \"nan\"; x264 does not take that value");
    let light = error("cll", "70000,1");
    assert_eq!(light, "x264 opening the encoder: content light levels out of range [0,65535]");
}

/// `Settings::validate` refuses these settings first, but the encoder does not rely on that.
#[test]
fn options_are_never_cut_off_at_a_nul() {
    for (name, value) in [("bframes\0x", "3"), ("bframes", "3\0x")] {
        let settings = Settings::new(128, 96).x264_option(name, value);
        let opened = Encoder::open(&settings, Threading::OwnThreads);
        assert!(matches!(opened, Err(Error::Setting { .. })), "{name:?}={value:?}");
    }
}

#[test]
fn forced_keyframes_are_sync_samples() {
    let settings = Settings::new(128, 96).frame_rate(25).threads(2);
    let mut encoder = Encoder::open(&settings, Threading::OwnThreads).unwrap();
    let frame = i64::from(settings.clock().frame);
    let mut sync = Vec::new();
    for index in 0..20 {
        let coding = if index == 7 { Coding::Keyframe } else { Coding::Any };
        let planes = picture(&settings, index);
        if let Some(packet) = encoder.encode(&planes, index as i64 * frame, coding).unwrap() {
            sync.extend(packet.sync.then_some(packet.pts / frame));
        }
    }
    while let Some(packet) = encoder.flush().unwrap() {
        sync.extend(packet.sync.then_some(packet.pts / frame));
    }
    assert_eq!(sync, [0, 7]);
}
