//! Why a download failed. No variant holds a URI with its secrets.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use ray_auth::source::OsError;

use crate::credentials::{CredentialError, CredentialKind, RedirectError};
use crate::uri::{Origin, Scheme};

/// Why a [`Downloader`](super::Downloader) cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The environment's credentials cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// A file of certificates cannot be used.
    #[error("{path:?} cannot be used as a file of certificates: {reason}; name one in PEM form")]
    Certificates {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl SetupError {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Credentials(error) => error.as_str(),
            Self::Certificates { .. } => "bad_certificates",
            Self::Tls(_) => "tls_setup",
        }
    }
}

/// Why a download failed. What was there before at the destination is there still, and nothing beside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Not http or https. `s3`, `gs` and the like have clients of their own.
    #[error(
        "{scheme} URIs are not handled here; download it with the client for {scheme}, which has credentials of its own"
    )]
    NotHandled {
        /// What it is.
        scheme: Scheme,
    },
    /// The credential for the request cannot be had, or may not be sent.
    #[error(transparent)]
    Credential(CredentialError),
    /// A redirect is not followed.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// A redirect without a place to go to.
    #[error("{origin} answered {status} without a Location; the server is at fault")]
    NoLocation {
        /// Who.
        origin: Origin,
        /// The redirect.
        status: StatusCode,
    },
    /// Any other answer than 200.
    #[error("{origin} answered {status}{}", advice(*status, *sent))]
    Status {
        /// Who.
        origin: Origin,
        /// What.
        status: StatusCode,
        /// Which credential the request had.
        sent: Option<CredentialKind>,
    },
    /// The connection could not be made, or broke.
    #[error("{origin}: {kind}: {reason}")]
    Transport {
        /// To whom.
        origin: Origin,
        /// At which point.
        kind: TransportKind,
        /// What the network says.
        reason: String,
    },
    /// It took too long altogether.
    #[error("not done within {}; allow more time, or find out what is slow", seconds(*limit))]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// It is larger than allowed.
    #[error("more than {limit} bytes, which is the limit; raise it if the source is trusted")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// What came is not what was expected.
    #[error("the SHA-256 of what came is {actual} and not {expected}; it was changed, at the source or on the way")]
    Checksum {
        /// What was expected, in hexadecimal digits.
        expected: String,
        /// What came.
        actual: String,
    },
    /// The destination is there, and no file that could be replaced.
    #[error("{path:?} is no regular file; name one, or a name that is free")]
    NotAFile {
        /// The destination.
        path: PathBuf,
    },
    /// The destination cannot be written.
    #[error("cannot write {path:?}: {error}; name a file in a folder that this process may write to")]
    Destination {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: OsError,
    },
}

/// At which point a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// It could not be made.
    Connect,
    /// The server's certificate is not trusted, or TLS failed otherwise.
    Tls,
    /// The server said nothing for too long.
    Silence,
    /// It broke, or what came was no HTTP.
    Broken,
}

impl TransportKind {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Silence => "silence",
            Self::Broken => "broken",
        }
    }
}

impl std::fmt::Display for TransportKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "cannot connect",
            Self::Tls => "TLS failed",
            Self::Silence => "no answer in time",
            Self::Broken => "the connection broke",
        })
    }
}

impl From<CredentialError> for FetchError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::NotHttp { scheme } => Self::NotHandled { scheme },
            error => Self::Credential(error),
        }
    }
}

impl FetchError {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotHandled { .. } => "not_handled",
            Self::Credential(error) => error.as_str(),
            Self::Redirect(error) => error.as_str(),
            Self::NoLocation { .. } => "no_location",
            Self::Status { .. } => "status",
            Self::Transport { kind, .. } => kind.as_str(),
            Self::TimedOut { .. } => "timed_out",
            Self::TooLarge { .. } => "too_large",
            Self::Checksum { .. } => "checksum",
            Self::NotAFile { .. } => "not_a_file",
            Self::Destination { .. } => "destination",
        }
    }

    /// What went wrong between here and the server. `error`'s own text names the URI, so it is taken apart.
    pub(super) fn transport(origin: &Origin, error: reqwest::Error) -> Self {
        let (connect, timeout) = (error.is_connect(), error.is_timeout());
        let error = error.without_url();
        let chain = || std::iter::successors(error.source(), |error: &&(dyn Error + 'static)| (*error).source());
        let tls = chain().any(is_tls);
        let kind = match (tls, timeout, connect) {
            (true, ..) => TransportKind::Tls,
            (_, true, _) => TransportKind::Silence,
            (_, _, true) => TransportKind::Connect,
            _ => TransportKind::Broken,
        };
        // The last cause is what the operating system or TLS says; those before it say "error".
        let reason = chain().last().map_or_else(|| error.to_string(), ToString::to_string);
        Self::Transport { origin: origin.clone(), kind, reason }
    }

    pub(super) fn destination(path: impl Into<PathBuf>, error: impl Into<OsError>) -> Self {
        Self::Destination { path: path.into(), error: error.into() }
    }

    /// Whether the same request may go better a little later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Transport { kind, .. } => *kind != TransportKind::Tls,
            _ => false,
        }
    }
}

/// An error of TLS. It hides in errors of input and output, which do not name it as their source.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
}

fn advice(status: StatusCode, sent: Option<CredentialKind>) -> String {
    match (status.as_u16(), sent) {
        (401 | 403 | 404, None) => "; no credential was sent: if it is private, give one in a netrc file, or in \
             RAY_RUNTIME_ENV_BEARER_TOKEN"
            .to_owned(),
        (401 | 403, Some(kind)) => format!("; {kind} was sent: see whether it is right, and may read this"),
        _ => String::new(),
    }
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}
