//! The verifier under load: memory for 100,000 tokens; calls that need no review while the API server hangs; a flood of bad
//! tokens from one address. Fails when one of the three is not as promised.
//!
//! `cargo bench -p ray-auth-kubernetes --bench load`, on a machine that does nothing else. All is one process: who calls, the
//! layer, the verifier, and the stand-in for the API server, which the verifier talks to over TLS.

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

use api::{Api, Kind, Reply, allowed, usual};
use caller::{Call, Server, bearer};
use ray_auth_kubernetes::Verifier;
use serde_json::json;

/// The most that 100,000 tokens may take.
const MOST_MEMORY: f64 = 64e6;
/// How much slower a call may be, with the API server hanging.
const SLOWER: f64 = 1.2;
/// So many bad tokens a second are offered at least.
const FLOOD: f64 = 20_000.0;
/// Each seat is taken: of four addresses, a quarter each.
const STUCK: [&str; 4] = ["10.0.1.1:1", "10.0.1.2:1", "10.0.1.3:1", "10.0.1.4:1"];

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
        Size { tokens: 100_000, calls: 20_000, rounds: 20, flood: Duration::from_secs(10) }
    } else {
        Size { tokens: 20, calls: 10, rounds: 1, flood: Duration::from_millis(50) }
    };
    let kept = memory(&size).await;
    let steady = hanging(&size).await;
    let mut heard = true;
    for late in [Duration::ZERO, Duration::from_millis(20)] {
        heard &= flooded(&size, late).await;
    }
    if !measured || kept && steady && heard { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Pages of this process in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4_096
}

/// Lets a service account in, with all that Kubernetes says of one.
fn service_account(kind: Kind, _: &serde_json::Value) -> Reply {
    if kind == Kind::Access {
        return allowed(true);
    }
    let user = json!({
        "username": "system:serviceaccount:ray-of-a-team:ray-worker",
        "uid": "0b7d9a5e-3c1f-4a56-9d53-6f1b2f0c8e11",
        "groups": ["system:serviceaccounts", "system:serviceaccounts:ray-of-a-team", "system:authenticated"],
    });
    Reply::Json(201, json!({"kind": "TokenReview", "status": {"authenticated": true, "user": user}}))
}

async fn memory(size: &Size) -> bool {
    let api = Api::start().await;
    api.keep_nothing();
    api.answer(service_account);
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
    let first = size.tokens / 20;
    ask(0..first).await;
    let (before, began) = (resident(), Instant::now());
    let step = (size.tokens - first).div_ceil(4);
    for start in (first..size.tokens).step_by(step) {
        let end = size.tokens.min(start + step);
        ask(start..end).await;
        eprintln!("memory: {end} of {} tokens after {:.1} s", size.tokens, began.elapsed().as_secs_f64());
    }
    let (kept, took) = (resident().saturating_sub(before), began.elapsed());
    let asked = size.tokens - first;
    let all = kept as f64 / asked as f64 * size.tokens as f64;
    println!(
        "memory: {} tokens take {:.1} MB, {:.0} bytes each; {:.0} reviews of both kinds a second, over {} connections in all",
        size.tokens,
        all / 1e6,
        kept as f64 / asked as f64,
        2.0 * asked as f64 / took.as_secs_f64(),
        api.connections()
    );
    all < MOST_MEMORY
}

/// The 99th percentile of each kind of call that needs no review: of one that is remembered, and of one without a header.
async fn p99(server: &Server, calls: usize) -> [Duration; 2] {
    let kinds = [(bearer(token(0)), 0), (Call { authorization: None, ..bearer("") }, 16)];
    let mut times = [Vec::with_capacity(calls), Vec::with_capacity(calls)];
    for _ in 0..calls {
        for ((call, status), times) in kinds.iter().zip(&mut times) {
            let call = call.clone();
            let began = Instant::now();
            assert_eq!(server.call(call).await.0, *status);
            times.push(began.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[times.len() * 99 / 100]
    })
}

async fn hanging(size: &Size) -> bool {
    let api = Api::start().await;
    let (normal, hanging) =
        (Server::usual(&api), Server::new(&api, Verifier::builder().deadline(Duration::from_secs(600))));
    for server in [&normal, &hanging] {
        assert_eq!(server.status(token(0)).await, 0);
    }
    api.answer(|_, _| Reply::Silence);
    let stuck: Vec<_> = (0..64)
        .map(|number| {
            let (server, from) = (hanging.clone(), STUCK[number % STUCK.len()]);
            tokio::spawn(async move { server.call(Call { from, ..bearer(token(1 + number)) }).await })
        })
        .collect();
    api.under_way(2 + stuck.len()).await;
    assert_eq!(hanging.status("new").await, 14, "no seat is left");
    let mut rounds = Vec::new();
    for round in 1..=size.rounds {
        let before = p99(&normal, size.calls).await;
        let with = p99(&hanging, size.calls).await;
        let after = p99(&normal, size.calls).await;
        rounds.push([0, 1].map(|kind| (with[kind], (before[kind] + after[kind]) / 2)));
        if round % 5 == 0 {
            eprintln!("hanging: {round} of {} rounds", size.rounds);
        }
    }
    stuck.iter().for_each(tokio::task::JoinHandle::abort);
    let mut steady = true;
    for (kind, name) in ["remembered", "header-less"].into_iter().enumerate() {
        let of = |what: fn(&(Duration, Duration)) -> f64| {
            let mut all: Vec<_> = rounds.iter().map(|round| what(&round[kind])).collect();
            all.sort_by(f64::total_cmp);
            (all[0], all[all.len() / 2], all[all.len() - 1])
        };
        let (low, ratio, high) = of(|(with, normal)| with.as_secs_f64() / normal.as_secs_f64());
        let micros = |(_, median, _): (f64, f64, f64)| median;
        println!(
            "hanging: p99 of {name} calls with {} reviews stuck : none stuck, {} rounds: {ratio:.3} [{low:.3}, {high:.3}]; \
             {:.2} µs : {:.2} µs",
            stuck.len(),
            size.rounds,
            micros(of(|(with, _)| with.as_secs_f64() * 1e6)),
            micros(of(|(_, normal)| normal.as_secs_f64() * 1e6)),
        );
        steady &= ratio <= SLOWER;
    }
    steady
}

async fn flooded(size: &Size, late: Duration) -> bool {
    let api = Api::start().await;
    api.keep_nothing();
    if !late.is_zero() {
        api.answer(move |kind, review| match usual(kind, review) {
            Reply::Json(_, answer) => Reply::Late(late, answer),
            other => other,
        });
    }
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
    let mut times = Vec::new();
    while began.elapsed() < size.flood {
        let asked = Instant::now();
        let member = Call { from: "10.0.0.7:1", ..bearer(token(times.len())) };
        assert_eq!(server.call(member).await.0, 0, "a new member is let in");
        times.push(asked.elapsed());
    }
    over.store(true, Ordering::Relaxed);
    for flooder in flood {
        flooder.await.unwrap();
    }
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    let rate = sent.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    println!(
        "flood: with an API server that takes {} ms to answer, {rate:.0} different bad tokens a second from one address, {} of \
         them judged, over {} connections in all; {} new members from another were let in, after {:.1} ms in the median and at \
         most {:.1} ms",
        late.as_millis(),
        refused.load(Ordering::Relaxed),
        api.connections(),
        times.len(),
        median.as_secs_f64() * 1e3,
        worst.as_secs_f64() * 1e3,
    );
    if rate < FLOOD {
        println!("flood: this machine did not offer {FLOOD:.0} a second, so nothing was shown");
    }
    worst < deadline && rate >= FLOOD
}
