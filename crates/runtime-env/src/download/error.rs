//! Why a download failed. No variant holds a URI with its secrets.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;
use ray_auth::source::OsError;

use super::transport::{TransportKind, through};
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
    #[error("{path:?} cannot be used as a file of certificates: it {reason}")]
    Certificates {
        /// Which.
        path: PathBuf,
        /// What is wrong, and how to mend it.
        reason: String,
    },
    /// A variable is set, and what it holds is no proxy. That is not shown: there may be a password in it.
    #[error(
        "{variable} names no proxy that can be used; write it as http://proxy.example:3128, with / ? # and @ in a password as \
         %2F %3F %23 and %40, or unset it"
    )]
    Proxy {
        /// Which.
        variable: &'static str,
    },
    /// A host cannot be given an address of its own.
    #[error("{host} cannot be given an address: {reason}")]
    Address {
        /// Which, in quotation marks.
        host: String,
        /// What is wrong, and how to mend it.
        reason: String,
    },
    /// Nobody's certificate would be trusted.
    #[error(
        "no certificates that the operating system trusts were found; install them (ca-certificates), name a file with \
         SSL_CERT_FILE, or add one"
    )]
    NoCertificates,
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
            Self::Proxy { .. } => "bad_proxy",
            Self::Address { .. } => "bad_address",
            Self::NoCertificates => "no_certificates",
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
    #[error("{origin} answered {status}{}", advice(*status, *sent, origin, from.as_ref()))]
    Status {
        /// Who.
        origin: Origin,
        /// What.
        status: StatusCode,
        /// Which credential the request had.
        sent: Option<CredentialKind>,
        /// Who sent it there, if it was redirected from another origin.
        from: Option<Origin>,
    },
    /// The proxy answered 407, and nobody else was asked.
    #[error(
        "the proxy that this environment names wants a login before it asks {origin} (407 Proxy Authentication Required); put \
         one into its variable, as in http://login:password@proxy.example:3128"
    )]
    ProxyLogin {
        /// Who was to be asked.
        origin: Origin,
    },
    /// The connection could not be made, or broke.
    #[error("{origin}: {kind}{}: {reason}; {}", through(*proxied), kind.advice(*proxied))]
    Transport {
        /// To whom.
        origin: Origin,
        /// At which point.
        kind: TransportKind,
        /// What the network says, without control characters and not longer than 200 characters.
        reason: String,
        /// Whether it went through a proxy.
        proxied: bool,
    },
    /// It took too long altogether.
    #[error("not done within {}; {}", seconds(*limit), meanwhile(last.as_deref()))]
    TimedOut {
        /// The limit.
        limit: Duration,
        /// Why the attempt before failed, if the time did not run out in the first.
        last: Option<Box<Self>>,
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
    /// The destination names no file that could be written or replaced.
    #[error("{}", flaw.of(path))]
    NotAFile {
        /// The destination.
        path: PathBuf,
        /// What is wrong with it.
        flaw: PathFlaw,
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
            Self::ProxyLogin { .. } => "proxy_login",
            Self::Transport { kind, .. } => kind.as_str(),
            Self::TimedOut { .. } => "timed_out",
            Self::TooLarge { .. } => "too_large",
            Self::Checksum { .. } => "checksum",
            Self::NotAFile { .. } => "not_a_file",
            Self::Destination { .. } => "destination",
        }
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

/// Why a path names no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathFlaw {
    /// There is nothing in it.
    Empty,
    /// It ends as only the path of a folder does.
    Folder,
    /// Its last part is longer than 255 bytes.
    LongName,
    /// There is something of this name already, and no regular file.
    Taken,
}

impl PathFlaw {
    fn of(self, path: &Path) -> String {
        match self {
            Self::Empty => "the path of the file to write is empty; name a file".to_owned(),
            Self::Folder => format!("{path:?} names a folder; add the name of a file"),
            Self::LongName => {
                format!("the name of the file in {path:?} is longer than 255 bytes; choose a shorter one")
            }
            Self::Taken => format!("{path:?} is no regular file; name one, or a name that is free"),
        }
    }
}

fn advice(status: StatusCode, sent: Option<CredentialKind>, origin: &Origin, from: Option<&Origin>) -> String {
    match (status.as_u16(), sent, from) {
        (401 | 403 | 404, None, Some(from)) => format!(
            "; no credential was sent: it was redirected there from {from}, whose credentials do not go along; if it is \
             private, give a netrc entry for {} itself, which goes over https only",
            origin.host()
        ),
        (401 | 403 | 404, None, None) => "; no credential was sent: if it is private, give one in a netrc file, or in \
             RAY_RUNTIME_ENV_BEARER_TOKEN"
            .to_owned(),
        (401 | 403, Some(kind), _) => format!("; {kind} was sent: see whether it is right, and may read this"),
        _ => String::new(),
    }
}

fn meanwhile(last: Option<&FetchError>) -> String {
    match last {
        Some(last) => format!("the last attempt failed: {last}"),
        None => "allow more time, or find out what is slow".to_owned(),
    }
}

pub(super) fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}
