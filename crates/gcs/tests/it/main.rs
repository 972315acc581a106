//! The server over loopback, with generated clients and with a raw one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod auth;
mod cluster;
mod health;
mod kv;
mod limits;
mod metadata;
mod node;
mod nodes;
mod support;
mod tls;
mod wire_contract;
