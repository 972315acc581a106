//! The verifier under load: memory for 100,000 tokens; calls that need no review while the API server hangs; a flood of bad
//! tokens from one address. Fails when one of the three is not as promised.
//!
//! `cargo bench -p ray-auth-kubernetes --bench load`, on a machine that does nothing else.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]
#![allow(missing_docs, unreachable_pub, reason = "a program")]

#[path = "../tests/reviews/api.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod api;
#[path = "../tests/reviews/caller.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod caller;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use api::{Api, Reply};
use caller::{Call, Server, bearer};
use ray_auth_kubernetes::Verifier;

/// As long as a service account's.
fn token(number: usize) -> String {
    format!("good-{number:0>1000}")
}

/// What is done, and whether little of it.
struct Size {
    tokens: usize,
    calls: usize,
    rounds: usize,
    flood: Duration,
}

#[tokio::main]
async fn main() -> ExitCode {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let size = if measured {
        Size { tokens: 100_000, calls: 20_000, rounds: 20, flood: Duration::from_secs(5) }
    } else {
        Size { tokens: 20, calls: 10, rounds: 1, flood: Duration::from_millis(50) }
    };
    let kept = memory(&size).await;
    let steady = hanging(&size).await;
    let heard = flooded(&size).await;
    if !measured || kept && steady && heard { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Pages of this process in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4_096
}

async fn memory(size: &Size) -> bool {
    let api = Api::start().await;
    api.keep_nothing();
    let server = Server::new(&api, Verifier::builder().deadline(Duration::from_secs(60)));
    let ask = async |numbers: std::ops::Range<usize>| {
        let next = Arc::new(AtomicUsize::new(numbers.start));
        let callers = (0..16).map(|_| {
            let (server, next, end) = (server.clone(), Arc::clone(&next), numbers.end);
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        break;
                    }
                    assert_eq!(server.status(token(number)).await, 0);
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.unwrap();
        }
    };
    // Connections and buffers are there by then.
    ask(0..size.tokens / 20).await;
    let (before, began) = (resident(), Instant::now());
    ask(size.tokens / 20..size.tokens).await;
    let (kept, took) = (resident().saturating_sub(before), began.elapsed());
    let asked = size.tokens - size.tokens / 20;
    let all = kept as f64 / asked as f64 * size.tokens as f64;
    println!(
        "memory: {} tokens take {:.1} MB, {:.0} bytes each; {:.0} reviews of both kinds a second",
        size.tokens,
        all / 1e6,
        kept as f64 / asked as f64,
        2.0 * asked as f64 / took.as_secs_f64()
    );
    all < 100e6
}

/// The 99th percentile of calls that need no review.
async fn p99(server: &Server, calls: usize) -> Duration {
    let mut times = Vec::with_capacity(2 * calls);
    for _ in 0..calls {
        for (call, status) in [(bearer(token(0)), 0), (Call { authorization: None, ..bearer("") }, 16)] {
            let began = Instant::now();
            assert_eq!(server.call(call).await.0, status);
            times.push(began.elapsed());
        }
    }
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

async fn hanging(size: &Size) -> bool {
    let api = Api::start().await;
    let (normal, hanging) =
        (Server::usual(&api), Server::new(&api, Verifier::builder().deadline(Duration::from_secs(600))));
    for server in [&normal, &hanging] {
        assert_eq!(server.status(token(0)).await, 0);
    }
    api.answer(|_, _| Reply::Silence);
    let stuck: Vec<_> = (1..=16)
        .map(|number| {
            let server = hanging.clone();
            tokio::spawn(async move { server.status(token(number)).await })
        })
        .collect();
    while api.reviews().0 < 2 + stuck.len() {
        tokio::task::yield_now().await;
    }
    let mut ratios = Vec::new();
    for _ in 0..size.rounds {
        let (before, with, after) =
            (p99(&normal, size.calls).await, p99(&hanging, size.calls).await, p99(&normal, size.calls).await);
        ratios.push(2.0 * with.as_secs_f64() / (before + after).as_secs_f64());
    }
    stuck.iter().for_each(tokio::task::JoinHandle::abort);
    ratios.sort_by(f64::total_cmp);
    let (low, median, high) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    println!(
        "hanging: p99 of calls without a review with {} reviews stuck : none stuck, {} rounds: {median:.3} [{low:.3}, {high:.3}]",
        stuck.len(),
        size.rounds
    );
    median <= 1.2
}

async fn flooded(size: &Size) -> bool {
    let api = Api::start().await;
    api.keep_nothing();
    let deadline = Duration::from_secs(5);
    let server = Server::new(&api, Verifier::builder().deadline(deadline));
    let (over, sent, refused) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let flood = (0..64).map(|flooder| {
        let (server, over, sent, refused) =
            (server.clone(), Arc::clone(&over), Arc::clone(&sent), Arc::clone(&refused));
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                let call = Call { from: "10.0.0.66:1", ..bearer(format!("bad-{flooder}-{number:0>1000}")) };
                let status = server.call(call).await.0;
                assert!(matches!(status, 14 | 16), "{status}");
                refused.fetch_add(usize::from(status == 16), Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        })
    });
    let flood: Vec<_> = flood.collect();
    let began = Instant::now();
    let (mut worst, mut members) = (Duration::ZERO, 0);
    while began.elapsed() < size.flood {
        let asked = Instant::now();
        let member = Call { from: "10.0.0.7:1", ..bearer(token(members)) };
        assert_eq!(server.call(member).await.0, 0, "a new member is let in");
        worst = worst.max(asked.elapsed());
        members += 1;
    }
    over.store(true, Ordering::Relaxed);
    for flooder in flood {
        flooder.await.unwrap();
    }
    let rate = sent.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    println!(
        "flood: {rate:.0} different bad tokens a second from one address, {} of them judged; {members} new members from another were \
         let in, the last of them after at most {} ms",
        refused.load(Ordering::Relaxed),
        worst.as_millis()
    );
    worst < deadline && rate >= 20_000.0
}
