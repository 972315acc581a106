//! What a row of `headers.json` expects, and whether an outcome is that.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::raw_http2::{Outcome, Response};

/// What Ray did with the request of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The call was served.
    Accept,
    /// The credential was refused.
    Reject {
        /// `grpc-status`.
        status: u32,
        /// `grpc-message`; a text that ends in `...` is the beginning of one.
        message: String,
        /// One HEADERS frame with END_STREAM and `content-type: application/grpc`, where that was recorded.
        trailers_only: bool,
        /// `:status`.
        http_status: u16,
    },
    /// The stream was reset, with no answer.
    TransportReset {
        /// The code in RST_STREAM.
        error_code: u32,
    },
    /// The request got past authentication and was answered with an error of its own.
    Answered {
        /// `grpc-status`.
        status: u32,
        /// `grpc-message`, where it was recorded.
        message: Option<String>,
    },
    /// Nothing came within 2 seconds.
    NoAnswer,
}

impl Expected {
    /// Compares an outcome with what is expected.
    ///
    /// A stream that stays open counts as accepted once it has delivered a message. An RST_STREAM after the response is
    /// the server's affair and not compared, nor are other headers.
    ///
    /// # Errors
    ///
    /// What differs, in words.
    pub fn check(&self, outcome: &Outcome) -> Result<()> {
        match (self, outcome) {
            (Self::NoAnswer, Outcome::NoAnswer) => Ok(()),
            (Self::TransportReset { error_code: expected }, Outcome::Reset { error_code }) => {
                same("RST_STREAM", expected, error_code)
            }
            (Self::Accept, Outcome::Response(response)) => accepted(response),
            (Self::Reject { status, message, trailers_only, http_status }, Outcome::Response(response)) => {
                same(":status", http_status, &response.http_status)?;
                same("grpc-status", &Some(*status), &response.grpc_status())?;
                same_message(message, response)?;
                if *trailers_only {
                    same("END_STREAM on the first HEADERS", &true, &response.end_stream_on_first_headers)?;
                    let content_type = response.header("content-type").map(|value| value.escape_ascii().to_string());
                    same("content-type", &Some("application/grpc"), &content_type.as_deref())?;
                }
                Ok(())
            }
            (Self::Answered { status, message }, Outcome::Response(response)) => {
                same("grpc-status", &Some(*status), &response.grpc_status())?;
                message.iter().try_for_each(|message| same_message(message, response))
            }
            _ => bail!("expected {self:?}, got {outcome:?}"),
        }
    }
}

fn accepted(response: &Response) -> Result<()> {
    same(":status", &200, &response.http_status)?;
    if response.grpc_status().is_none() && !response.ended && !response.messages().is_empty() {
        return Ok(());
    }
    same("grpc-status", &Some(0), &response.grpc_status())
}

