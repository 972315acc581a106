//! `wire.json`: what the header costs on an HTTP/2 connection, a call.

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    pub(crate) rows: Vec<WireRow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireRow {
    /// `tonic, no token`, `tonic, never indexed`, `tonic, not marked`, `an encoder that indexes` …
    pub(crate) sender: String,
    /// Bytes of the HEADERS frame of a call that is not the first of its connection.
    pub(crate) headers_bytes: u64,
    /// Instructions of the client for a whole call, the allocator's left out, over those of a call without a token; none if
    /// the client is not tonic.
    pub(crate) client_instructions: Option<i64>,
    /// The same of the server, which is tonic's in each row.
    pub(crate) server_instructions: i64,
}
