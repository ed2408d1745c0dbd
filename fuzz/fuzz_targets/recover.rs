//! Any bytes, as an unfinished movie, are refused or make a movie.

#![no_main]

use kinetograph::{MovieInfo, recover, recover_in_place};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("movie.mp4.part");
    let copy = folder.path().join("movie.mp4");
    std::fs::write(&path, data).expect("a file");
    let _ = MovieInfo::open(&path);
    let copied = recover(&path, &copy);
    assert_eq!(std::fs::read(&path).expect("the file"), data);
    match &copied {
        Ok(recovered) => {
            assert!(recovered.frames + recovered.impaired_frames > 0);
            assert!(recovered.lost_bytes <= data.len() as u64);
            assert!(recovered.left_out.iter().all(|part| part.bytes.end <= data.len() as u64));
            assert_eq!(recovered.bytes, std::fs::metadata(&copy).expect("the movie").len());
            // A movie is recovered whole.
            let again = recover_in_place(&copy).expect("a recovered movie can be recovered");
            let all = recovered.frames + recovered.impaired_frames;
            assert_eq!((again.frames + again.impaired_frames, again.lost_bytes), (all, 0));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(!copy.exists());
        }
    }
    match recover_in_place(&path) {
        Ok(recovered) => {
            let bytes = std::fs::read(&path).expect("the movie");
            assert_eq!(recovered.bytes, bytes.len() as u64);
            // A second recovery changes nothing.
            let again = recover_in_place(&path).expect("a recovered movie can be recovered");
            assert_eq!(again.frames + again.impaired_frames, recovered.frames + recovered.impaired_frames);
            assert_eq!(std::fs::read(&path).expect("the movie"), bytes);
        }
        Err(_) => assert_eq!(std::fs::read(&path).expect("the file"), data),
    }
    assert!(std::fs::read_dir(folder.path()).expect("the folder").count() <= 2);
});
