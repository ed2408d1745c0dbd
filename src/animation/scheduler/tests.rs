//! Tests the scheduler without threads. Encoders and pictures are numbers, and a seeded generator decides which worker
//! continues.

use super::*;
use crate::packet::Packet;
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
    Scheduler::new(plan.clone(), 0..plan.count, workers, kept)
}

fn header(plan: &SegmentPlan, index: u64) -> Arc<SegmentHeader> {
    let stream = StreamInfo::new(&Settings::new(16, 16), StreamHeaders::default(), 0);
    Arc::new(SegmentHeader { index, plan: plan.clone(), identity: String::new(), stream })
}

fn open(scheduler: &mut TestScheduler, plan: &SegmentPlan, segment: u64) {
    let next = plan.range(segment).start;
    scheduler.opened(header(plan, segment), TestEncoder { segment, next });
}

/// A worker in the middle of something.
enum Activity {
    Idle,
    Opening(u64),
    Drawing(u64, u64),
    Encoding(TestEncoder, u64),
    Flushing(TestEncoder),
    Ended,
}

/// Runs workers and a muxing loop in random order; returns the frames of each segment as they were muxed, and the most
/// pictures and segments that were in flight.
fn simulate(plan: &SegmentPlan, workers: usize, kept: &[u64], seed: u64) -> (Vec<Vec<i64>>, usize, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut scheduler = scheduler(plan, workers, kept);
    let mut activities: Vec<_> = (0..workers).map(|_| (Activity::Idle, None)).collect();
    let (mut muxed, mut most_pictures, mut most_segments) = (vec![Vec::new(); plan.count as usize], 0, 0);
    let (mut turn, mut idle_steps) = (0, 0);
    while turn < plan.count {
        idle_steps += 1;
        assert!(idle_steps < 10_000, "nobody can go on");
        let who = random.usize(..workers + 1);
        let Some((activity, own)) = activities.get_mut(who) else {
            scheduler.advance_to(turn);
            let is_done = scheduler.ready().1;
            if let Some(batch) = scheduler.take_packets() {
                assert_eq!((batch.header.index, batch.is_last), (turn, is_done));
                muxed[turn as usize].extend(batch.packets.entries.iter().map(|packet| packet.pts));
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
                    Task::Draw { segment, frame, .. } => Activity::Drawing(segment, frame),
                    Task::Wait => Activity::Idle,
                    Task::End => Activity::Ended,
                };
                None
            }
            Activity::Opening(segment) => {
                open(&mut scheduler, plan, segment);
                Some((segment, None))
            }
            Activity::Drawing(segment, frame) => {
                scheduler.drawn(segment, frame, frame);
                Some((segment, None))
            }
            Activity::Encoding(mut encoder, picture) => {
                assert_eq!(encoder.next, picture, "an encoder got a frame out of order");
                encoder.next += 1;
                let mut packets = PacketBuffer::default();
                packets.push(&Packet { data: &[0], pts: picture as i64, dts: picture as i64, sync: true });
                scheduler.encoded(picture);
                scheduler.add_packets(encoder.segment, &packets);
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
        (most_pictures, most_segments) =
            (most_pictures.max(scheduler.pending), most_segments.max(scheduler.slots.len()));
    }
    (muxed, most_pictures, most_segments)
}

#[test]
fn every_segment_gets_its_frames_in_order_whoever_is_fast() {
    for (frames, count) in [(1, 1), (30, 1), (30, 3), (100, 9)] {
        let plan = plan(frames, count);
        for workers in [1, 2, 3, 8] {
            for seed in 0..20 {
                let (muxed, ..) = simulate(&plan, workers, &[], seed);
                for (segment, frames) in muxed.into_iter().enumerate() {
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
            let (_, pictures, segments) = simulate(&plan(300, 30), workers, &[], seed);
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
        let (muxed, ..) = simulate(&plan, 2, &[0, 3, 5], seed);
        let frames: Vec<usize> = muxed.iter().map(Vec::len).collect();
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
            let mut scheduler = Scheduler::new(plan.clone(), 0..plan.count, workers, Some([1].into()));
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
                    Task::Draw { segment, frame, .. } => {
                        scheduler.drawn(segment, frame, frame);
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
                            driven = Some(encoder);
                        }
                    }
                    Task::Wait => {}
                    Task::End => panic!("a segment may be lost"),
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
    assert_eq!(scheduler.next_task(&mut second), Task::Draw { segment: 1, frame: 10, picture: None });
    assert_eq!(scheduler.next_task(&mut first), Task::Draw { segment: 0, frame: 0, picture: None });
    assert_eq!(scheduler.next_task(&mut second), Task::Draw { segment: 1, frame: 11, picture: None });
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
        assert_eq!(scheduler.next_task(&mut owners[0]), Task::Draw { segment: 0, frame, picture: None });
    }
    assert_eq!(scheduler.next_task(&mut owners[2]), Task::Draw { segment: 1, frame: 10, picture: None });
}

#[test]
fn workers_end_when_all_is_drawn_or_the_work_is_stopped() {
    let plan = plan(2, 1);
    let mut scheduler = scheduler(&plan, 2, &[]);
    let mut own = None;
    assert_eq!(scheduler.next_task(&mut own), Task::Open(0));
    open(&mut scheduler, &plan, 0);
    for frame in 0..2 {
        assert_eq!(scheduler.next_task(&mut own), Task::Draw { segment: 0, frame, picture: None });
    }
    assert_eq!(scheduler.next_task(&mut own), Task::End);
    scheduler.drawn(0, 0, 0);
    scheduler.stop();
    assert_eq!(scheduler.next_task(&mut own), Task::End);
    assert_eq!(scheduler.feed(0, None), Feed::Wait, "no encoder is driven any more");
}
