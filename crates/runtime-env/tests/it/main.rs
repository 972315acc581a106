//! The crate as its users see it: the tables of vectors, and downloads from real servers on loopback, which write down every
//! header that they are sent.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod download;
mod download_errors;
mod logs;
mod netrc;
mod netrc_source;
mod netrc_text;
#[cfg(unix)]
mod network;
mod redact;
#[cfg(unix)]
mod rows;
mod server;
mod support;
#[cfg(unix)]
mod table;
mod uri;
