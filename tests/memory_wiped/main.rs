//! With an allocator that wipes what is freed, nothing of a replaced token is left after HTTP/2 connections either.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../memory/network.rs"]
mod network;
#[path = "../memory/scan.rs"]
mod scan;

#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

// The only test of its process, since others would have tokens, too.
#[test]
fn with_a_network_nothing_of_a_replaced_token_is_left_when_freed_memory_is_wiped() {
    let left = network::run();
    assert_eq!(left.replaced, 0, "copies of the replaced token");
    assert!(left.in_use > 0, "the scan finds the token in use");
}
