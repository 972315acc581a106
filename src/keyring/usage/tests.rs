use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use super::*;
use crate::keyring::Keyring;
use crate::token::{Indexing, Label, Token};

/// A clock that stands at so many seconds after it was made.
struct Clock {
    start: Now,
}

impl Clock {
    fn new() -> Self {
        Self { start: Now { instant: Instant::now(), system: SystemTime::UNIX_EPOCH } }
    }

    fn at(&self, second: u64) -> impl FnOnce() -> Now {
        let (Now { instant, system }, passed) = (self.start, Duration::from_secs(second));
        move || Now { instant: instant + passed, system: system + passed }
    }
}

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

fn call(keyring: &Keyring, presented: &str) -> bool {
    keyring.snapshot().accept(presented.as_bytes()).is_some()
}

/// What a look at this second shows, as `label count last-seen watched`.
fn look(keyring: &Keyring, clock: &Clock, second: u64) -> Vec<String> {
    let look = keyring.look(clock.at(second));
    let seen = |now: Now| now.instant.duration_since(clock.start.instant).as_secs().to_string();
    look.tokens
        .into_iter()
        .map(|(token, used)| {
            let seen = used.seen.map_or("never".to_owned(), seen);
            format!("{} {} {seen} {}", token.label, token.accepted_calls, used.watched.as_secs())
        })
        .collect()
}

#[test]
fn a_token_was_last_seen_by_the_first_look_after_its_last_call() {
    let keyring = Keyring::new(token("a"));
    let clock = Clock::new();
    let table: [(u64, &[&str], &str); 7] = [
        (0, &[], "weak-primary 0 never 0"),
        (1, &[], "weak-primary 0 never 1"),
        (2, &["a"], "weak-primary 1 2 2"),
        (3, &[], "weak-primary 1 2 3"),
        (4, &["wrong"], "weak-primary 1 2 4"),
        (60, &["a", "a"], "weak-primary 3 60 60"),
        (3_600, &[], "weak-primary 3 60 3600"),
    ];
    for (second, calls, shown) in table {
        for presented in calls {
            call(&keyring, presented);
        }
        assert_eq!(look(&keyring, &clock, second), [shown], "{second}");
    }
}

#[test]
fn what_was_used_before_anybody_watched_counts_as_seen_at_the_first_look() {
    let keyring = Keyring::new(token("a"));
    call(&keyring, "a");
    assert_eq!(look(&keyring, &Clock::new(), 5), ["weak-primary 1 5 0"]);
}

#[test]
fn of_two_who_look_at_once_the_later_look_counts() {
    let keyring = Keyring::new(token("a"));
    let clock = Clock::new();
    call(&keyring, "a");
    look(&keyring, &clock, 7);
    call(&keyring, "a");
    assert_eq!(look(&keyring, &clock, 6), ["weak-primary 2 7 0"]);
}

#[test]
fn a_token_keeps_its_last_use_through_a_rotation_and_starts_anew_when_it_comes_back() {
    let keyring = Keyring::new(token("old"));
    let clock = Clock::new();
    call(&keyring, "old");
    look(&keyring, &clock, 1);
    keyring.stage(token("new")).unwrap();
    assert_eq!(look(&keyring, &clock, 2), ["weak-primary 1 1 1", "weak-2 0 never 0"]);
    call(&keyring, "new");
    keyring.promote().unwrap();
    assert_eq!(look(&keyring, &clock, 3), ["weak-primary 1 3 1", "weak-2 1 1 2"]);
    keyring.retire().unwrap();
    assert_eq!(look(&keyring, &clock, 4), ["weak-primary 1 3 2"]);
    keyring.stage(token("old")).unwrap();
    assert_eq!(look(&keyring, &clock, 5), ["weak-primary 1 3 3", "weak-2 0 never 0"]);
}

