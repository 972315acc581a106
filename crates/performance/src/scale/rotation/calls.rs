//! Calls between the nodes of a rotation that is over: whether the token that the sender had is one that the receiver
//! accepted.

use std::time::Duration;

use fastrand::Rng;

use super::timeline::{Timeline, Version};

/// One call in so many waits inside its client for as long as calls can wait, or less.
const WAITS: u32 = 10;
/// A call that does not wait is judged so soon after it got its token.
const SOON: Duration = Duration::from_millis(5);

/// Calls that were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tried {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
}

impl Tried {
    fn add(&mut self, accepted: Option<bool>) {
        // A call from or to a process that is down is none, or fails for another reason than its token.
        if let Some(accepted) = accepted {
            self.calls += 1;
            self.failed += u64::from(!accepted);
        }
    }
}

/// Whether a call was accepted; none when one of the two was down.
fn accepted(sender: &Timeline, receiver: &Timeline, at: Duration, wait: Duration) -> Option<bool> {
    let new = sender.at(at)?.sends_new();
    Some(receiver.at(at + wait)?.accepts(new))
}

/// Calls between any two at any time until `end`.
pub(crate) fn by_chance(timelines: &[Timeline], end: Duration, longest_wait: Duration, calls: u32, seed: u64) -> Tried {
    let mut rng = Rng::with_seed(seed);
    let mut tried = Tried::default();
    for _ in 0..calls {
        let Some((sender, receiver)) = pair(timelines, &mut rng) else { break };
        let wait = if rng.u32(..WAITS) == 0 { longest_wait } else { SOON };
        tried.add(accepted(sender, receiver, end.mul_f64(rng.f64()), wait.mul_f64(rng.f64())));
    }
    tried
}

/// Calls at the worst moments: as soon as a node sends the new token; the last one with the old token, which waits as long
/// as a call can; and one that arrives as soon as a node refuses the old token, after any wait. And the two calls of all
/// that fail first when too little time was left.
pub(crate) fn at_changes(timelines: &[Timeline], longest_wait: Duration, calls: u32, seed: u64) -> Tried {
    let mut rng = Rng::with_seed(seed);
    let mut tried = Tried::default();
    for number in 0..calls {
        let Some((changing, other)) = pair(timelines, &mut rng) else { break };
        let version = if number % 3 < 2 { Version::Promoted } else { Version::Retired };
        let Some(change) = changing.first(version) else { continue };
        tried.add(match number % 3 {
            0 => accepted(changing, other, change, Duration::ZERO),
            1 => accepted(changing, other, change.saturating_sub(Duration::from_micros(1)), longest_wait),
            _ => {
                let wait = longest_wait.mul_f64(rng.f64()).min(change);
                accepted(other, changing, change - wait, wait)
            }
        });
    }
    for accepted in at_extremes(timelines, longest_wait) {
        tried.add(accepted);
    }
    tried
}

/// From the first node that sends the new token to the last one that accepts it, as late as that does not; and from the last
/// one that sends the old token, in a call that waits as long as it can, to the first that refuses it.
fn at_extremes(timelines: &[Timeline], longest_wait: Duration) -> [Option<bool>; 2] {
    let first =
        |version| timelines.iter().filter_map(move |node| Some((node.first(version)?, node))).min_by_key(by_time);
    let last =
        |version| timelines.iter().filter_map(move |node| Some((node.for_good(version)?, node))).max_by_key(by_time);
    let before = |time: Duration| time.saturating_sub(Duration::from_micros(1));
    let new = first(Version::Promoted).zip(last(Version::Staged));
    let old = last(Version::Promoted).zip(first(Version::Retired));
    [
        new.and_then(|((sent, sender), (accepts, receiver))| {
            accepted(sender, receiver, sent.max(before(accepts)), Duration::ZERO)
        }),
        old.and_then(|((stops, sender), (_, receiver))| accepted(sender, receiver, before(stops), longest_wait)),
    ]
}

fn by_time(of: &(Duration, &Timeline)) -> Duration {
    of.0
}

/// Two different nodes.
fn pair<'a>(timelines: &'a [Timeline], rng: &mut Rng) -> Option<(&'a Timeline, &'a Timeline)> {
    let count = timelines.len();
    let one = rng.usize(..count.max(1));
    let other = (one + 1 + rng.usize(..count.saturating_sub(1).max(1))) % count.max(1);
    (one != other).then(|| (timelines.get(one), timelines.get(other))).and_then(|(one, other)| one.zip(other))
}

