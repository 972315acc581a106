//! What a process tells about its tokens, over loopback: to whom, and whether it is so.

#![cfg(feature = "proto")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod shown;
mod sources;
mod steps;
mod support;
mod thread;