/// A message that is expected to be empty may as well be absent.
fn same_message(expected: &str, response: &Response) -> Result<()> {
    let message = response.grpc_message().unwrap_or_default();
    match expected.strip_suffix("...") {
        Some(beginning) if message.starts_with(beginning) => Ok(()),
        _ => same("grpc-message", &expected, &message.as_str()),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, seen: &T) -> Result<()> {
    if expected == seen { Ok(()) } else { bail!("{what}: expected {expected:?}, got {seen:?}") }
}

/// The `expected` object of a row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpected {
    outcome: RawOutcome,
    grpc_status: Option<u32>,
    message: Option<String>,
    trailers_only: Option<bool>,
    http_status: Option<u16>,
    rst_stream_error: Option<u32>,
    pub(super) note: Option<String>,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum RawOutcome {
    Accept,
    Reject,
    TransportReset,
    Answered,
    NoAnswer,
}

impl RawExpected {
    pub(super) fn expected(self) -> Result<Expected> {
        // Every value of a row must have its place in what is made of it.
        Ok(match self {
            Self {
                outcome: RawOutcome::Accept,
                grpc_status: None | Some(0),
                message: None,
                trailers_only: None,
                http_status: None,
                rst_stream_error: None,
                note: _,
            } => Expected::Accept,
            Self {
                outcome: RawOutcome::Reject,
                grpc_status,
                message,
                trailers_only,
                http_status,
                rst_stream_error: None,
                note: _,
            } => Expected::Reject {
                status: grpc_status.context("a rejection without grpc_status")?,
                message: message.context("a rejection without a message")?,
                trailers_only: trailers_only.unwrap_or(false),
                http_status: http_status.unwrap_or(200),
            },
            Self {
                outcome: RawOutcome::TransportReset,
                grpc_status: None,
                message: None,
                trailers_only: None,
                http_status: None,
                rst_stream_error: Some(error_code),
                note: _,
            } => Expected::TransportReset { error_code },
            Self {
                outcome: RawOutcome::Answered,
                grpc_status: Some(status),
                message,
                trailers_only: None,
                http_status: None,
                rst_stream_error: None,
                note: _,
            } => Expected::Answered { status, message },
            Self {
                outcome: RawOutcome::NoAnswer,
                grpc_status: None,
                message: None,
                trailers_only: None,
                http_status: None,
                rst_stream_error: None,
                note: _,
            } => Expected::NoAnswer,
            Self { outcome, .. } => bail!("an outcome {outcome:?} with values that do not belong to it"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw_http2::HeaderList;

    fn list(fields: &[(&str, &str)]) -> HeaderList {
        fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    fn refusal(status: &str, message: &str) -> Response {
        Response {
            http_status: 200,
            headers: list(&[("content-type", "application/grpc"), ("grpc-status", status), ("grpc-message", message)]),
            end_stream_on_first_headers: true,
            ended: true,
            ..Response::default()
        }
    }

    fn reject(message: &str) -> Expected {
        Expected::Reject { status: 16, message: message.to_owned(), trailers_only: true, http_status: 200 }
    }

    #[test]
    fn outcomes_agree_or_say_what_differs() {
        let open = Response { http_status: 200, data: vec![0; 5], ..Response::default() };
        let trailed = Response {
            trailers: Some(list(&[("grpc-status", "16"), ("grpc-message", "no")])),
            headers: list(&[("content-type", "application/grpc")]),
            end_stream_on_first_headers: false,
            ..refusal("16", "no")
        };
        let other_type =
            Response { headers: list(&[("grpc-status", "16"), ("grpc-message", "no")]), ..refusal("", "") };
        let cases = [
            ("refused", reject("no way"), Outcome::Response(refusal("16", "no%20way")), None),
            ("refused, prefix", reject("no..."), Outcome::Response(refusal("16", "no (1 vs. 2)")), None),
            ("other status", reject("no"), Outcome::Response(refusal("7", "no")), Some("grpc-status")),
            ("other message", reject("no"), Outcome::Response(refusal("16", "yes")), Some("grpc-message")),
            ("not trailers-only", reject("no"), Outcome::Response(trailed), Some("END_STREAM")),
            ("no content-type", reject("no"), Outcome::Response(other_type), Some("content-type")),
            ("accepted", Expected::Accept, Outcome::Response(refusal("0", "")), None),
            ("accepted, open", Expected::Accept, Outcome::Response(open.clone()), None),
            (
                "accepted, silent",
                Expected::Accept,
                Outcome::Response(Response { data: vec![], ..open }),
                Some("grpc-status"),
            ),
            ("not accepted", Expected::Accept, Outcome::Response(refusal("16", "")), Some("grpc-status")),
            ("reset", Expected::TransportReset { error_code: 2 }, Outcome::Reset { error_code: 2 }, None),
            (
                "other reset",
                Expected::TransportReset { error_code: 2 },
                Outcome::Reset { error_code: 1 },
                Some("RST_STREAM"),
            ),
            (
                "answered",
                Expected::Answered { status: 12, message: Some(String::new()) },
                Outcome::Response(refusal("12", "")),
                None,
            ),
            (
                "answered otherwise",
                Expected::Answered { status: 12, message: None },
                Outcome::Response(refusal("13", "")),
                Some("grpc-status"),
            ),
            ("silence", Expected::NoAnswer, Outcome::NoAnswer, None),
            ("not silence", Expected::NoAnswer, Outcome::Closed, Some("expected NoAnswer, got Closed")),
        ];
        for (name, expected, outcome, difference) in cases {
            let seen = expected.check(&outcome).err().map(|error| error.to_string());
            match (difference, seen) {
                (None, None) => {}
                (Some(part), Some(text)) if text.contains(part) => {}
                (_, seen) => panic!("{name}: {seen:?}"),
            }
        }
    }
}
