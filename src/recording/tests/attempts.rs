//! Recordings that begin again until they are the movie that is wanted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::leftovers::{KINDS, Place, push, whole};
use super::*;

/// Records a longer attempt, and then the movie. `between` is called when half of the movie is recorded.
fn record(place: &Place, between: fn()) -> Result<()> {
    let mut recording = place.begin()?;
    recording.restart(&place.settings.container, &stream(&place.settings))?;
    push(&mut recording, &packets())?;
    recording.complete(60 * 512)?;
    recording.restart(&place.settings.container, &stream(&place.settings))?;
    push(&mut recording, &packets()[..20])?;
    between();
    push(&mut recording, &packets()[20..40])?;
    recording.complete(40 * 512)?;
    recording.commit().map(drop)
}

#[test]
fn the_last_attempt_is_the_movie_and_no_other_file_is_left() {
    for kind in KINDS {
        let (place, once) = (Place::new(kind), Place::new(kind));
        record(&place, || {}).unwrap();
        assert_eq!(place.names(), ["movie.mp4"], "{kind:?}");
        once.record(&packets()[..40]).unwrap();
        assert!(fs::read(&place.movie).unwrap() == fs::read(&once.movie).unwrap(), "{kind:?}");
        assert!(fs::read(&place.movie).unwrap() != whole(kind), "{kind:?}");
    }
}

#[test]
fn whichever_call_fails_no_attempt_is_left_and_an_earlier_movie_stays() {
    for kind in KINDS {
        let points = fault::with_failing(0, 0, || record(&Place::new(kind), || {})).1;
        assert!(points > 10, "{kind:?}: {points}");
        let mut kept_movies = 0;
        for point in 0..points {
            for until in [point + 1, u32::MAX] {
                let place = Place::new(kind);
                fs::write(&place.movie, "an earlier movie").unwrap();
                let result = fault::with_failing(point, until, || record(&place, || {})).0;
                let context = format!("{kind:?}, failing from {point} to {until}: {result:?}");
                match result {
                    Ok(()) => assert_eq!(place.names(), ["movie.mp4"], "{context}"),
                    Err(Error::Unfinished { kept, .. }) => {
                        // What cannot get its name is the movie that was wanted.
                        assert_eq!(place.names().len(), 2, "{context}");
                        let frames = match kind.0 {
                            Layout::AnnexB => units(&fs::read(kept).unwrap()),
                            _ => read(&kept).len(),
                        };
                        assert_eq!(frames, 40, "{context}");
                        kept_movies += 1;
                    }
                    Err(error) => {
                        assert!(matches!(error, Error::Io { .. }), "{context}");
                        assert_eq!(place.names(), ["movie.mp4"], "{context}");
                        assert_eq!(fs::read(&place.movie).unwrap(), b"an earlier movie", "{context}");
                    }
                }
            }
        }
        assert!(kept_movies > 0, "{kind:?}");
    }
}

#[test]
fn a_panic_leaves_no_attempt() {
    for kind in KINDS {
        let place = Place::new(kind);
        let panicked = catch_unwind(AssertUnwindSafe(|| record(&place, || std::panic::panic_any("a panic"))));
        assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"a panic"), "{kind:?}");
        assert_eq!(place.names(), [""; 0], "{kind:?}");
    }
}
