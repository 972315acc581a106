//! Downloads from real servers on loopback, which write down every header that they are sent.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod download;
mod server;
mod support;
