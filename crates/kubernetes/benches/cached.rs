//! What a decision costs that is remembered, in instructions: beside the digest of the token, which is counted apart for
//! tokens of several lengths. Fails over budget.
//!
//! `cargo bench -p ray-auth-kubernetes --bench cached` counts with valgrind's callgrind, inside of the verifier and of the
//! digest only, so that what other threads do does not count.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]
#![allow(missing_docs, unreachable_pub, reason = "a program")]

#[path = "../tests/reviews/api.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod api;
#[path = "../tests/reviews/caller.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod caller;
#[path = "../../../benches/support/callgrind.rs"]
mod callgrind;

use std::hint::black_box;
use std::process::ExitCode;

use callgrind::{Counted, per_call};
use hmac::{Hmac, KeyInit, Mac};
use ray_auth_kubernetes::Verifier;
use sha2::Sha256;

/// Lengths of tokens: one block, what Kubernetes makes, and 1 KiB more.
const LENGTHS: [usize; 3] = [64, 1_000, 2_024];
/// What a remembered decision may take beside the digest.
const BUDGET: i64 = 1_500;

fn main() -> ExitCode {
    if let Some((name, calls)) = callgrind::told() {
        return repeat(&name, calls);
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        return repeat("verify 64", 10);
    }
    let mut over = false;
    let mut digests = Vec::new();
    println!("{:<24}{:>12}{:>12}{:>10}{:>10}", "bytes of the token", "a decision", "its digest", "the rest", "budget");
    for length in LENGTHS {
        let counted = |what: &str, function: &str| {
            let toggle = format!("--toggle-collect={function}");
            match callgrind::count(&[format!("{what} {length}")], &[&toggle]) {
                Ok(Counted::All(counts)) => Ok(per_call(counts[0])),
                Ok(Counted::NoValgrind) => Err(callgrind::without_valgrind("nothing was counted")),
                Err(error) => {
                    eprintln!("error: {error}");
                    Err(ExitCode::FAILURE)
                }
            }
        };
        let decision = match counted("verify", "*Verifier*as*Verify*verify") {
            Ok(count) => count,
            Err(exit) => return exit,
        };
        let digest = match counted("digest", "*digest_of_the_token") {
            Ok(count) => count,
            Err(exit) => return exit,
        };
        let rest = decision - digest;
        over |= rest > BUDGET || digest == 0;
        digests.push(digest);
        println!("{length:<24}{decision:>12}{digest:>12}{rest:>10}{BUDGET:>10}");
    }
    println!("\n1 KiB of token more: {} instructions of digest", digests[2] - digests[1]);
    if over { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Does one thing so often: what this program is told when it runs under callgrind.
fn repeat(what: &str, calls: u64) -> ExitCode {
    let (kind, length) = what.split_once(' ').unwrap();
    let token = format!("good{}", "x".repeat(length.parse::<usize>().unwrap() - 4));
    if kind == "digest" {
        let keyed = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        for _ in 0..calls {
            black_box(digest_of_the_token(&keyed, token.as_bytes()));
        }
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let api = api::Api::start().await;
        let server = caller::Server::new(&api, Verifier::builder().deadline(std::time::Duration::from_secs(60)));
        // The first is asked about, and all others are remembered.
        for _ in 0..calls {
            assert_eq!(server.status(&token).await, 0);
        }
        assert_eq!(api.reviews(), (1, 1));
    });
    ExitCode::SUCCESS
}

/// As the verifier makes it.
#[inline(never)]
fn digest_of_the_token(keyed: &Hmac<Sha256>, token: &[u8]) -> [u8; 16] {
    let mut hash = keyed.clone();
    hash.update(token);
    let mut key = [0; 16];
    key.copy_from_slice(&hash.finalize().into_bytes()[..16]);
    key
}
