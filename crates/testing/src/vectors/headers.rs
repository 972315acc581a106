//! Rows of `headers.json`: what Ray's gRPC servers answer to a request.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::bytes::{Spelling, unhex};
use super::expected::{Expected, RawExpected};
use crate::raw_http2::Request;

/// The token that the server of every row is configured with; the rows spell it out in their headers.
pub const SERVER_TOKEN: &str = "owntoken";

/// A 28-byte node id in hex, for the method that wants one.
const NODE_ID: &str = "abababababababababababababababababababababababababababab";

/// One observed request and its answer.
#[derive(Clone, Debug)]
pub struct HeaderRow {
    /// The row's name, unique in the table.
    pub name: String,
    /// The server that was asked.
    pub server: Server,
    /// The path of the method.
    pub path: String,
    /// The headers beyond those of every gRPC call, in their order; placeholders stand as they are.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body with its gRPC framing; none where no DATA was sent and the stream stayed open.
    pub body: Option<Vec<u8>>,
    /// Whether Ray's raylet was seen to do the same as its GCS, where both were asked.
    pub raylet_same: Option<bool>,
    /// What the server did.
    pub expected: Expected,
    /// Remarks of those who observed it.
    pub notes: Vec<String>,
    /// The version of Ray it was observed with.
    pub observed_with: String,
}

/// A server of Ray's that rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The GCS; [`HeaderRow::raylet_same`] says more about the raylet.
    Gcs,
    /// The server for Ray clients, on a port of its own, with services and a refusal of its own.
    ClientServer,
}

impl Server {
    fn of(path: &str) -> Self {
        if path.starts_with("/ray.rpc.Raylet") { Self::ClientServer } else { Self::Gcs }
    }
}

/// What the placeholders in rows stand for.
#[derive(Clone, Copy, Debug)]
pub struct RowContext<'a> {
    /// `<token>`: a valid token of the server.
    pub token: &'a str,
    /// `<cluster id hex>`, and in capitals `<CLUSTER ID HEX>`: the server's cluster id, in lower case here.
    pub cluster_id_hex: &'a str,
}

impl HeaderRow {
    /// The request of this row, Huffman-coded as it was when the table was made: one of the recorded texts states a
    /// coded length.
    pub fn request(&self, context: &RowContext<'_>) -> Request {
        let request = Request::grpc(self.path.as_str()).huffman(true);
        let request =
            self.headers.iter().fold(request, |request, (name, value)| request.add(name.as_str(), context.fill(value)));
        match &self.body {
            Some(body) => request.body(body.as_slice()),
            None => request.no_body().leave_open(),
        }
    }

    pub(super) fn from_table(raw: RawRow) -> Result<Self> {
        let name = raw.name.clone();
        raw.row().with_context(|| format!("row {name:?}"))
    }
}

