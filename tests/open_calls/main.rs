//! Calls that are open when their token leaves the keyring, or when they get too old: each ends, and says why.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ages;
mod bystanders;
mod concurrent;
mod kinds;
mod latency;
mod later;
mod pages;
mod placement;
mod slow_reader;
mod support;
mod types;
