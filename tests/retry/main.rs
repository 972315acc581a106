//! Calls that are sent once more, between real clients and servers on loopback: the moments of a rotation, the kinds of
//! call, and what the log says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod kinds;
mod log;
mod rotation;
mod support;