impl RowContext<'_> {
    fn fill(&self, value: &[u8]) -> Vec<u8> {
        // Placeholders are ASCII, and values with other bytes have none.
        let Ok(text) = std::str::from_utf8(value) else { return value.to_vec() };
        text.replace("<token>", self.token)
            .replace("<cluster id hex>", self.cluster_id_hex)
            .replace("<CLUSTER ID HEX>", &self.cluster_id_hex.to_ascii_uppercase())
            .into_bytes()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRow {
    name: String,
    input: RawInput,
    expected: RawExpected,
    raylet_same: Option<bool>,
    observed_with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput {
    method: String,
    server_token: Option<String>,
    headers: Vec<(String, Spelling)>,
    body_hex: Option<String>,
    note: Option<String>,
}

impl RawRow {
    fn row(self) -> Result<HeaderRow> {
        let input = self.input;
        if input.server_token.as_deref().is_some_and(|token| token != SERVER_TOKEN) {
            bail!("another server token than {SERVER_TOKEN:?}");
        }
        let mut headers =
            input.headers.iter().map(|(name, value)| Ok((name.clone(), value.bytes()?))).collect::<Result<Vec<_>>>()?;
        let (path, remark) = match input.method.split_once(" (") {
            Some((path, remark)) => (path, remark.strip_suffix(')').context("a remark without end")?),
            None => (input.method.as_str(), ""),
        };
        let mut body = Some(crate::raw_http2::grpc_frame(message(path)));
        match remark {
            "" => {}
            // Refused when the stream opens, so nothing is sent on it.
            "node_id header sent" => {
                headers.insert(0, ("node_id".to_owned(), NODE_ID.as_bytes().to_vec()));
                body = None;
            }
            "service=foo" => body = Some(crate::raw_http2::grpc_frame(b"\x0a\x03foo")),
            other => bail!("unknown remark {other:?}"),
        }
        match input.note.as_deref() {
            None => {}
            Some("no DATA, stream left open") => body = None,
            Some(other) => bail!("unknown note {other:?}"),
        }
        if let Some(hex) = &input.body_hex {
            body = Some(unhex(hex)?);
        }
        Ok(HeaderRow {
            name: self.name,
            server: Server::of(path),
            path: path.to_owned(),
            headers,
            body,
            raylet_same: self.raylet_same,
            notes: input.note.into_iter().chain(self.expected.note.clone()).collect(),
            expected: self.expected.expected()?,
            observed_with: self.observed_with,
        })
    }
}

/// The request message of a method: empty wherever that is a sensible request.
fn message(path: &str) -> &'static [u8] {
    match path.rsplit_once('/') {
        // Reflection asks one of several questions; this one lists the services.
        Some((_, "ServerReflectionInfo")) => b"\x3a\x00",
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::headers;

    const CONTEXT: RowContext<'_> = RowContext { token: "sesame", cluster_id_hex: "00ff" };

    fn row(name: &str) -> HeaderRow {
        headers().unwrap().into_iter().find(|row| row.name == name).unwrap()
    }

    fn values(name: &str, field: &str) -> Vec<Vec<u8>> {
        let request = row(name).request(&CONTEXT);
        request.fields().iter().filter(|(name, _)| name == field.as_bytes()).map(|(_, value)| value.clone()).collect()
    }

    #[test]
    fn values_are_spelt_out_and_placeholders_filled() {
        let long = [&b"Bearer "[..], &[b'a'; 65_536]].concat();
        let cases: [(&str, &str, &[&[u8]]); 9] = [
            ("valid", "authorization", &[b"Bearer owntoken"]),
            ("missing", "authorization", &[]),
            ("byte_0x00", "authorization", &[b"Bearer a\0b"]),
            ("two_headers_empty_good", "authorization", &[b"", b"Bearer owntoken"]),
            ("Header_name_Capital_Authorization", "Authorization", &[b"Bearer owntoken"]),
            ("value_64KiB", "authorization", &[&long]),
            ("client_server_Datapath_lowercase_scheme", "authorization", &[b"bearer sesame"]),
            ("cluster_id_uppercase_hex_CheckAlive", "ray_cluster_id", &[b"00FF"]),
            ("no_token_syncer_missing", "node_id", &[NODE_ID.as_bytes()]),
        ];
        for (name, field, expected) in cases {
            assert_eq!(values(name, field), expected, "{name}");
        }
    }

    #[test]
    fn bodies_are_those_of_the_methods() {
        let cases: [(&str, Option<&[u8]>); 6] = [
            ("valid", Some(&[0; 5])),
            ("no_token_health_check_unknown_service", Some(b"\0\0\0\0\x05\x0a\x03foo")),
            ("no_token_reflection_v1alpha", Some(b"\0\0\0\0\x02\x3a\0")),
            ("no_token_malformed_body", Some(b"\0\0\0\0\x03\xff\xff\xff")),
            ("no_token_headers_only", None),
            ("syncer_wrong", None),
        ];
        for (name, expected) in cases {
            let request = row(name).request(&CONTEXT);
            assert_eq!(request.body_bytes(), expected, "{name}");
            assert_eq!(request.ends_stream(), expected.is_some(), "{name}");
        }
    }

    #[test]
    fn no_placeholder_and_no_remark_is_left() {
        for row in headers().unwrap() {
            assert!(row.path.starts_with('/') && !row.path.contains([' ', '(']), "{}", row.name);
            for (_, value) in row.request(&CONTEXT).fields() {
                assert!(!value.starts_with(b"<") && !value.ends_with(b">"), "{}", row.name);
            }
        }
    }

    #[test]
    fn rows_of_the_client_server_are_named_so() {
        for row in headers().unwrap() {
            assert_eq!(row.server == Server::ClientServer, row.name.starts_with("client_server_"), "{}", row.name);
        }
    }

    #[test]
    fn what_is_expected() {
        let refused = "InvalidAuthToken: Authentication token is missing or incorrect".to_owned();
        let reject = Expected::Reject { status: 16, message: refused, trailers_only: true, http_status: 200 };
        assert_eq!(row("missing").expected, reject);
        assert_eq!(row("valid").expected, Expected::Accept);
        assert_eq!(row("authorization-bin").expected, Expected::TransportReset { error_code: 2 });
        assert_eq!(row("no_token_headers_only").expected, Expected::NoAnswer);
        assert_eq!(row("no_token_reflection_v1").expected, Expected::Answered { status: 12, message: None });
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let json = r#"{"name": "n", "input": {"method": "/m", "headers": []}, "expected": {"outcome": "accept"}, "observed_with": "r"}"#;
        assert!(serde_json::from_str::<RawRow>(json).is_ok());
        assert!(serde_json::from_str::<RawRow>(&json.replace("\"name\"", "\"new\": 1, \"name\"")).is_err());
        assert!(serde_json::from_str::<RawRow>(&json.replace("\"method\"", "\"new\": 1, \"method\"")).is_err());
        assert!(serde_json::from_str::<RawRow>(&json.replace("\"outcome\"", "\"new\": 1, \"outcome\"")).is_err());
    }
}
