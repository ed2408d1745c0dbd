//! Searches in movies whose sizes are formulas.

use super::*;

/// A movie: the bytes of a packet at a rate factor.
type Packets<'a> = &'a dyn Fn(u64, f64) -> u64;

const CONTAINER: u64 = 900;

fn total_of(packets: Packets<'_>, frames: u64, crf: f64) -> u64 {
    CONTAINER + (0..frames).map(|frame| packets(frame, crf)).sum::<u64>()
}

/// Searches, and returns the factor, or the size that is too large, and the packets made in relation to the frames.
fn search(packets: Packets<'_>, frames: u64, most: u64, sampled: bool) -> (Result<f64, u64>, f64) {
    let mut search = Search::new(most, frames, CONTAINER as f64);
    let mut made = 0;
    while let Some(factor) = search.next_sample().filter(|_| sampled) {
        let crf = f64::from(factor.crf());
        // Samples have errors.
        let parts = search.parts().map(|part| part.map(|frame| 0.8 * packets(frame, crf) as f64).sum()).collect();
        search.sampled(factor, parts);
        // A tenth of the frames, with more than a tenth of the keyframes.
        made += frames / 8;
    }
    for _ in 0..30 {
        let factor = match search.next() {
            Next::Try(factor) => factor,
            Next::TooLarge { bytes } => return (Err(bytes), made as f64 / frames as f64),
        };
        let crf = f64::from(factor.crf());
        let pushed = (0..frames).take_while(|frame| search.add(packets(*frame, crf)).is_continue()).count() as u64;
        made += pushed;
        if pushed < frames {
            search.stopped();
        } else if search.completed(total_of(packets, frames, crf)) {
            return (Ok(crf), made as f64 / frames as f64);
        }
    }
    panic!("no end");
}

/// A movie whose size halves with every `halving`, of which the first packet has a large part.
fn usual(halving: f64) -> impl Fn(u64, f64) -> u64 {
    move |frame, crf| {
        let scale = (-(crf - 23.0) / halving * std::f64::consts::LN_2).exp();
        let size = if frame.is_multiple_of(250) { 40_000.0 } else { 800.0 + 500.0 * (frame as f64 * 0.1).sin() };
        (size * scale) as u64 + 8
    }
}

#[test]
fn every_search_ends_with_the_least_factor_or_a_proof() {
    // Movies that become busy, whose bytes do not depend on the factor, that have steps, and with random packets.
    let busy = |frame: u64, crf: f64| (frame as f64 * (-crf / 9.0).exp() * 5.0) as u64 + 10;
    let fixed = |frame: u64, _: f64| 40 + frame % 7;
    let steps = |_: u64, crf: f64| 2000 >> ((crf as u64) / 8);
    let random = |frame: u64, crf: f64| {
        let dice = (frame * 7919 + (crf * 20.0).round() as u64 * 104_729) % 1000;
        (usual(6.0)(frame, crf) * (850 + dice * 3 / 10)) / 1000
    };
    let (steep, flat) = (usual(3.0), usual(15.0));
    let movies: [(&str, Packets<'_>); 6] = [
        ("steep", &steep),
        ("flat", &flat),
        ("busy", &busy),
        ("fixed", &fixed),
        ("steps", &steps),
        ("random", &random),
    ];
    for (name, packets) in movies {
        for frames in [1, 2, 20, 60, 300, 1500] {
            for sampled in [false, true] {
                let usual = total_of(packets, frames, 23.0);
                for part in [0.0, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 30.0] {
                    let most = (usual as f64 * part) as u64 + 1;
                    let context = format!("{name}, {frames} frames, {part} × {usual}, sampled {sampled}");
                    match search(packets, frames, most, sampled).0 {
                        Ok(crf) => {
                            let bytes = total_of(packets, frames, crf);
                            assert!(bytes <= most, "{context}: {bytes} at {crf}");
                            let next = total_of(packets, frames, crf - 0.05);
                            let is_full = bytes as f64 >= LEAST * most as f64;
                            assert!(is_full || crf == 12.0 || next > most, "{context}: {bytes}, {next} at {crf}");
                        }
                        Err(bytes) => {
                            assert_eq!(bytes, total_of(packets, frames, 51.0), "{context}");
                            assert!(bytes > most, "{context}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_usual_movie_is_made_about_twice() {
    let mut sum = 0.0;
    let mut count = 0.0;
    for halving in [4.0, 6.0, 9.0] {
        for frames in [60, 300, 1500] {
            for part in [0.1, 0.25, 0.5, 1.0, 2.0] {
                let packets = usual(halving);
                let most = (total_of(&packets, frames, 23.0) as f64 * part) as u64;
                let (found, made) = search(&packets, frames, most, true);
                assert!(made <= 3.5, "{halving}, {frames}, {part}: {found:?} after {made}");
                (sum, count) = (sum + made, count + 1.0);
            }
        }
    }
    assert!(sum / count <= 2.2, "{}", sum / count);
}

#[test]
fn parts_are_the_packets_that_are_counted_in_them() {
    for frames in [1, 2, 63, 64, 65, 1000, 4_000_000_000] {
        let mut end = 0;
        for (index, part) in Search::new(1, frames, 0.0).parts().enumerate() {
            assert_eq!(part.start, end);
            let of =
                |packet: u64| (u128::from(packet) * u128::from(frames.min(MAX_PARTS)) / u128::from(frames)) as usize;
            assert_eq!((of(part.start), of(part.end - 1)), (index, index), "{frames} frames");
            end = part.end;
        }
        assert_eq!(end, frames);
    }
}
