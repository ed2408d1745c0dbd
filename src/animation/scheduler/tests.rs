//! Tests the scheduler without threads. Encoders and pictures are numbers, and a seeded generator decides which worker
//! continues.

use std::sync::Arc;

use super::*;
use crate::packet::Packet;
use crate::segment::{PacketBuffer, SegmentHeader};
use crate::settings::Settings;
use crate::stream::{StreamHeaders, StreamInfo};

type TestScheduler = Scheduler<TestEncoder, u64>;

/// Checks that it gets the frames of its segment in order.
#[derive(Debug, PartialEq)]
struct TestEncoder {
    segment: u64,
    next: u64,
}

fn plan(frames: u64, count: u64) -> SegmentPlan {
    SegmentPlan { frames, unit: 1, count }
}

fn scheduler(plan: &SegmentPlan, workers: usize, kept: &[u64]) -> TestScheduler {
    let kept = (!kept.is_empty()).then(|| kept.iter().copied().collect());
    Scheduler::new(plan.clone(), 0..plan.count, KnownFrames::all(plan.frames), workers, kept)
}

/// A scheduler of states, in segments of 12 frames.
fn of_states(workers: usize, max_states: usize, kept: &[u64]) -> TestScheduler {
    let plan = SegmentPlan::unbounded(&Settings::new(16, 16), Some(12));
    let kept = (!kept.is_empty()).then(|| kept.iter().copied().collect());
    Scheduler::new(plan.clone(), 0..plan.count, KnownFrames::from_states(max_states), workers, kept)
}

fn header(plan: &SegmentPlan, index: u64) -> Arc<SegmentHeader> {
    let stream = StreamInfo::new(&Settings::new(16, 16), StreamHeaders::default(), 0);
    Arc::new(SegmentHeader { index, plan: plan.clone(), identity: String::new(), stream })
}

fn open(scheduler: &mut TestScheduler, plan: &SegmentPlan, segment: u64) {
    let next = plan.range(segment).start;
    scheduler.opened(header(plan, segment), TestEncoder { segment, next });
}

/// The packet that the encoder returns for a picture.
fn packet(picture: u64) -> PacketBuffer {
    let mut packets = PacketBuffer::default();
    packets.push(&Packet { data: &[0], pts: picture as i64, dts: picture as i64, sync: true });
    packets
}

/// A worker in the middle of something.
enum Activity {
    Idle,
    Opening(u64),
    Computing(bool),
    Drawing(u64),
    Encoding(TestEncoder, u64),
    Flushing(TestEncoder),
    Ended,
}

/// What a simulation saw.
#[derive(Default)]
struct Seen {
    /// The frames of each segment as they were muxed.
    muxed: Vec<Vec<i64>>,
    /// The most pictures, segments and states that were in flight.
    most_pictures: usize,
    most_segments: usize,
    most_states: usize,
}

