//! Asks a process for its status.

use tonic::Code;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};

use super::process::ProcessStatus;
use super::wire::{self, Malformed};
use crate::proto::v1::GetStatusRequest;
use crate::proto::v1::keyring_service_client::KeyringServiceClient;

/// Bytes of a reply: eight tokens and three texts fit many times over.
const MAX_REPLY: usize = 64 << 10;

/// Asks the process at the other end of `channel`, which must attach a token, such as one that
/// [`ClusterAuth::connect`](crate::ClusterAuth) made. How long that may take is the caller's to say: there is no time
/// limit here.
///
/// Whatever answers there, the status is well-formed: one primary token and no more tokens than a keyring holds, labels
/// that are labels, and texts without control characters.
///
/// # Errors
///
/// [`AskError`].
pub async fn ask<S>(channel: S) -> Result<ProcessStatus, AskError>
where
    S: GrpcService<Body>,
    S::Error: Into<StdError>,
    S::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
    <S::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    let mut client = KeyringServiceClient::new(channel).max_decoding_message_size(MAX_REPLY);
    let reply = client.get_status(GetStatusRequest {}).await.map_err(|status| match status.code() {
        Code::Unauthenticated => AskError::Refused,
        Code::Unimplemented => AskError::NotServed,
        code => AskError::Failed { code, message: wire::shown(status.message()) },
    })?;
    Ok(wire::decode(reply.into_inner())?)
}

/// Why a process's status is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Status 16: without a token, or with one that is not accepted.
    #[error("the process does not accept the token it was asked with; ask with one that it accepts")]
    Refused,
    /// Status 12: there is no such service.
    #[error("the process does not tell its status; add `ClusterAuth::status_service` to its server")]
    NotServed,
    /// The answer is no status.
    #[error("the answer is no status of a process: {0}; ask a process that runs this version of ray-auth")]
    Malformed(#[from] Malformed),
    /// Nothing answers there, or something else went wrong.
    #[error("asking failed with {code:?}: {message}")]
    #[non_exhaustive]
    Failed {
        /// The status of the call.
        code: Code,
        /// Its message, escaped and cut.
        message: String,
    },
}
