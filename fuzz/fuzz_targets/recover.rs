//! Any bytes, as an unfinished movie, are refused or make a movie.

#![no_main]

use kinetograph::recover;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("movie.mp4.part");
    std::fs::write(&path, data).expect("a file");
    match recover(&path) {
        Ok(recovered) => {
            let bytes = std::fs::read(&path).expect("the movie");
            assert_eq!(recovered.bytes, bytes.len() as u64);
            assert!(recovered.lost_bytes <= data.len() as u64);
            // A second recovery changes nothing.
            let again = recover(&path).expect("a recovered movie can be recovered");
            assert_eq!((again.frames, again.lost_bytes), (recovered.frames, 0));
            assert_eq!(std::fs::read(&path).expect("the movie"), bytes);
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(std::fs::read(&path).expect("the file"), data, "{error}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
});
