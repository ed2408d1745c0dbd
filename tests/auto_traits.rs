//! Public types are `Send` and `Sync`, so that they can be shared by threads; a compile-time test.

use kinetograph::color::{Converter, Isa, Planes};
use kinetograph::*;

const fn send_and_sync<T: Send + Sync>() {}

const _: () = {
    send_and_sync::<Animation<'static>>();
    send_and_sync::<Movie>();
    send_and_sync::<Movie<Vec<u8>>>();
    send_and_sync::<Movie<Stream<Vec<u8>>>>();

    send_and_sync::<BitDepth>();
    send_and_sync::<Chroma>();
    send_and_sync::<ChromaLocation>();
    send_and_sync::<ColorSpace>();
    send_and_sync::<ContainerSettings>();
    send_and_sync::<Converter>();
    send_and_sync::<Error>();
    send_and_sync::<Frame<'static>>();
    send_and_sync::<FrameInfo>();
    send_and_sync::<FramePart>();
    send_and_sync::<FrameRate>();
    send_and_sync::<Html>();
    send_and_sync::<Isa>();
    send_and_sync::<Layout>();
    send_and_sync::<Level>();
    send_and_sync::<Matrix>();
    send_and_sync::<MovieInfo>();
    send_and_sync::<Mp4Error>();
    send_and_sync::<OddSize>();
    send_and_sync::<OutputError>();
    send_and_sync::<PixelFormat>();
    send_and_sync::<Phase>();
    send_and_sync::<Planes>();
    send_and_sync::<PlanesMismatch>();
    send_and_sync::<Preset>();
    send_and_sync::<Primaries>();
    send_and_sync::<Profile>();
    send_and_sync::<Progress>();
    send_and_sync::<Quality>();
    send_and_sync::<Range>();
    send_and_sync::<LeftOut>();
    send_and_sync::<Recovered>();
    send_and_sync::<Report>();
    send_and_sync::<Rotation>();
    send_and_sync::<Segment>();
    send_and_sync::<SegmentError>();
    send_and_sync::<Settings>();
    send_and_sync::<Stream<Vec<u8>>>();
    send_and_sync::<Tag>();
    send_and_sync::<TimeError>();
    send_and_sync::<Transfer>();
    send_and_sync::<TryPush>();
    send_and_sync::<Tune>();
    send_and_sync::<Vbv>();
};

#[test]
fn errors_can_be_boxed_and_sent() {
    let boxed: Box<dyn std::error::Error + Send + Sync> = Error::NoFrames.into();
    assert!(boxed.downcast_ref::<Error>().is_some());
}

/// Fails when the crate exports a type that the list above lacks.
#[test]
fn the_list_has_every_exported_type() {
    let read = |path| std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (face, list) = (read("src/lib.rs"), read("tests/auto_traits.rs"));
    let exports = face.split("pub use ").skip(1).map(|export| export.split(';').next().unwrap());
    let names = exports.flat_map(|export| export.split(|c: char| !c.is_alphanumeric()));
    let types: Vec<&str> = names.filter(|name| name.starts_with(char::is_uppercase) && *name != "Result").collect();
    assert!(types.len() > 30, "{types:?}");
    for name in types {
        assert!([format!("<{name}>"), format!("<{name}<")].iter().any(|used| list.contains(used)), "{name}");
    }
}
