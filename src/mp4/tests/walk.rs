//! The boxes of a file as text, to be compared with what is written down.

use super::reader::{boxes, top_boxes, u16_at, u32_at, u64_at};

/// Compares a file's boxes with those written down.
pub(super) fn assert_walk(written_down: &str, file: &Vec<u8>) {
    let mut seen = String::new();
    for place in top_boxes(file) {
        let length = (place.end - place.start) as usize;
        walk_box(&place.name, length, &file[place.body as usize..place.end as usize], 0, &mut seen);
    }
    assert!(seen == written_down, "the boxes are\n{seen}\nbut should be\n{written_down}");
}

/// Returns how many bytes stand in front of the first box that a box holds, if it holds boxes.
fn before_children(name: &[u8; 4]) -> Option<usize> {
    match name {
        b"moov" | b"trak" | b"edts" | b"mdia" | b"minf" | b"dinf" | b"stbl" | b"mvex" | b"moof" | b"traf" | b"udta"
        | b"ilst" => Some(0),
        b"stsd" | b"dref" => Some(8),
        b"meta" => Some(4),
        b"avc1" => Some(78),
        _ => None,
    }
}

/// Adds a box as a line: name, size in bytes, and what its fields say; then the boxes in it. Media data is not shown.
fn walk_box(name: &[u8; 4], length: usize, body: &[u8], depth: usize, lines: &mut String) {
    let fields = fields(name, body);
    let space = if fields.is_empty() { "" } else { "  " };
    *lines += &format!("{:indent$}{} {length}{space}{fields}\n", "", text(name), indent = 2 * depth);
    let children = before_children(name).map_or_else(Vec::new, |before| boxes(&body[before..]));
    for (child, child_body) in children {
        walk_box(&child, child_body.len() + 8, child_body, depth + 1, lines);
        if name == b"ilst" {
            // An item of the tags holds its value in a box.
            for (value, value_body) in boxes(child_body) {
                walk_box(&value, value_body.len() + 8, value_body, depth + 1, lines);
            }
        }
    }
}

fn text(name: &[u8]) -> String {
    name.iter().map(|byte| *byte as char).collect()
}

fn fields(name: &[u8; 4], body: &[u8]) -> String {
    let word = |at| u32_at(body, at);
    let half = |at| u16_at(body, at);
    // A time or duration, which version 1 writes in 64 bits; the fields behind it are moved by `wide` bytes each.
    let version = body.first().copied().unwrap_or(0);
    let long = |at| if version == 1 { u64_at(body, at) } else { word(at).into() };
    let wide = if version == 1 { 4 } else { 0 };
    let list = |at: usize, words: usize| -> String {
        let entry =
            |bytes: &[u8]| bytes.chunks(4).map(|word| u32_at(word, 0).to_string()).collect::<Vec<_>>().join("×");
        body[at..].chunks(4 * words).map(entry).collect::<Vec<_>>().join(" ")
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match name {
        b"ftyp" => {
            let brands: Vec<_> = body[8..].chunks(4).map(text).collect();
            format!("{} {}: {}", text(&body[..4]), word(4), brands.join(" "))
        }
        b"mvhd" => format!(
            "v{version} created {} timescale {} duration {} next track {}",
            long(4),
            word(12 + 2 * wide),
            long(16 + 2 * wide),
            word(body.len() - 4)
        ),
        b"tkhd" => {
            let end = body.len();
            let matrix: Vec<_> =
                body[end - 44..end - 8].chunks(4).map(|word| format!("{:x}", u32_at(word, 0))).collect();
            let side = |at| f64::from(word(at)) / 65536.0;
            format!(
                "v{version} flags {} track {} duration {} matrix {} size {}×{}",
                word(0) & 0xff_ffff,
                word(12 + 2 * wide),
                long(20 + 2 * wide),
                matrix.join(" "),
                side(end - 8),
                side(end - 4)
            )
        }
        b"mdhd" => {
            let (timescale, duration) = (word(12 + 2 * wide), long(16 + 2 * wide));
            format!("v{version} timescale {timescale} duration {duration} language {:04x}", half(body.len() - 4))
        }
        b"elst" => format!("v{version} duration {} from {} rate {}", long(8), long(12 + wide), word(body.len() - 4)),
        b"hdlr" => format!("{} {:?}", text(&body[8..12]), text(&body[24..])),
        b"vmhd" | b"url " | b"stsd" | b"dref" => format!("flags or count {}", word(0) | word(body.len().min(8) - 4)),
        b"avc1" => format!("{}×{} depth {}", half(24), half(26), half(74)),
        b"avcC" => hex(body),
        b"colr" => format!("{} {} {} {} range {:02x}", text(&body[..4]), half(4), half(6), half(8), body[10]),
        b"pasp" => format!("{}:{}", word(0), word(4)),
        b"btrt" => format!("buffer {} most {} average {}", word(0), word(4), word(8)),
        b"stts" | b"ctts" => format!("{}: {}", word(4), list(8, 2)),
        b"stsc" => format!("{}: {}", word(4), list(8, 3)),
        b"stss" | b"stco" => format!("{}: {}", word(4), list(8, 1)),
        b"co64" => {
            let positions: Vec<_> = body[8..].chunks(8).map(|entry| u64_at(entry, 0).to_string()).collect();
            format!("{}: {}", word(4), positions.join(" "))
        }
        b"stsz" => format!("{}: {}", word(8), list(12, 1)),
        b"mehd" => format!("v{version} {}", long(4)),
        b"trex" => format!("track {} duration {}", word(4), word(12)),
        b"mfhd" => format!("number {}", word(4)),
        b"tfhd" => format!("flags {:06x} track {}: {}", word(0) & 0xff_ffff, word(4), hex(&body[8..])),
        b"tfdt" => format!("v{version} {}", long(4)),
        b"trun" => {
            let flags = word(0) & 0xff_ffff;
            let columns = [0x100, 0x200, 0x400, 0x800].iter().filter(|flag| flags & *flag != 0).count();
            let first = if flags & 4 != 0 { format!(" first {:08x}", word(12)) } else { String::new() };
            let samples = list(if flags & 4 != 0 { 16 } else { 12 }, columns);
            format!("flags {flags:06x} {} from {}{first}: {samples}", word(4), word(8))
        }
        b"data" => format!("type {} {:?}", word(0), String::from_utf8_lossy(&body[8..])),
        _ => String::new(),
    }
}
