//! Why a request was refused, and the one table that turns the reason into an answer.
//!
//! The wire text is Ray's and the same for every reason a caller can cause, so an answer says nothing about how close a
//! guess was. The reason itself goes to logs, metrics, and the response's extensions, where layers outside can read it:
//!
//! ```
//! use ray_auth::Rejection;
//!
//! let response: http::Response<String> = Rejection::WrongToken.into_grpc_response();
//! assert_eq!(response.headers()["grpc-status"], "16");
//! assert_eq!(response.extensions().get::<Rejection>(), Some(&Rejection::WrongToken));
//! ```

use std::fmt;
use std::sync::LazyLock;

use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tonic::Code;

/// What a caller sees on gRPC. The headers are made once and copied into each answer.
struct Answer {
    code: Code,
    message: &'static str,
    headers: LazyLock<HeaderMap>,
}

impl Answer {
    const fn new(code: Code, message: &'static str, headers: fn() -> HeaderMap) -> Self {
        Self { code, message, headers: LazyLock::new(headers) }
    }

    /// The headers of an answer that is nothing but headers; `status` is the code in digits. The message stands as it is,
    /// blanks and all: Ray does not percent-encode it. Nothing but static text, so that a copy of it costs little.
    fn headers(status: &'static str, message: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static(status));
        headers.insert(HeaderName::from_static("grpc-message"), HeaderValue::from_static(message));
        headers
    }
}

/// Ray's answer to a missing and to a wrong token alike.
static INVALID_TOKEN: Answer = {
    const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";
    Answer::new(Code::Unauthenticated, MESSAGE, || Answer::headers("16", MESSAGE))
};

/// The answer when this side could not judge, which Ray does not have.
static UNAVAILABLE: Answer = {
    const MESSAGE: &str = "AuthUnavailable: Authentication could not be checked, try again later";
    Answer::new(Code::Unavailable, MESSAGE, || Answer::headers("14", MESSAGE))
};

/// The answer to a caller that is known and not allowed, where it is told so, which Ray does not do.
static NOT_ALLOWED: Answer = {
    const MESSAGE: &str = "NotAllowed: The caller is known and may not use this cluster";
    Answer::new(Code::PermissionDenied, MESSAGE, || Answer::headers("7", MESSAGE))
};

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// No credential.
    Missing,
    /// A credential that is not `Bearer` and a token.
    Malformed,
    /// A token that is not accepted, or no longer.
    WrongToken,
    /// Several credentials that differ, where that is not allowed.
    Ambiguous,
    /// The credential could not be judged: this side's fault, not the caller's, and never remembered.
    Unavailable,
    /// A browser's request under a host name that this server is not known by. On HTTP only.
    UntrustedHost,
    /// A request that a page of another origin made a browser send. On HTTP only.
    CrossOrigin,
    /// A caller that the verifier knows and that may not use this cluster, where callers are told so.
    NotAllowed,
}

/// What one reason is called, and how it is answered.
struct Row {
    label: &'static str,
    text: &'static str,
    grpc: &'static Answer,
    http: (StatusCode, &'static str),
}

/// What Ray's dashboard says, to the byte, and what it would say.
mod http_text {
    pub(super) const MISSING: &str = "Unauthorized: Missing authentication token";
    pub(super) const INVALID: &str = "Forbidden: Invalid authentication token";
    pub(super) const UNAVAILABLE: &str = "Service Unavailable: Authentication could not be checked, try again later";
    pub(super) const UNTRUSTED_HOST: &str =
        "Forbidden: This server does not log browsers in under this host name; whoever runs it can allow the name";
    pub(super) const NOT_ALLOWED: &str = "Forbidden: The caller is known and may not use this cluster";
    pub(super) const CROSS_ORIGIN: &str = "Forbidden: Cross-origin request";
}

/// The table, in the order of [`Rejection::ALL`].
static TABLE: [Row; Rejection::ALL.len()] = {
    const MISSING: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, http_text::MISSING);
    const INVALID: (StatusCode, &str) = (StatusCode::FORBIDDEN, http_text::INVALID);
    const NO_ANSWER: (StatusCode, &str) = (StatusCode::SERVICE_UNAVAILABLE, http_text::UNAVAILABLE);
    const HOST: (StatusCode, &str) = (StatusCode::FORBIDDEN, http_text::UNTRUSTED_HOST);
    const ALLOWED: (StatusCode, &str) = (StatusCode::FORBIDDEN, http_text::NOT_ALLOWED);
    const ORIGIN: (StatusCode, &str) = (StatusCode::FORBIDDEN, http_text::CROSS_ORIGIN);
    [
        Row { label: "missing", text: "no credential", grpc: &INVALID_TOKEN, http: MISSING },
        Row { label: "malformed", text: "not a bearer token", grpc: &INVALID_TOKEN, http: INVALID },
        Row { label: "wrong_token", text: "the token is not accepted", grpc: &INVALID_TOKEN, http: INVALID },
        Row { label: "ambiguous", text: "credentials that differ", grpc: &INVALID_TOKEN, http: INVALID },
        Row { label: "unavailable", text: "the credential could not be judged", grpc: &UNAVAILABLE, http: NO_ANSWER },
        Row { label: "untrusted_host", text: "a host name that is not allowed", grpc: &INVALID_TOKEN, http: HOST },
        Row { label: "cross_origin", text: "sent by a page of another origin", grpc: &INVALID_TOKEN, http: ORIGIN },
        Row { label: "not_allowed", text: "a caller that is not allowed", grpc: &NOT_ALLOWED, http: ALLOWED },
    ]
};

