//! A retired token is in none of the process's memory, and the scan that says so would find one that is.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod network;
mod scan;

use std::convert::Infallible;
use std::process::Command;

use http::{Request, Response};
use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer, Token};
use tower::{Layer, Service, ServiceExt, service_fn};

use self::scan::Needle;

const ALONE: &str = "RAY_AUTH_TEST_ALONE";

/// Runs the test of this name in a process of its own: other tests have tokens, too.
fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .status();
    assert!(status.unwrap().success(), "{test} failed in its own process");
    false
}

/// Calls that are attached to, judged and answered, without a network.
fn calls(keyring: &Keyring, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let handler = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
        let server = RequireTokenLayer::new(keyring.clone()).with_identity().layer(handler);
        let mut client = AddTokenLayer::new(keyring.clone()).layer(server);
        for _ in 0..count {
            let request = Request::post("/ray.rpc.NodeInfoGcsService/CheckAlive").body(()).unwrap();
            let response = client.ready().await.unwrap().call(request).await.unwrap();
            assert!(!response.headers().contains_key("grpc-status"), "the call is let in");
        }
    });
}

#[test]
fn without_a_network_nothing_of_a_retired_token_is_left() {
    if !alone("without_a_network_nothing_of_a_retired_token_is_left") {
        return;
    }
    let keyring = Keyring::new(Token::generate());
    let old = Needle::of(keyring.tokens().primary().expose_secret());
    calls(&keyring, 1_000);
    assert!(old.hits() > 0, "the scan finds a token that is held");

    keyring.stage(Token::generate()).unwrap();
    let new = Needle::of(keyring.tokens().next().unwrap().expose_secret());
    calls(&keyring, 1_000);
    keyring.promote().unwrap();
    calls(&keyring, 1_000);
    assert!(old.hits() > 0, "an accepted token is held");
    keyring.retire().unwrap();
    calls(&keyring, 1_000);

    assert_eq!(old.hits(), 0, "copies of the retired token");
    assert!(new.hits() > 0, "the scan finds the token in use");
}

#[test]
fn with_a_network_copies_are_left_in_memory_that_was_freed() {
    if !alone("with_a_network_copies_are_left_in_memory_that_was_freed") {
        return;
    }
    // HTTP/2 and HPACK have buffers of their own, which they free without wiping them. With an allocator that wipes what
    // is freed nothing is left (`tests/memory_wiped/`), so these copies are in freed memory and nowhere else. Were there
    // none, that test would show nothing.
    let left = network::run();
    println!("copies of the replaced token in freed memory: {}", left.replaced);
    assert!(left.replaced > 0, "HTTP/2 wipes its buffers now: say so in the documents");
    assert!(left.in_use > 0, "the scan finds the token in use");
}
