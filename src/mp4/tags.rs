//! Writes the movie's metadata (`udta`), in the form of iTunes, which all players read.
//!
//! The `ilst` of the mp4 crate is not used, because it knows only four keys and writes them in random order.

use super::boxes::BoxWriter;
use crate::settings::Tag;

/// Returns the `udta` box. It names `encoder` unless the tags name another.
pub(super) fn udta(tags: &[(Tag, String)], encoder: &str) -> Vec<u8> {
    let is_encoder = |tag: Tag| tag.key() == Tag::Encoder.key();
    let ours = Some((Tag::Encoder, encoder)).filter(|_| !tags.iter().any(|(tag, _)| is_encoder(*tag)));
    let items = tags.iter().map(|(tag, text)| (*tag, &**text)).chain(ours);
    let mut out = BoxWriter::default();
    out.boxed(b"udta", |out| {
        out.boxed(b"meta", |out| {
            // Version and flags.
            out.words(&[0]);
            // Version and flags, predefined, "mdir", "appl", two reserved words, an empty name.
            out.boxed(b"hdlr", |out| out.bytes(b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0"));
            out.boxed(b"ilst", |out| {
                for (tag, text) in items {
                    out.boxed(&tag.key(), |out| {
                        out.boxed(b"data", |out| {
                            // Type 1 is UTF-8, locale 0 is any.
                            out.words(&[1, 0]);
                            out.bytes(text.as_bytes());
                        });
                    });
                }
            });
        });
    });
    out.into_parts().0
}
