//! The verifier behind the server layer, against a stand-in for the API server over real TLS.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, missing_docs, reason = "a program of tests")]

#[allow(dead_code, reason = "the benches use it, too")]
mod api;
mod caller;
mod connections;
mod memory_of_callers;
mod situations;
mod start;
