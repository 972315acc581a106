//! Why an open call was ended, and what its peer is told.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tonic::{Code, Status};

use super::body::CallBody;
use crate::reject::Rejection;

/// Why an open call was ended by the [layer](super). In the extensions of the response if there was none before, and the
/// source of the error that the request body ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Closed {
    /// The token that it was opened with has left the keyring.
    #[error("the token that the call was opened with is no longer accepted")]
    Revoked,
    /// It has reached the layer's [maximum age](super::CloseOnRevokeLayer::with_max_age).
    #[error("the call has reached the maximum age of calls to this server")]
    MaxAge,
}

/// What a caller is told about its call's age: retriable, unlike a wrong token.
const MAX_AGE: (Code, &str) = (Code::Unavailable, "MaxAge: The call reached this server's maximum age, call again");

impl Closed {
    /// The status of a gRPC call that was ended so: UNAUTHENTICATED, or UNAVAILABLE.
    #[must_use]
    pub fn grpc_code(self) -> Code {
        match self {
            Self::Revoked => Rejection::WrongToken.grpc_code(),
            Self::MaxAge => MAX_AGE.0,
        }
    }

    /// The text that goes with it: Ray's, where the token is the reason.
    #[must_use]
    pub fn grpc_message(self) -> &'static str {
        match self {
            Self::Revoked => Rejection::WrongToken.grpc_message(),
            Self::MaxAge => MAX_AGE.1,
        }
    }

    /// The status of an HTTP answer, where none was sent yet.
    #[must_use]
    pub fn http_status(self) -> StatusCode {
        match self {
            Self::Revoked => Rejection::WrongToken.http_status(),
            Self::MaxAge => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What handlers that read the request get. Not CANCELLED, which tonic takes for the end of a request.
    pub(super) fn into_status(self) -> Status {
        let mut status = Status::new(self.grpc_code(), self.grpc_message());
        status.set_source(std::sync::Arc::new(self));
        status
    }

    /// What a gRPC response ends with.
    pub(super) fn trailers(self) -> HeaderMap {
        let mut trailers = HeaderMap::with_capacity(3);
        trailers.insert("grpc-status", HeaderValue::from(self.grpc_code() as i32));
        trailers.insert("grpc-message", HeaderValue::from_static(self.grpc_message()));
        trailers
    }

    /// The answer to a call that had none yet.
    pub(super) fn into_response<B>(self, grpc: bool) -> Response<CallBody<B>> {
        let mut response = Response::new(CallBody::default());
        if grpc {
            *response.headers_mut() = self.trailers();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        } else {
            *response.status_mut() = self.http_status();
        }
        response.extensions_mut().insert(self);
        response
    }

    /// Counts one call.
    #[cold]
    pub(super) fn count(self) {
        let reason = match self {
            Self::Revoked => "revoked",
            Self::MaxAge => "max_age",
        };
        metrics::counter!("ray_auth_closed_total", "reason" => reason).increment(1);
    }
}
