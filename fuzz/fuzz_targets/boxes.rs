//! An independent check of a movie: its boxes fill the file, and its tables count the frames.

use kinetograph::Layout;

/// Returns the name and payload of the boxes in a range of a file. They must fill it.
fn children(mut bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let word = u32::from_be_bytes(bytes[..4].try_into().unwrap());
        let (size, header) = match word {
            0 => (bytes.len(), 8),
            1 => (u64::from_be_bytes(bytes[8..16].try_into().unwrap()) as usize, 16),
            size => (size as usize, 8),
        };
        found.push((bytes[4..8].try_into().unwrap(), &bytes[header..size]));
        bytes = &bytes[size..];
    }
    found
}

fn child<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> &'a [u8] {
    path.iter().fold(bytes, |inside, name| {
        let inside = children(inside).into_iter().find(|(found, _)| found == *name);
        inside.unwrap_or_else(|| panic!("no {}", name.escape_ascii())).1
    })
}

/// Checks that the boxes of a movie fill it, and that its tables have `frames` frames.
pub fn check(movie: &[u8], frames: u64, layout: Layout) {
    let word = |bytes: &[u8], at: usize| u64::from(u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()));
    let counted = if layout == Layout::Fragmented {
        let fragments = children(movie).into_iter().filter(|(name, _)| name == b"moof");
        fragments.map(|(_, moof)| word(child(moof, &[b"traf", b"trun"]), 4)).sum()
    } else {
        word(child(movie, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz"]), 8)
    };
    assert_eq!(counted, frames, "{layout}");
}
