//! What one question came to.

use ray_auth_gcs::ClusterId;
use tonic::{Code, Status};

use crate::output::peer_text;

/// What one question came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was answered; by a GCS with its cluster.
    Answered(Option<ClusterId>),
    /// UNAUTHENTICATED, from a gRPC server.
    Refused,
    /// The server has no such method.
    UnknownMethod,
    /// Anything else, as a text that says how to go on.
    Other(String),
}

/// Where a server of a cluster usually is.
const MEND: &str = "give the port of a GCS, by default 6379";

/// How to speak what it speaks.
const TLS: &str = "set RAY_USE_TLS=1 here, with the files that RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY and \
                   RAY_TLS_CA_CERT name, if it has TLS";

/// How a text of the server's is repeated: a server that was sent our token could put it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    Escaped,
    Nothing,
}

impl Quote {
    fn of(self, text: &[u8]) -> String {
        match self {
            Self::Escaped => format!(": \"{}\"", peer_text(text)),
            Self::Nothing => String::new(),
        }
    }
}

impl Answer {
    /// The answer of a gRPC server that did not say OK.
    pub(super) fn of_status(status: &Status, quote: Quote) -> Self {
        match status.code() {
            Code::Unauthenticated => Self::Refused,
            Code::Unimplemented => Self::UnknownMethod,
            code => Self::Other(format!(
                "it answers with status {} ({code}){}; look into its log",
                code as i32,
                quote.of(status.message().as_bytes())
            )),
        }
    }

    /// What answers with an HTTP error is not a gRPC server, whatever gRPC status that would be translated to.
    pub(super) fn of_http(status: http::StatusCode) -> Self {
        Self::Other(format!(
            "it answers with HTTP status {} instead of gRPC; {MEND}, without a proxy before it",
            status.as_u16()
        ))
    }

    /// The server took our TLS, and broke off without a word in it.
    pub(super) fn of_silent(cause: &str, quote: Quote) -> Self {
        Self::Other(format!("it broke off{}; look into its log", quote.of(cause.as_bytes())))
    }

    /// The connection broke off after these first bytes from the other side.
    pub(super) fn of_broken(heard: &[u8], cause: &str, quote: Quote) -> Self {
        Self::Other(match heard {
            [] => format!("it closes the connection without a word, as a server with TLS does; {TLS}, or {MEND}"),
            // A record of TLS: its type, and the major version.
            [0x14..=0x17, 0x03, ..] => format!("it speaks TLS, and this process does not; {TLS}"),
            // The head of an HTTP/2 frame: its length, and the type SETTINGS.
            [_, _, _, 0x04, ..] => format!("it broke off{}; look into its log", quote.of(cause.as_bytes())),
            _ if heard.starts_with(b"HTTP/1") => format!("it speaks HTTP/1 and no gRPC; {MEND}"),
            _ => format!("it does not speak gRPC{}; {MEND}", quote.of(heard)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_off_is_called_by_its_name() {
        let table: [(&[u8], &str); 6] = [
            (b"", "it closes the connection without a word"),
            (b"HTTP/1.1 400 Bad Request", "it speaks HTTP/1 and no gRPC; "),
            (b"\x15\x03\x01\x00\x02", "it speaks TLS"),
            (b"\x00\x00\x12\x04\x00", r#"it broke off: "re\x07set"; "#),
            (b"SSH-2.0-OpenSSH_9", r#"it does not speak gRPC: "SSH-2.0-OpenSSH_9"; "#),
            (b"\x1b[2J", r#"it does not speak gRPC: "\x1b[2J"; "#),
        ];
        for (heard, expected) in table {
            let Answer::Other(text) = Answer::of_broken(heard, "re\x07set", Quote::Escaped) else {
                panic!("{heard:?}")
            };
            assert!(text.starts_with(expected), "{text}");
        }
    }

    #[test]
    fn statuses_are_told_apart() {
        let of = |status| Answer::of_status(&status, Quote::Escaped);
        assert_eq!(of(Status::unauthenticated("x")), Answer::Refused);
        assert_eq!(of(Status::unimplemented("x")), Answer::UnknownMethod);
        let Answer::Other(text) = of(Status::unavailable("\x1b[2Jlater")) else { panic!() };
        assert!(text.starts_with("it answers with status 14 ("), "{text}");
        assert!(text.ends_with(r#"): "\x1b[2Jlater"; look into its log"#), "{text}");
    }

    #[test]
    fn nothing_is_repeated_that_could_be_our_token() {
        let of_status = Answer::of_status(&Status::unavailable("secret"), Quote::Nothing);
        let broken =
            [&b"secret"[..], b"\x00\x00\x12\x04"].map(|heard| Answer::of_broken(heard, "secret", Quote::Nothing));
        for answer in broken.into_iter().chain([of_status]) {
            let Answer::Other(text) = answer else { panic!() };
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