/// How much time lay between what must follow each other; below zero when it did not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Margins {
    /// I1: from when all accepted the new token to when the first sent it, in seconds.
    pub(crate) accept: f64,
    /// I2 and I3: from when the last call with the old token can have arrived to when the first refused it.
    pub(crate) retire: f64,
}

impl Margins {
    /// None when the rotation did not come to its end.
    pub(crate) fn new(timelines: &[Timeline], longest_wait: Duration) -> Option<Self> {
        let all = |when: fn(&Timeline, Version) -> Option<Duration>, version| {
            timelines.iter().map(|node| when(node, version)).collect::<Option<Vec<_>>>()
        };
        let accepted = all(Timeline::for_good, Version::Staged)?.into_iter().max()?;
        let sent = all(Timeline::first, Version::Promoted)?.into_iter().min()?;
        let last_old = all(Timeline::for_good, Version::Promoted)?.into_iter().max()? + longest_wait;
        let refused = all(Timeline::first, Version::Retired)?.into_iter().min()?;
        let between = |from: Duration, to: Duration| to.as_secs_f64() - from.as_secs_f64();
        Some(Self { accept: between(accepted, sent), retire: between(last_old, refused) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    fn node(stage: u64, promote: u64, retire: u64) -> Timeline {
        let mut timeline = Timeline::new();
        timeline.push(at(stage), Some(Version::Staged));
        timeline.push(at(promote), Some(Version::Promoted));
        timeline.push(at(retire), Some(Version::Retired));
        timeline
    }

    #[test]
    fn a_call_is_accepted_by_what_the_receiver_holds_when_it_arrives() {
        let (early, late) = (node(10, 20, 30), node(15, 40, 50));
        let mut down = node(10, 20, 30);
        down.push(at(60), None);
        // sender, receiver, at, wait: accepted
        let table = [
            (&early, &late, 20, 0, Some(true)),
            (&late, &early, 29, 0, Some(true)),
            (&late, &early, 29, 1, Some(false)),
            (&late, &early, 35, 0, Some(false)),
            (&late, &early, 40, 0, Some(true)),
            (&down, &early, 60, 0, None),
            (&early, &down, 59, 1, None),
        ];
        for (sender, receiver, second, wait, expected) in table {
            assert_eq!(accepted(sender, receiver, at(second), at(wait)), expected, "at {second}, waits {wait}");
        }
    }

    #[test]
    fn margins_are_the_time_between_the_last_of_one_and_the_first_of_the_next() {
        // two nodes, the longest wait: accept, retire
        let table = [
            ([(10, 20, 60), (15, 30, 70)], 5, (5.0, 25.0)),
            ([(10, 20, 60), (15, 30, 70)], 30, (5.0, 0.0)),
            ([(10, 20, 60), (25, 30, 70)], 40, (-5.0, -10.0)),
        ];
        for (nodes, wait, (accept, retire)) in table {
            let timelines = nodes.map(|(stage, promote, retire)| node(stage, promote, retire));
            let margins = Margins::new(&timelines, at(wait)).unwrap();
            assert_eq!((margins.accept, margins.retire), (accept, retire), "{nodes:?}, {wait}");
        }
        assert!(Margins::new(&[Timeline::new()], at(0)).is_none());
    }

    #[test]
    fn the_worst_moments_find_what_chance_may_miss() {
        // One node of a hundred refuses the old token a millisecond before another stops sending it.
        let mut timelines: Vec<_> = (0..100).map(|_| node(10, 20, 3_000)).collect();
        timelines[0] = node(10, 2_990, 3_000);
        let tried = at_changes(&timelines, at(30), 30_000, 1);
        assert!(tried.failed > 0 && tried.calls == 30_002, "{tried:?}");
        assert_eq!(at_extremes(&timelines, at(30)), [Some(true), Some(false)]);
        assert_eq!(at_extremes(&timelines, at(5)), [Some(true), Some(true)]);
        timelines[1] = node(2_000, 2_500, 3_000);
        assert_eq!(at_extremes(&timelines, at(5)), [Some(false), Some(true)]);
        timelines[1] = timelines[2].clone();
        assert_eq!(at_changes(&timelines, at(5), 30_000, 1).failed, 0);
        assert_eq!(by_chance(&timelines, at(2_000), at(30), 30_000, 1), Tried { calls: 30_000, failed: 0 });
    }
}