impl Rejection {
    /// All reasons; a reason's place here is its [`Rejection::index`].
    pub(crate) const ALL: [Self; 8] = [
        Self::Missing,
        Self::Malformed,
        Self::WrongToken,
        Self::Ambiguous,
        Self::Unavailable,
        Self::UntrustedHost,
        Self::CrossOrigin,
        Self::NotAllowed,
    ];

    /// What the table says of this reason.
    fn row(self) -> &'static Row {
        &TABLE[self.index()]
    }

    /// The reason as a metric label: one of a fixed few words.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// The status of a gRPC answer: UNAUTHENTICATED for whatever a caller can cause, UNAVAILABLE otherwise.
    #[must_use]
    pub fn grpc_code(self) -> Code {
        self.row().grpc.code
    }

    /// The text of a gRPC answer.
    #[must_use]
    pub fn grpc_message(self) -> &'static str {
        self.row().grpc.message
    }

    /// The status of an HTTP answer, as Ray's dashboard gives it: 401 without a credential, 403 with a wrong one.
    #[must_use]
    pub fn http_status(self) -> StatusCode {
        self.row().http.0
    }

    /// The text of an HTTP answer: Ray's, where the token is the reason.
    #[must_use]
    pub fn http_text(self) -> &'static str {
        self.row().http.1
    }

    /// Makes what all answers are copied from. For when a layer is made: what is made in the first call that is refused
    /// lies between what threads make and drop in every call, and they wait for each other's cache lines.
    pub(crate) fn prepare_answers() {
        for rejection in Self::ALL {
            LazyLock::force(&rejection.row().grpc.headers);
        }
    }

    /// The answer to a gRPC call, as Ray sends it: HTTP 200 and nothing but headers. The reason is in its extensions.
    #[must_use]
    pub fn into_grpc_response<B: Default>(self) -> Response<B> {
        self.answer(Extensions::new())
    }

    /// The same, in a map that is no longer needed: what was in it is dropped.
    #[inline]
    pub(crate) fn answer<B: Default>(self, mut extensions: Extensions) -> Response<B> {
        extensions.clear();
        extensions.insert(self);
        let (mut parts, ()) = Response::new(()).into_parts();
        parts.headers = self.row().grpc.headers.clone();
        parts.extensions = extensions;
        Response::from_parts(parts, B::default())
    }

    /// The same for interceptors, which answer with a status; tonic percent-encodes its message.
    #[must_use]
    pub fn into_status(self) -> tonic::Status {
        let mut status = tonic::Status::new(self.grpc_code(), self.grpc_message());
        status.set_source(std::sync::Arc::new(self));
        status
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().text)
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_gives_every_reason_its_answers() {
        let table = [
            (Rejection::Missing, "missing", 16, 401, "Unauthorized: Missing authentication token"),
            (Rejection::Malformed, "malformed", 16, 403, "Forbidden: Invalid authentication token"),
            (Rejection::WrongToken, "wrong_token", 16, 403, "Forbidden: Invalid authentication token"),
            (Rejection::Ambiguous, "ambiguous", 16, 403, "Forbidden: Invalid authentication token"),
            (Rejection::Unavailable, "unavailable", 14, 503, "Service Unavailable: "),
            (Rejection::UntrustedHost, "untrusted_host", 16, 403, "Forbidden: "),
            (Rejection::CrossOrigin, "cross_origin", 16, 403, "Forbidden: "),
            (Rejection::NotAllowed, "not_allowed", 7, 403, "Forbidden: "),
        ];
        assert_eq!(table.map(|row| row.0), Rejection::ALL);
        for (place, (rejection, label, grpc, http, text)) in table.into_iter().enumerate() {
            assert_eq!(rejection.index(), place);
            assert_eq!(rejection.label(), label);
            assert_eq!(rejection.grpc_code() as i32, grpc);
            assert_eq!(rejection.http_status().as_u16(), http);
            assert!(rejection.http_text().starts_with(text), "{label}");
        }
    }

    #[test]
    fn a_grpc_answer_is_rays_to_the_byte_and_carries_the_reason() {
        for rejection in [Rejection::Missing, Rejection::Malformed, Rejection::WrongToken, Rejection::Ambiguous] {
            let response: Response<String> = rejection.into_grpc_response();
            assert_eq!(response.status(), 200);
            let headers: Vec<_> =
                response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
            assert_eq!(
                headers,
                [
                    ("content-type", &b"application/grpc"[..]),
                    ("grpc-status", b"16"),
                    ("grpc-message", b"InvalidAuthToken: Authentication token is missing or incorrect"),
                ]
            );
            assert_eq!(response.extensions().get(), Some(&rejection));
        }
    }
}
