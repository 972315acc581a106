//! Typed access to the tables of observed behaviour in `tests/vectors/` of the root package.
//!
//! The tables say what a real Ray did, row by row: [`headers`] what its gRPC servers answer to credentials of every kind,
//! [`http`] what its dashboard and agents answer to HTTP requests, [`token_sources`] where its processes find a token. Loading is strict: an unknown key, a new spelling of a value or an
//! unknown remark fails, so a table that changed is noticed where it is read and not where it is silently misread.

mod bytes;
mod expected;
mod headers;
mod http;
mod token_sources;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;

pub use expected::Expected;
pub use headers::{HeaderRow, RowContext, SERVER_TOKEN, Server};
pub use http::{HttpOutcome, HttpRow, HttpServer, cookie_parts};
pub use token_sources::{
    ExpectedToken, Failure, PathKind, Places, TokenSourceExpected, TokenSourceInput, TokenSourceRow,
};

/// The rows of `headers.json`.
///
/// # Errors
///
/// The table cannot be read, or has something this loader does not know.
pub fn headers() -> Result<Vec<HeaderRow>> {
    load("headers.json", HeaderRow::from_table)
}

/// The rows of `http.json`.
///
/// # Errors
///
/// The table cannot be read, or has something this loader does not know.
pub fn http() -> Result<Vec<HttpRow>> {
    load("http.json", HttpRow::from_table)
}

/// The rows of `token_sources.json`.
///
/// # Errors
///
/// The table cannot be read, or has something this loader does not know.
pub fn token_sources() -> Result<Vec<TokenSourceRow>> {
    load("token_sources.json", TokenSourceRow::from_table)
}

fn load<Raw: DeserializeOwned, Row>(file: &str, row: impl Fn(Raw) -> Result<Row>) -> Result<Vec<Row>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors")).join(file);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let rows: Vec<Raw> = serde_json::from_str(&text).with_context(|| format!("{file} has something unknown"))?;
    rows.into_iter().map(row).collect::<Result<_>>().with_context(|| format!("{file} has something unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_of_each_table_loads_and_is_named_once() {
        let headers = headers().unwrap();
        let sources = token_sources().unwrap();
        let http = http().unwrap();
        assert_eq!((headers.len(), sources.len(), http.len()), (87, 115, 235));
        assert_eq!(headers.iter().map(|row| &row.name).collect::<BTreeSet<_>>().len(), 87);
        assert_eq!(http.iter().map(|row| &row.name).collect::<BTreeSet<_>>().len(), 235);
        assert_eq!(sources.iter().map(|row| &row.name).collect::<BTreeSet<_>>().len(), 115);
    }
}
