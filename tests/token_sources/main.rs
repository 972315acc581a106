//! Where a token comes from: every row of the table observed on Ray, and the race for a new default file.
//!
//! Rows that need another user or another working directory run in a child process, which is this program again and
//! reads its real environment; the other rows run here, on a lookup. Without root's rights a file that nobody may read
//! cannot be read either, so then the rows of another user run as this one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(unix)]

mod child;
mod race;
mod stage;

use std::collections::BTreeSet;

use ray_auth::mode::{AuthMode, ModeError};
use ray_auth::source::{Origin, SourceError, TokenSource};
use ray_auth::token::TokenError;
use ray_auth_testing::vectors::{ExpectedToken, Failure, TokenSourceRow, token_sources};
use serde::{Deserialize, Serialize};

use crate::stage::Stage;

/// Rows in which Ray goes on with authentication disabled, and what our error says instead.
const STRICTER_ABOUT_MODES: &[(&str, &str)] = &[
    ("mode_' token'_with_env", "RAY_AUTH_MODE is \" token\", which is no mode"),
    ("mode_'disable'_with_env", "RAY_AUTH_MODE is \"disable\", which is no mode"),
    ("mode_'k8s'_with_env", "for Kubernetes set RAY_AUTH_MODE=token and RAY_ENABLE_K8S_TOKEN_AUTH=true"),
    ("mode_'K8S'_with_env", "for Kubernetes set RAY_AUTH_MODE=token and RAY_ENABLE_K8S_TOKEN_AUTH=true"),
    ("mode_'K8s'_with_env", "for Kubernetes set RAY_AUTH_MODE=token and RAY_ENABLE_K8S_TOKEN_AUTH=true"),
    ("mode_'k8s'_no_source", "for Kubernetes set RAY_AUTH_MODE=token and RAY_ENABLE_K8S_TOKEN_AUTH=true"),
    ("mode_'foo'_with_env", "RAY_AUTH_MODE is \"foo\", which is no mode"),
    ("mode_'0'_with_env", "RAY_AUTH_MODE is \"0\", which is no mode"),
    ("mode_'1'_with_env", "RAY_AUTH_MODE is \"1\", which is no mode"),
    ("mode_'true'_with_env", "RAY_AUTH_MODE is \"true\", which is no mode"),
    ("mode_'off'_with_env", "RAY_AUTH_MODE is \"off\", which is no mode"),
    ("mode_unset_no_source", "to run without authentication set RAY_AUTH_MODE=disabled"),
    ("mode_''_no_source", "to run without authentication set RAY_AUTH_MODE=disabled"),
];

/// Rows in which Ray accepts a token, and what our error says instead.
const STRICTER_ABOUT_TOKENS: &[(&str, &str)] = &[
    ("env_inner_crlf", "the byte 0x0d at position 3"),
    ("env_utf8_non_ascii", "the byte 0xc3 at position 1"),
    ("env_non_utf8", "the byte 0xff at position 3"),
    ("env_nbsp_wrapped", "the byte 0xc2 at position 0"),
    ("env_64KiB", "the token has 65536 bytes and the limit is 7168"),
    ("env_ctrl_char", "the byte 0x01 at position 3"),
    ("path_utf8_bom", "a UTF-8 byte order mark"),
    ("path_utf16le_bom", "the byte 0xff at position 0"),
    ("path_nul_inside", "the byte 0x00 at position 7"),
    ("path_nul_trailing", "the byte 0x00 at position 7"),
    ("path_utf8_non_ascii", "the byte 0xc3 at position 1"),
    ("path_non_utf8", "the byte 0xff at position 3"),
    ("path_64KiB", "the token has 65536 bytes and the limit is 7168"),
    ("path_1MiB", "is larger than 65536 bytes"),
    ("path_fifo_with_writer", "it is a named pipe; name a regular file"),
    ("default_utf8_bom", "a UTF-8 byte order mark"),
    ("default_utf16le_bom", "the byte 0xff at position 0"),
    ("default_nul_trailing", "the byte 0x00 at position 6"),
    ("default_64KiB", "the token has 65536 bytes and the limit is 7168"),
    ("default_nbsp_wrapped", "the byte 0xc2 at position 0"),
];

/// What this crate makes of an environment.
#[derive(Debug, Serialize, Deserialize)]
struct Observed {
    mode: Option<String>,
    /// What a process gets that looks at the mode first.
    in_mode: Outcome,
    /// What the source gives, whatever the mode.
    in_any_mode: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Outcome {
    /// Authentication is disabled.
    NotAsked,
    Token(String),
    Error(ErrorClass, String),
}

/// Which of Ray's errors one of ours stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum ErrorClass {
    /// Ray finds no token anywhere.
    NoToken,
    /// Ray finds the variable, and no token in its file.
    PathVariable,
    /// One that Ray does not have.
    Ours,
}