/// Runs workers and a muxing loop in random order. States end after `frames`.
fn simulate(mut scheduler: TestScheduler, frames: u64, seed: u64) -> Seen {
    let (plan, workers) = (scheduler.plan.clone(), scheduler.workers);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut activities: Vec<_> = (0..workers).map(|_| (Activity::Idle, None)).collect();
    let (mut seen, mut idle_steps) = (Seen::default(), 0);
    let mut turn = 0;
    while turn < plan.count && !scheduler.ends_before(turn) {
        idle_steps += 1;
        assert!(idle_steps < 10_000, "nobody can go on");
        let who = random.usize(..workers + 1);
        let Some((activity, own)) = activities.get_mut(who) else {
            scheduler.advance_to(turn);
            let is_done = scheduler.ready().1;
            if is_done || scheduler.ready().0 > 0 {
                seen.muxed.resize(turn as usize + 1, Vec::new());
            }
            if let Some(batch) = scheduler.take_packets() {
                assert_eq!((batch.header.index, batch.frames.is_some()), (turn, is_done));
                let packets = batch.packets.entries.iter().map(|packet| packet.pts);
                seen.muxed.last_mut().into_iter().for_each(|muxed| muxed.extend(packets.clone()));
                let found = seen.muxed.last().map_or(0, |muxed| muxed.len() as u64);
                assert!(batch.frames.is_none_or(|frames| frames == found));
            }
            if is_done {
                (turn, idle_steps) = (turn + 1, 0);
            }
            continue;
        };
        let feed = match std::mem::replace(activity, Activity::Idle) {
            Activity::Idle => {
                *activity = match scheduler.next_task(own) {
                    Task::Open(segment) => Activity::Opening(segment),
                    Task::Compute { frame, is_encoded } => {
                        assert_eq!(frame, scheduler.known.count, "states are computed in order");
                        Activity::Computing(is_encoded)
                    }
                    Task::Draw { frame, .. } => Activity::Drawing(frame),
                    Task::Wait => Activity::Idle,
                    Task::End => Activity::Ended,
                };
                None
            }
            Activity::Opening(segment) => {
                open(&mut scheduler, &plan, segment);
                Some((segment, None))
            }
            Activity::Computing(is_encoded) => {
                idle_steps = 0;
                if scheduler.known.count < frames {
                    scheduler.computed(is_encoded);
                } else {
                    scheduler.end().unwrap();
                }
                scheduler.undriven().map(|segment| (segment, None))
            }
            Activity::Drawing(frame) => {
                idle_steps = 0;
                scheduler.drawn(frame, frame).map(|segment| (segment, None))
            }
            Activity::Encoding(mut encoder, picture) => {
                assert_eq!(encoder.next, picture, "an encoder got a frame out of order");
                encoder.next += 1;
                scheduler.encoded(picture);
                scheduler.add_packets(encoder.segment, &packet(picture));
                Some((encoder.segment, Some(encoder)))
            }
            Activity::Flushing(encoder) => {
                scheduler.finish(encoder.segment);
                None
            }
            Activity::Ended => {
                *activity = Activity::Ended;
                continue;
            }
        };
        if let Some((segment, driven)) = feed {
            idle_steps = 0;
            *activity = match scheduler.feed(segment, driven) {
                Feed::Picture(encoder, picture) => Activity::Encoding(encoder, picture),
                Feed::Flush(encoder) => Activity::Flushing(encoder),
                Feed::Wait => Activity::Idle,
            };
        }
        seen.most_pictures = seen.most_pictures.max(scheduler.pending);
        seen.most_segments = seen.most_segments.max(scheduler.slots.len());
        seen.most_states = seen.most_states.max(scheduler.known.states);
    }
    seen
}

#[test]
fn every_segment_gets_its_frames_in_order_whoever_is_fast() {
    for (frames, count) in [(1, 1), (30, 1), (30, 3), (100, 9)] {
        let plan = plan(frames, count);
        for workers in [1, 2, 3, 8] {
            for seed in 0..20 {
                let seen = simulate(scheduler(&plan, workers, &[]), frames, seed);
                for (segment, frames) in seen.muxed.into_iter().enumerate() {
                    let range = plan.range(segment as u64);
                    let expected: Vec<i64> = (range.start as i64..range.end as i64).collect();
                    assert_eq!(frames, expected, "segment {segment} with {workers} workers, seed {seed}");
                }
            }
        }
    }
}

#[test]
fn pictures_and_segments_in_flight_are_bounded() {
    for workers in [1, 2, 5] {
        for seed in 0..20 {
            let seen = simulate(scheduler(&plan(300, 30), workers, &[]), 300, seed);
            let (pictures, segments) = (seen.most_pictures, seen.most_segments);
            assert!(segments <= 2 * workers, "{segments} segments for {workers} workers");
            // Two for each worker, and one for each open segment that has no other.
            assert!(pictures <= 4 * workers, "{pictures} pictures for {workers} workers");
        }
    }
}

#[test]
fn kept_segments_are_neither_opened_nor_drawn() {
    let plan = plan(60, 6);
    for seed in 0..20 {
        let seen = simulate(scheduler(&plan, 2, &[0, 3, 5]), 60, seed);
        let frames: Vec<usize> = seen.muxed.iter().map(Vec::len).collect();
        assert_eq!(frames, [0, 10, 10, 0, 10, 0], "seed {seed}");
    }
    assert_eq!(scheduler(&plan, 2, &[0, 3, 5]).progress(), (30, 30));
    assert_eq!(scheduler(&plan, 1, &[0, 1, 2, 3, 4, 5]).next_task(&mut None), Task::Wait);
}

