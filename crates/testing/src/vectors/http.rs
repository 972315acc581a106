//! Rows of `http.json`: what Ray's dashboard and agent answer to HTTP requests, and what ours does where it differs.

use anyhow::{Context as _, Result, ensure};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::bytes::{Spelling, unhex};

const LOGIN: [&str; 2] = ["/api/authentication_mode", "/api/authenticate"];

/// One observed request and its answer.
#[derive(Clone, Debug)]
pub struct HttpRow {
    /// The row's name, unique in the table.
    pub name: String,
    /// The server that was asked.
    pub server: HttpServer,
    /// The method, as it is sent.
    pub method: String,
    /// The request target, as it is sent.
    pub target: String,
    /// The version, as it is sent.
    pub version: String,
    /// The headers in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What follows the headers.
    pub body: Vec<u8>,
    /// What Ray answered.
    pub expected: HttpOutcome,
    /// What ours answers, and the name of the difference.
    pub ours: Option<(String, HttpOutcome)>,
    /// The version of Ray it was observed with.
    pub observed_with: String,
}

/// A server that rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpServer {
    /// The dashboard, with a token.
    Dashboard,
    /// The dashboard's agent, with a token.
    Agent,
    /// The dashboard, with authentication disabled.
    Disabled,
}

/// An answer, as far as rows compare it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpOutcome {
    /// The status; none if the connection ended without an answer.
    pub status: Option<u16>,
    /// Whether authentication, and the guard against browsers, let the request through; none if it never got there.
    pub let_in: Option<bool>,
    /// The body, where authentication or login answered.
    pub body: Option<String>,
    /// `content-type`, there.
    pub content_type: Option<String>,
    /// The parts of each `set-cookie`, sorted.
    pub set_cookie: Vec<Vec<String>>,
    /// `www-authenticate`, there.
    pub www_authenticate: Option<String>,
}

impl HttpRow {
    /// The request, to the byte.
    pub fn wire(&self) -> Vec<u8> {
        let mut wire = format!("{} {} {}\r\n", self.method, self.target, self.version).into_bytes();
        for (name, value) in &self.headers {
            wire.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        [&wire, &b"\r\n"[..], &self.body].concat()
    }

    /// Whether it is for a login endpoint, which answers itself.
    pub fn is_login(&self) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        let path = percent_decode_str(path).decode_utf8_lossy();
        self.server != HttpServer::Agent && LOGIN.contains(&&*path)
    }

    /// Without what is the handler's own affair: all about what was let in, but that it was.
    #[must_use]
    pub fn compared(&self, outcome: &HttpOutcome) -> HttpOutcome {
        if outcome.let_in == Some(true) && !self.is_login() {
            return HttpOutcome { let_in: Some(true), ..HttpOutcome::default() };
        }
        if outcome.let_in.is_none() {
            return HttpOutcome { status: outcome.status, ..HttpOutcome::default() };
        }
        outcome.clone()
    }

    pub(super) fn from_table(raw: RawRow) -> Result<Self> {
        let name = raw.name.clone();
        raw.row().with_context(|| format!("row {name:?}"))
    }
}

