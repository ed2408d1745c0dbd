//! The movie's metadata: `udta` with a `meta` box as iTunes writes it and everyone reads it.
//!
//! The mp4 crate's `ilst` knows four keys and writes them in random order.

use super::boxes::boxed;
use crate::settings::Tag;

/// The `udta` box; `encoder` is named unless the tags name another.
pub(super) fn udta(tags: &[(Tag, String)], encoder: &str) -> Vec<u8> {
    let mut items = Vec::new();
    for (tag, text) in tags {
        items.extend(item(*tag, text));
    }
    if !tags.iter().any(|(tag, _)| tag.key() == Tag::Encoder.key()) {
        items.extend(item(Tag::Encoder, encoder));
    }
    // hdlr: version and flags, predefined, "mdir", "appl", two reserved words, an empty name.
    let mut meta = vec![0; 4];
    meta.extend(boxed(b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0"));
    meta.extend(boxed(b"ilst", &items));
    boxed(b"udta", &boxed(b"meta", &meta))
}

fn item(tag: Tag, text: &str) -> Vec<u8> {
    // data: type 1 is UTF-8, locale 0 is any.
    let mut data = vec![0, 0, 0, 1, 0, 0, 0, 0];
    data.extend_from_slice(text.as_bytes());
    boxed(&tag.key(), &boxed(b"data", &data))
}