/// What other processes do to segments is random: they finish them, claim them and give that up, and remove one.
#[test]
fn segments_are_made_once_whatever_other_processes_do() {
    let plan = plan(60, 6);
    for workers in [1, 2, 5] {
        for seed in 0..50 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut scheduler = scheduler(&plan, workers, &[1]);
            let (mut owners, mut opened, mut stored) = (vec![None; workers], Vec::new(), vec![0; 6]);
            let (mut turn, mut lost, mut steps) = (0, false, 0);
            while turn < plan.count {
                steps += 1;
                assert!(steps < 10_000, "nobody can go on");
                let worker = random.usize(..=workers);
                if worker == workers {
                    scheduler.advance_to(turn);
                    if scheduler.ready().1 {
                        if !lost && random.bool() {
                            lost = true;
                            scheduler.retry(turn);
                        } else {
                            turn += 1;
                        }
                    }
                    if let Some(segment) = scheduler.elsewhere().first().copied().filter(|_| random.bool()) {
                        scheduler.retry(segment);
                    }
                    continue;
                }
                match scheduler.next_task(&mut owners[worker]) {
                    Task::Open(segment) => match random.u8(..3) {
                        0 => scheduler.keep(segment),
                        1 => scheduler.leave(segment),
                        _ => {
                            open(&mut scheduler, &plan, segment);
                            opened.push(segment);
                        }
                    },
                    Task::Draw { frame, .. } => {
                        let segment = scheduler.drawn(frame, frame).expect("a frame of a segment");
                        let mut driven = None;
                        while let Feed::Picture(encoder, picture) = match scheduler.feed(segment, driven.take()) {
                            Feed::Flush(_) => {
                                scheduler.finish(segment);
                                opened.retain(|open| *open != segment);
                                stored[segment as usize] += 1;
                                Feed::Wait
                            }
                            feed => feed,
                        } {
                            scheduler.encoded(picture);
                            scheduler.add_packets(segment, &packet(picture));
                            driven = Some(encoder);
                        }
                    }
                    Task::Wait => {}
                    task => panic!("{task:?}, although a segment may be lost"),
                }
                assert!(opened.len() <= 2 * workers, "{opened:?} are open with {workers} workers");
            }
            // The segment that was kept is made only if it was removed.
            assert!(stored[1] <= 1 && stored.iter().sum::<i32>() <= 7, "{stored:?}");
            assert!(scheduler.is_idle() && scheduler.progress() == (60, 60));
        }
    }
}

#[test]
fn a_worker_stays_with_its_segment() {
    let plan = plan(40, 4);
    let mut scheduler = scheduler(&plan, 2, &[]);
    let (mut first, mut second) = (None, None);
    assert_eq!(scheduler.next_task(&mut first), Task::Open(0));
    assert_eq!(scheduler.next_task(&mut second), Task::Open(1));
    open(&mut scheduler, &plan, 0);
    open(&mut scheduler, &plan, 1);
    assert_eq!(scheduler.next_task(&mut second), Task::Draw { frame: 10, picture: None });
    assert_eq!(scheduler.next_task(&mut first), Task::Draw { frame: 0, picture: None });
    assert_eq!(scheduler.next_task(&mut second), Task::Draw { frame: 11, picture: None });
}

#[test]
fn a_worker_without_a_segment_helps_the_one_that_has_the_fewest_pictures() {
    let plan = plan(20, 2);
    let mut scheduler = scheduler(&plan, 3, &[]);
    let mut owners = [None, None, None];
    for segment in 0..2 {
        assert_eq!(scheduler.next_task(&mut owners[segment as usize]), Task::Open(segment));
        open(&mut scheduler, &plan, segment);
    }
    for frame in 0..2 {
        assert_eq!(scheduler.next_task(&mut owners[0]), Task::Draw { frame, picture: None });
    }
    assert_eq!(scheduler.next_task(&mut owners[2]), Task::Draw { frame: 10, picture: None });
}

