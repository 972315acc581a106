//! What netrc texts mean: every row of the table that was observed on Ray and curl, and what it leaves open.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use ray_auth_runtime_env::Netrc;
use ray_auth_runtime_env::netrc::{Entry, ParseError, ParseErrorKind};
use serde::Deserialize;

/// How many rows the table has: none is lost unseen.
const ROWS: usize = 54;

/// A row of the table. What curl did stands there for readers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    netrc_text: String,
    host: String,
    expected: Expected,
    ray_2_60_observed: Observed,
    #[serde(default, rename = "curl_7_88_observed")]
    _curl: Option<String>,
    same_as_ray: bool,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "result", rename_all = "lowercase", deny_unknown_fields)]
enum Expected {
    Ok { login: String, password: String, source: Source },
    None,
    Error { error: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Machine,
    Default,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Observed {
    result: String,
    login: Option<String>,
    password: Option<String>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

fn rows() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/netrc.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_row_of_the_table_means_what_it_says_and_shows_nothing_of_it() {
    let rows = rows();
    assert_eq!(rows.len(), ROWS);
    for row in &rows {
        let parsed = Netrc::parse(row.netrc_text.as_bytes());
        assert_eq!(outcome(&parsed, &row.host), row.expected, "{}", row.name);
        assert_shows_nothing(&parsed, &row.host, &row.name);
    }
}

#[test]
fn the_table_says_itself_where_it_differs_from_ray() {
    for row in rows() {
        let Row { expected, ray_2_60_observed: ray, .. } = &row;
        let same = match expected {
            Expected::Ok { login, password, .. } => {
                ray.login.as_ref() == Some(login) && ray.password.as_ref() == Some(password)
            }
            Expected::None => ray.result == "none",
            Expected::Error { .. } => false,
        };
        assert_eq!(same, row.same_as_ray, "{}", row.name);
    }
}

/// What an initial request would be sent with: the machine's entry, and `default`'s only where there is none.
fn outcome(parsed: &Result<Netrc, ParseError>, host: &str) -> Expected {
    let netrc = match parsed {
        Ok(netrc) => netrc,
        Err(error) => return Expected::Error { error: name(error.kind).to_owned() },
    };
    let machine = netrc.machine(host).map(|entry| (entry, Source::Machine));
    let found = machine.or(netrc.default_entry().map(|entry| (entry, Source::Default)));
    match found.and_then(|(entry, source)| Some((texts(entry)?, source))) {
        Some(((login, password), source)) => Expected::Ok { login, password, source },
        None => Expected::None,
    }
}

/// What is shown is spelt out here, and no word of a netrc text is in it.
fn assert_shows_nothing(parsed: &Result<Netrc, ParseError>, host: &str, name: &str) {
    match parsed {
        Ok(netrc) => {
            let shown = format!("{netrc:?}");
            let count: String = shown.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(shown, format!("Netrc {{ machines: {count}, .. }}"), "{name}");
            for entry in netrc.machine(host).iter().chain(&netrc.default_entry()) {
                assert_eq!(format!("{entry:?}"), "Entry([redacted])", "{name}");
            }
        }
        Err(error) => {
            let ParseError { line, kind, .. } = error;
            assert_eq!(error.to_string(), format!("line {line}: {kind}"), "{name}");
            assert_eq!(format!("{error:?}"), format!("ParseError {{ line: {line}, kind: {kind:?} }}"), "{name}");
        }
    }
}

fn name(kind: ParseErrorKind) -> &'static str {
    match kind {
        ParseErrorKind::UnexpectedToken => "unexpected_token",
        ParseErrorKind::MissingValue => "missing_value",
        ParseErrorKind::UnterminatedQuote => "unterminated_quote",
        ParseErrorKind::UnfinishedEscape => "unfinished_escape",
        ParseErrorKind::ControlCharacter => "control_character",
        ParseErrorKind::ColonInLogin => "colon_in_login",
        ParseErrorKind::UnterminatedMacdef => "unterminated_macdef",
        ParseErrorKind::BadUtf8 => "bad_utf8",
        kind => panic!("{kind:?} has no name here"),
    }
}

fn texts(entry: &Entry) -> Option<(String, String)> {
    let (login, password) = entry.credential()?;
    Some((login.expose_secret().to_owned(), password.expose_secret().to_owned()))
}