/// The parts of a `set-cookie`, sorted; how they are ordered says nothing.
pub fn cookie_parts(value: &str) -> Vec<String> {
    let mut parts: Vec<_> = value.split("; ").map(str::to_owned).collect();
    parts.sort_unstable();
    parts
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRow {
    name: String,
    server: HttpServer,
    input: RawInput,
    expected: RawOutcome,
    ours: Option<RawOutcome>,
    observed_with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput {
    method: String,
    target: String,
    version: String,
    headers: Vec<(String, Spelling)>,
    body: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutcome {
    difference: Option<String>,
    outcome: Option<String>,
    status: Option<u16>,
    let_in: Option<bool>,
    body: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    set_cookie: Vec<String>,
    www_authenticate: Option<String>,
}

impl RawOutcome {
    fn outcome(self) -> Result<HttpOutcome> {
        let closed = self.outcome.as_deref() == Some("closed");
        ensure!(closed == self.status.is_none() && closed == self.outcome.is_some(), "neither a status nor closed");
        Ok(HttpOutcome {
            status: self.status,
            let_in: self.let_in,
            body: self.body,
            content_type: self.content_type,
            set_cookie: self.set_cookie.iter().map(|value| cookie_parts(value)).collect(),
            www_authenticate: self.www_authenticate,
        })
    }
}

impl RawRow {
    fn row(self) -> Result<HttpRow> {
        let input = self.input;
        ensure!(self.expected.difference.is_none(), "a difference of Ray's");
        let ours = self.ours.map(|mut ours| {
            let name = ours.difference.take().filter(|name| name != "?").context("a difference without a name")?;
            anyhow::Ok((name, ours.outcome()?))
        });
        let headers = input.headers.into_iter().map(|(name, value)| Ok((name, value.bytes()?)));
        Ok(HttpRow {
            name: self.name,
            server: self.server,
            method: input.method,
            target: input.target,
            version: input.version,
            headers: headers.collect::<Result<_>>()?,
            body: unhex(input.body.as_deref().unwrap_or_default())?,
            expected: self.expected.outcome()?,
            ours: ours.transpose()?,
            observed_with: self.observed_with,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::http;

    fn row(name: &str) -> HttpRow {
        http().unwrap().into_iter().find(|row| row.name == name).unwrap()
    }

    #[test]
    fn a_request_to_the_byte() {
        let wire = row("chunked_right").wire();
        let expected = "POST /api/version HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer owntoken\r\n\
                        Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert_eq!(wire, expected.as_bytes());
        let wire = row("authorization_not_utf8").wire();
        assert!(wire.ends_with(b"Authorization: Bearer owntoken\xff\r\n\r\n"));
        assert!(row("cookie_64_KiB_wrong").wire().len() > 65_536);
    }

    #[test]
    fn what_is_compared() {
        let nothing = row("nothing");
        let expected = HttpOutcome {
            status: Some(401),
            let_in: Some(false),
            body: Some("Unauthorized: Missing authentication token".to_owned()),
            content_type: Some("text/plain; charset=utf-8".to_owned()),
            ..HttpOutcome::default()
        };
        assert_eq!(nothing.compared(&nothing.expected), expected);
        let ours = HttpOutcome { www_authenticate: Some("Bearer".to_owned()), ..expected };
        assert_eq!(nothing.ours, Some(("www_authenticate".to_owned(), ours)));
        let right = row("method_post_right");
        assert_eq!(right.expected.status, Some(405));
        assert_eq!(right.compared(&right.expected).status, None);
        assert!(row("login_encoded").is_login() && row("disabled_login_mode_get").is_login());
        assert!(!right.is_login() && !row("agent_mode").is_login());
    }

    #[test]
    fn an_unknown_key_and_a_difference_without_a_name_are_errors() {
        let json = r#"{"name": "n", "server": "agent", 
            "input": {"method": "GET", "target": "/", "version": "HTTP/1.1", "headers": []},
            "expected": {"outcome": "closed", "let_in": null},
            "ours": {"difference": "d", "status": 400, "let_in": null}, "observed_with": "r"}"#;
        let loaded =
            |json: &str| serde_json::from_str::<RawRow>(json).map_err(Into::into).and_then(HttpRow::from_table);
        assert_eq!(loaded(json).unwrap().ours.unwrap().1.status, Some(400));
        for (before, after) in [
            ("\"name\"", "\"new\": 1, \"name\""),
            ("\"method\"", "\"new\": 1, \"method\""),
            ("\"outcome\"", "\"new\": 1, \"outcome\""),
            ("\"outcome\"", "\"difference\": \"d\", \"outcome\""),
            ("\"outcome\"", "\"status\": 200, \"outcome\""),
            ("\"d\"", "\"?\""),
            ("\"difference\": \"d\",", ""),
        ] {
            assert!(loaded(&json.replace(before, after)).is_err(), "{after}");
        }
    }
}
