//! Mutual TLS over loopback: real handshakes, with certificates that are made for each test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(feature = "tls")]

mod axum_listener;
mod reload;
mod situations;
mod strangers;
mod support;
mod wire;