/// What was published since the last time, as `name labels value`, sorted.
fn published(snapshotter: &Snapshotter) -> Vec<String> {
    let mut lines: Vec<String> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let labels: Vec<&str> = key.key().labels().map(metrics::Label::value).collect();
            let value = match value {
                DebugValue::Counter(value) => value.to_string(),
                DebugValue::Gauge(value) => value.to_string(),
                DebugValue::Histogram(_) => panic!("{key:?} is a histogram"),
            };
            format!("{} {} {value}", key.key().name(), labels.join(" "))
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn metrics_count_calls_by_token_and_role_through_a_rotation_and_after_it() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (old, new) = (Token::generate(), Token::generate());
    let (was, is) = (old.fingerprint(), new.fingerprint());
    let keyring = Keyring::new(old.clone());
    let (clock, mut names) = (Clock::new(), Names::default());
    let mut sweep = |second: u64| {
        keyring.look(clock.at(second));
        keyring.publish_uses(&mut names);
        let mut lines = published(&snapshotter);
        // The recorder keeps what was not published again, as zero.
        lines.retain(|line| !line.ends_with(" 0"));
        lines
    };
    let call = |token: &Token| assert!(call(&keyring, token.expose_secret()));
    metrics::with_local_recorder(&recorder, || {
        assert_eq!(sweep(1), [""; 0]);
        call(&old);
        let seen = |token, second: u64| format!("ray_auth_token_last_seen_seconds {token} {second}");
        let count = |token, role: &str, calls: u64| format!("ray_auth_token_accepted_total {token} {role} {calls}");
        assert_eq!(sweep(2), [count(was, "primary", 1), seen(was, 2)]);
        assert_eq!(sweep(3), [seen(was, 2)], "the last use stays what it was");

        keyring.stage(new.clone()).unwrap();
        call(&new);
        call(&old);
        let mut expected = [count(was, "primary", 1), count(is, "next", 1), seen(was, 4), seen(is, 4)];
        expected.sort();
        assert_eq!(sweep(4), expected);

        keyring.promote().unwrap();
        call(&old);
        call(&old);
        let mut expected = [count(was, "accepted", 2), seen(was, 5), seen(is, 4)];
        expected.sort();
        assert_eq!(sweep(5), expected);

        // Between the last look and the retirement, and even after it: by who read the state before.
        call(&old);
        let late = keyring.snapshot();
        keyring.retire().unwrap();
        assert!(late.accept(old.expose_secret().as_bytes()).is_some());
        assert_eq!(sweep(6), [seen(is, 4)]);
        drop(late);
        let rest = published(&snapshotter);
        assert!(rest.contains(&count(was, "accepted", 2)), "{rest:?}");
        assert_eq!(sweep(7), [seen(is, 4)], "of a retired token nothing more is published");
    });
}

#[test]
fn nothing_is_published_of_a_keyring_that_nobody_watches() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let keyring = Keyring::new(token("a"));
        assert!(call(&keyring, "a"));
        drop(keyring);
    });
    assert_eq!(published(&snapshotter), [""; 0]);
}

#[test]
fn names_in_metrics_are_bounded_whatever_is_rotated() {
    let mut names = Names::default();
    let mut shown = std::collections::BTreeSet::new();
    let mut name = |names: &mut Names, token: &Token| {
        let recorder = DebuggingRecorder::new();
        metrics::with_local_recorder(&recorder, || {
            let keyring = Keyring::new(token.clone());
            assert!(call(&keyring, token.expose_secret()));
            keyring.look(Now::read);
            keyring.publish_uses(names);
        });
        for line in published(&recorder.snapshotter()) {
            let mut words = line.split(' ').map(str::to_owned);
            let (metric, token) = (words.next().unwrap(), words.next().unwrap());
            assert!(metric != "ray_auth_token_last_seen_seconds" || token != "other", "{line}");
            shown.insert(token);
        }
    };
    let first = Token::generate();
    name(&mut names, &first);
    for _ in 0..3 * Names::MAX {
        name(&mut names, &Token::generate());
    }
    name(&mut names, &first);
    assert_eq!(shown.len(), Names::MAX + 1);
    assert!(shown.contains("other") && shown.contains(&Label::of(&first, 1).to_string()));
}

#[test]
fn counts_lose_nothing_while_tokens_change_and_several_watch() {
    const CALLERS: usize = 4;
    const CALLS: usize = 20_000;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let keyring = Keyring::new(token("0"));
    // A token that comes and goes between two looks is known to nobody who watches; this one is not to be such.
    let publish = || {
        keyring.look(Now::read);
        keyring.publish_uses(&mut Names::default());
    };
    metrics::with_local_recorder(&recorder, publish);
    let done = AtomicBool::new(false);
    let barrier = Barrier::new(CALLERS + 3);
    let accepted: usize = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                metrics::with_local_recorder(&recorder, || {
                    let mut names = Names::default();
                    barrier.wait();
                    while !done.load(Ordering::Relaxed) {
                        keyring.look(Now::read);
                        keyring.publish_uses(&mut names);
                    }
                });
            });
        }
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| {
                    metrics::with_local_recorder(&recorder, || {
                        barrier.wait();
                        (0..CALLS)
                            .filter(|_| {
                                let sent = keyring.snapshot().header_value(Indexing::Never);
                                // Another token may be in force by now; the call is counted, or refused.
                                call(&keyring, &sent.to_str().unwrap()[7..])
                            })
                            .count()
                    })
                })
            })
            .collect();
        metrics::with_local_recorder(&recorder, || {
            barrier.wait();
            let mut round = 0;
            while callers.iter().any(|caller| !caller.is_finished()) {
                round += 1;
                keyring.stage(token(&round.to_string())).unwrap();
                keyring.promote().unwrap();
                keyring.retire().unwrap();
                publish();
            }
        });
        let accepted = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
        done.store(true, Ordering::Relaxed);
        accepted
    });
    metrics::with_local_recorder(&recorder, || drop(keyring));
    let counted: usize = published(&snapshotter)
        .iter()
        .filter_map(|line| {
            line.strip_prefix("ray_auth_token_accepted_total ")?.rsplit(' ').next()?.parse::<usize>().ok()
        })
        .sum();
    assert_eq!(counted, accepted);
}
