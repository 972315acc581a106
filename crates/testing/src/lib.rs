//! What the tests of this workspace share.
//!
//! - [`raw_http2`] sends what no well-behaved HTTP/2 stack would send, and says what came back;
//! - [`vectors`] loads the tables of behaviour observed on real Ray;
//! - [`certificates`] makes authorities, and what they issue, for mutual TLS;
//! - [`logs`] captures everything that is logged, to search it for secrets.
//!
//! It depends on no other crate of the workspace, so every one of them can use it in its tests.

pub mod certificates;
pub mod logs;
pub mod raw_http2;
pub mod vectors;
