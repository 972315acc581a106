//! Why two processes did not come to terms, as the one that connects sees it.

use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::date::date;
use crate::peer_text::PeerText;

/// How many of a certificate's names a text repeats.
const NAMES: usize = 8;

/// Why there is no encrypted connection to a server. The text says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The host is neither a name nor an address that a certificate could be for.
    #[error("{host:?} is no name that a certificate could be for; connect to a host name or an IP address")]
    Host {
        /// What was given.
        host: String,
    },
    /// The server's certificate is for somebody else.
    #[error(
        "the server's certificate is not for {host:?}, but for {}; connect by a name that is in it, or issue it with this one as a subject alternative name",
        names(presented)
    )]
    Name {
        /// Who was meant.
        host: String,
        /// For whom it is, as many as are shown.
        presented: Vec<String>,
    },
    /// Another authority issued the server's certificate.
    #[error(
        "the server's certificate was not issued by the authority in RAY_TLS_CA_CERT; give both processes the same authority's certificate, and each one that it issued"
    )]
    Issuer,
    /// The server's certificate has expired.
    #[error("the server's certificate expired on {date}; issue the server a new one, or set the clock of this machine")]
    Expired {
        /// When, in UTC.
        date: String,
    },
    /// The server's certificate is for later.
    #[error(
        "the server's certificate is valid from {date} on, and not yet; set the clock of this machine, or issue another"
    )]
    NotYetValid {
        /// From when on, in UTC.
        date: String,
    },
    /// The server's certificate cannot be used.
    #[error("the server's certificate cannot be used: {why}; issue the server another")]
    Certificate {
        /// What the library says of it.
        why: String,
    },
    /// What answers is not TLS.
    #[error("the server speaks no TLS; start it with RAY_USE_TLS=1, or give the port of one that does")]
    NotTls,
    /// The server speaks TLS, and not HTTP/2 in it.
    #[error("the server speaks TLS and no HTTP/2 in it; give the port of a gRPC server")]
    NotHttp2,
    /// The server refuses this process's certificate.
    #[error(
        "the server refuses this process's certificate ({alert}); give both processes the same authority's certificate, and this one a certificate that it issued and that is valid"
    )]
    Refused {
        /// The server's word for it.
        alert: String,
    },
    /// The server hung up.
    #[error(
        "the server closed the connection during the handshake; see that it has RAY_USE_TLS=1, and look into its log"
    )]
    Closed,
    /// The server did not answer in time.
    #[error("the server did not finish the handshake within {} s; see that it speaks TLS and is not overloaded", super::client::DEADLINE.as_secs())]
    TimedOut,
    /// Anything else.
    #[error("the handshake failed: {why}; look into the server's log")]
    Other {
        /// What the library says.
        why: String,
    },
}

impl HandshakeError {
    /// What a failed handshake of a client comes to.
    pub(super) fn of(error: &io::Error, host: &str) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(error) => Self::of_tls(error, host),
            None => match error.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Self::Closed,
                _ => Self::Other { why: fit(error) },
            },
        }
    }

    fn of_tls(error: &Error, host: &str) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error, host),
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge
                | InvalidMessage::InvalidEmptyPayload,
            ) => Self::NotTls,
            Error::AlertReceived(AlertDescription::NoApplicationProtocol) => Self::NotHttp2,
            Error::AlertReceived(alert) if is_refusal(*alert) => Self::Refused { alert: format!("{alert:?}") },
            error => Self::Other { why: fit(error) },
        }
    }

    fn of_certificate(error: &CertificateError, host: &str) -> Self {
        match error {
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::Name { host: host.to_owned(), presented: presented.iter().take(NAMES).map(fit).collect() }
            }
            CertificateError::NotValidForName => Self::Name { host: host.to_owned(), presented: Vec::new() },
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Issuer,
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired { date: date(*not_after) },
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYetValid { date: date(*not_before) },
            error => Self::Certificate { why: fit(error) },
        }
    }

    /// Puts what an alert about a certificate means in place of its number.
    pub(super) fn explain(error: io::Error) -> io::Error {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(Error::AlertReceived(alert)) if is_refusal(*alert) => {
                io::Error::new(error.kind(), Self::Refused { alert: format!("{alert:?}") })
            }
            _ => error,
        }
    }
}

fn is_refusal(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
            | AlertDescription::DecryptError
    )
}

/// What a peer may have written, made fit for logs.
fn fit(text: &impl std::fmt::Display) -> String {
    PeerText(&text.to_string()).to_string()
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() { "no name at all".to_owned() } else { presented.join(", ") }
}