#[test]
fn workers_end_when_all_is_drawn_or_the_work_is_stopped() {
    let plan = plan(2, 1);
    let mut scheduler = scheduler(&plan, 2, &[]);
    let mut own = None;
    assert_eq!(scheduler.next_task(&mut own), Task::Open(0));
    open(&mut scheduler, &plan, 0);
    for frame in 0..2 {
        assert_eq!(scheduler.next_task(&mut own), Task::Draw { frame, picture: None });
    }
    assert_eq!(scheduler.next_task(&mut own), Task::End);
    assert_eq!(scheduler.drawn(0, 0), Some(0));
    scheduler.stop();
    assert_eq!(scheduler.next_task(&mut own), Task::End);
    assert_eq!(scheduler.feed(0, None), Feed::Wait, "no encoder is driven any more");
}

/// Returns the lengths of the segments of 12 frames that a movie of states has.
fn lengths(frames: u64) -> Vec<usize> {
    let mut lengths = vec![12; frames as usize / 12];
    match frames as usize % 12 {
        0 => {}
        remainder @ 1..=10 if !lengths.is_empty() => lengths[(frames / 12 - 1) as usize] += remainder,
        remainder => lengths.push(remainder),
    }
    lengths
}

#[test]
fn states_are_divided_into_whole_segments_and_a_remainder() {
    for frames in (0..=50).chain([131, 132, 133, 142, 143]) {
        for (workers, states) in [(1, 1), (1, 2), (2, 4), (5, 5), (3, 100), (40, 80)] {
            for seed in 0..5 {
                let seen = simulate(of_states(workers, states, &[]), frames, seed);
                let what = format!("{frames} frames, {workers} workers, {states} states, seed {seed}");
                assert_eq!(seen.muxed.iter().map(Vec::len).collect::<Vec<_>>(), lengths(frames), "{what}");
                assert!(seen.muxed.concat().into_iter().eq(0..frames as i64), "{what}");
                assert!(seen.most_states <= states, "{} states: {what}", seen.most_states);
                assert!(seen.most_segments <= 2 * workers, "{} segments: {what}", seen.most_segments);
                let most_pictures = 12.max(2 * workers) + seen.most_segments;
                assert!(seen.most_pictures <= most_pictures, "{} pictures: {what}", seen.most_pictures);
            }
        }
    }
}

#[test]
fn states_of_kept_segments_are_computed_and_not_drawn() {
    for seed in 0..20 {
        for (kept, frames) in [(&[0, 2, 3][..], 60), (&[1], 48), (&[0, 1, 2, 3], 48), (&[3], 59), (&[0, 1], 100)] {
            let seen = simulate(of_states(2, 4, kept), frames, seed);
            let expected = lengths(frames).into_iter().enumerate();
            let expected: Vec<usize> =
                expected.map(|(segment, frames)| if kept.contains(&(segment as u64)) { 0 } else { frames }).collect();
            assert_eq!(seen.muxed.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{kept:?} of {frames}");
        }
    }
}

#[test]
fn a_kept_segment_must_be_whole_in_the_movie() {
    for (frames, expected) in [(48, Ok(())), (59, Ok(())), (35, Err(0)), (36, Err(0)), (47, Err(11)), (49, Err(13))] {
        let mut scheduler = of_states(1, 100, &[3]);
        (0..frames).for_each(|_| scheduler.computed(true));
        let problem = scheduler.end().map_err(|error| match error {
            Error::Segment { index: Some(3), problem: SegmentError::FrameCount { frames: 12, expected }, .. } => {
                expected
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(problem, expected, "{frames} frames");
    }
}

#[test]
fn one_worker_computes_at_a_time() {
    let mut scheduler = of_states(2, 2, &[]);
    assert_eq!(scheduler.next_task(&mut None), Task::Compute { frame: 0, is_encoded: false });
    assert_eq!(scheduler.next_task(&mut None), Task::Wait);
    scheduler.waiting = 1;
    assert!(!scheduler.should_wake());
    scheduler.computed(false);
    assert!(scheduler.should_wake());
    assert_eq!(scheduler.next_task(&mut None), Task::Open(0));
    assert_eq!(scheduler.next_task(&mut None), Task::Compute { frame: 1, is_encoded: false });
    assert_eq!(scheduler.next_task(&mut None), Task::Wait);
}
