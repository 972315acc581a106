//! `machine.json`: on what and with what all of it was measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machine {
    /// The day, as 2026-11-25.
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: u32,
    pub(crate) memory_gib: u32,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    pub(crate) valgrind: String,
    /// Versions by crate or program: `tonic`, `h2`, `Ray` …
    pub(crate) versions: BTreeMap<String, String>,
}
