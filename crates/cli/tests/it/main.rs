//! The real binary, in environments of its own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod broken_streams;
mod check;
mod check_strange_servers;
mod completions;
mod demo;
mod fetch;
mod fetch_environment;
mod get_auth_token;
mod help;
mod redact;
mod rotate;
mod running;
mod secret;
mod secrets;
mod serve;
mod status;
mod support;
mod tls;