impl ErrorClass {
    fn of(error: &SourceError) -> Self {
        match error {
            SourceError::Missing { .. }
            | SourceError::File { origin: Origin::Default(_), .. }
            | SourceError::Token { origin: Origin::Variable | Origin::Default(_), error: TokenError::Empty } => {
                Self::NoToken
            }
            SourceError::File { origin: Origin::PathVariable(_), .. }
            | SourceError::Token { origin: Origin::PathVariable(_), error: TokenError::Empty } => Self::PathVariable,
            _ => Self::Ours,
        }
    }

    fn of_ray(failure: &Failure) -> Self {
        match failure.message.as_str() {
            text if text.starts_with("Token authentication is enabled but Ray couldn't find") => Self::NoToken,
            text if text.starts_with("RAY_AUTH_TOKEN_PATH is set but file cannot be opened") => Self::PathVariable,
            text => panic!("not one of Ray's errors: {text}"),
        }
    }
}

impl Observed {
    fn new(mode: Result<AuthMode, ModeError>, source: Result<TokenSource, SourceError>) -> Self {
        let in_any_mode = match source.and_then(|source| source.load()) {
            Ok(loaded) => Outcome::Token(loaded.tokens.primary().expose_secret().to_owned()),
            Err(error) => Outcome::Error(ErrorClass::of(&error), error.to_string()),
        };
        let in_mode = match &mode {
            Ok(AuthMode::Disabled) => Outcome::NotAsked,
            Ok(_) => in_any_mode.clone(),
            Err(error) => Outcome::Error(ErrorClass::Ours, error.to_string()),
        };
        Self { mode: mode.ok().map(|mode| mode.to_string()), in_mode, in_any_mode }
    }

    fn from_env() -> Self {
        Self::new(AuthMode::from_env(), TokenSource::from_env())
    }

    /// Whether a process that looks at the mode gets what Ray gets.
    fn agrees_in_mode(&self, row: &TokenSourceRow) -> bool {
        let expected = &row.expected;
        let mode = self.mode.as_deref();
        let has_token = matches!(self.in_mode, Outcome::Token(_));
        expected.mode.as_deref().is_none_or(|expected| mode == Some(expected))
            && expected.kubernetes.is_none_or(|expected| (mode == Some("kubernetes")) == expected)
            && expected.has_token.as_ref().is_none_or(|expected| *expected.as_ref().unwrap_or(&false) == has_token)
            && agrees(&expected.token, &self.in_mode, |outcome| *outcome == Outcome::NotAsked)
    }

    /// Whether one that does not gets what Ray gets.
    fn agrees_in_any_mode(&self, row: &TokenSourceRow) -> bool {
        let none = |outcome: &Outcome| matches!(outcome, Outcome::Error(ErrorClass::NoToken, _));
        row.expected.token_in_any_mode.as_ref().is_none_or(|expected| agrees(expected, &self.in_any_mode, none))
    }
}

/// `none` tells what corresponds to Ray's empty token.
fn agrees(expected: &ExpectedToken, outcome: &Outcome, none: impl Fn(&Outcome) -> bool) -> bool {
    match (expected, outcome) {
        (ExpectedToken::Token(token), outcome) if token.is_empty() => none(outcome),
        (ExpectedToken::Token(expected), Outcome::Token(token)) => expected == token.as_bytes(),
        (ExpectedToken::Failure(failure), Outcome::Error(class, _)) => ErrorClass::of_ray(failure) == *class,
        _ => false,
    }
}

fn observe(row: &TokenSourceRow) -> Observed {
    let stage = Stage::new(row);
    match stage.child() {
        Some(command) => child::observed(command),
        None => {
            Observed::new(AuthMode::from_vars(|name| stage.var(name)), TokenSource::from_vars(|name| stage.var(name)))
        }
    }
}

#[test]
fn every_row_is_as_ray_has_it_or_stricter_as_listed() {
    let mut wrong = Vec::new();
    for row in token_sources().unwrap() {
        let find = |table: &'static [(&str, &str)]| table.iter().find(|(name, _)| *name == row.name);
        let (about_mode, about_token) = (find(STRICTER_ABOUT_MODES), find(STRICTER_ABOUT_TOKENS));
        let observed = observe(&row);

        let agrees = (observed.agrees_in_mode(&row), observed.agrees_in_any_mode(&row));
        let listed = (about_mode.is_none() && about_token.is_none(), about_token.is_none());
        let says = |text: &str| matches!(&observed.in_mode, Outcome::Error(_, error) if error.contains(text));
        if agrees != listed || !about_mode.into_iter().chain(about_token).all(|(_, text)| says(text)) {
            wrong.push(format!("{}: agrees {agrees:?}, listed {listed:?}, {observed:?}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_listed_deviation_is_a_row_and_listed_once() {
    let rows: BTreeSet<String> = token_sources().unwrap().into_iter().map(|row| row.name).collect();
    let listed: Vec<&str> =
        [STRICTER_ABOUT_MODES, STRICTER_ABOUT_TOKENS].concat().iter().map(|(name, _)| *name).collect();
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len(), "a row is listed twice");
    for name in listed {
        assert!(rows.contains(name), "{name} is no row");
    }
}
