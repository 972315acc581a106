//! What the layers cost per call by the clock, beside other crates' layers; on two threads at once, with a keyring that
//! changes meanwhile, and in a flood of refusals. Recorded, and held to no budget.
//!
//! `cargo bench --bench overhead`, and words after `--` leave only the cases with them in their name. Compare the rows of one
//! run with each other; times of different runs, or machines, say little. Making the request is not in the time.

#[expect(dead_code, reason = "each bench has its own use for the cases")]
mod support;

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ray_auth::token::TokenSet;
use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer};
use support::case::{self, Call, Case, Over, to};
use support::no_op::NoOp;
use support::request::{Maker, Sent, USUAL, numbered, token};
use tower::Layer;

/// Between two changes of the keyring that changes.
const CHANGE: Duration = Duration::from_millis(1);

/// Calls that a thread makes between two looks at the clock.
const ROUND: u64 = 1_000;

fn alone(criterion: &mut Criterion) {
    // The others are the same calls, counted from something else.
    let cases: Vec<_> = case::all().into_iter().filter(|case| case.over == Over::NoOp).collect();
    for case in case::bases(&cases).iter().chain(&cases) {
        measure(criterion, case, case.start());
    }
}

fn measure(criterion: &mut Criterion, case: &Case, mut call: Call) {
    let maker = Maker::new(case.sent);
    criterion.bench_function(&case.name, |bencher| {
        bencher.iter_batched(|| maker.make(), &mut call, BatchSize::SmallInput);
    });
}

/// A kind of call on two threads that share one keyring: the time of one call of each thread, which is that of one thread
/// alone when neither disturbs the other.
fn two_threads(criterion: &mut Criterion) {
    let keyring = keyring();
    let no_op = |_: &Keyring| to(NoOp);
    let attach = |keyring: &Keyring| to(AddTokenLayer::new(keyring.clone()).layer(NoOp));
    let accept = |keyring: &Keyring| to(RequireTokenLayer::new(keyring.clone()).layer(NoOp));
    let cases: [(&str, Sent, fn(&Keyring) -> Call); 6] = [
        ("no-op/threads, attach", Sent::ByClient, no_op),
        ("threads, attach", Sent::ByClient, attach),
        ("no-op/threads, accept", Sent::WithToken(USUAL), no_op),
        ("threads, accept", Sent::WithToken(USUAL), accept),
        ("no-op/threads, refuse", Sent::WithWrongToken, no_op),
        ("threads, refuse", Sent::WithWrongToken, accept),
    ];
    for (name, sent, start) in cases {
        for threads in [1, 2] {
            criterion.bench_function(&format!("{name}, {threads}"), |bencher| {
                bencher.iter_custom(|calls| together(threads, calls, sent, &|| start(&keyring)));
            });
        }
    }
}

/// The time that each of `threads` takes for `calls`, all at once; the longest of them.
fn together(threads: usize, calls: u64, sent: Sent, start: &(dyn Fn() -> Call + Sync)) -> Duration {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let work = || {
            let maker = Maker::new(sent);
            let mut call = start();
            call(maker.make());
            barrier.wait();
            let began = Instant::now();
            (0..calls).for_each(|_| call(maker.make()));
            began.elapsed()
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("nothing in it panics")).max().unwrap_or_default()
    })
}

/// Accepting while another thread changes the keyring a thousand times a second.
fn changing(criterion: &mut Criterion) {
    let keyring = keyring();
    let (stop, stopped) = channel::<()>();
    let changed = keyring.clone();
    let changes = thread::spawn(move || {
        let sets = [1, 2].map(|number| {
            TokenSet::new(token(USUAL)).add_accepted(numbered(number, USUAL)).expect("a set holds eight")
        });
        for set in sets.into_iter().cycle() {
            changed.dangerous_replace(set).expect("the keyring follows nothing");
            if stopped.recv_timeout(CHANGE) != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
        changed.generation()
    });
    let sent = Sent::WithToken(USUAL);
    let case = |name: &str, call: fn(&Case) -> Call| Case::ours(name, sent, case::Budget::default(), call);
    measure(
        criterion,
        &case("accept/2 tokens, changing", |_| to(NoOp)),
        to(RequireTokenLayer::new(keyring).layer(NoOp)),
    );
    drop(stop);
    let generation = changes.join().expect("nothing in it panics");
    eprintln!("the keyring changed {generation} times meanwhile");
}

/// Refusals as fast as two threads can make them.
fn flood(criterion: &mut Criterion) {
    let seen = case::all().into_iter().find(|case| case.name.contains("recorder and subscriber"));
    let seen = Arc::new(seen.expect("there is such a case"));
    criterion.bench_function("refuse/flood of two threads, recorder and subscriber", |bencher| {
        let seen = Arc::clone(&seen);
        bencher.iter_custom(move |calls| together(2, calls.max(ROUND), seen.sent, &|| seen.start()));
    });
}

fn keyring() -> Keyring {
    Keyring::with_tokens(TokenSet::new(token(USUAL)))
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = alone, two_threads, changing, flood
}
criterion_main!(benches);
