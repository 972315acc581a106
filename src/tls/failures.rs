//! What the operator learns about handshakes that failed: counts and log lines, both bounded whatever peers send.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::LOG_TARGET;
use crate::peer_text::PeerText;

/// For each reason there is at most one line in this time.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a peer has no encrypted connection to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It does not speak TLS.
    NotTls,
    /// It presented no certificate.
    NoCertificate,
    /// It presented one of another authority.
    Issuer,
    /// It presented one that has expired, or is for later.
    Expired,
    /// It presented one that cannot be used.
    Certificate,
    /// It does not believe this server.
    RefusesUs,
    /// It hung up.
    Closed,
    /// It took too long.
    TimedOut,
    /// It was the oldest of too many.
    Crowded,
    /// Anything else.
    Other,
}

impl Reason {
    const COUNT: usize = Self::Other as usize + 1;

    pub(super) fn of(error: &io::Error) -> Self {
        let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
            return match error.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Self::Closed,
                _ => Self::Other,
            };
        };
        match error {
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => Self::Issuer,
            Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            ) => Self::Expired,
            Error::InvalidCertificate(_) => Self::Certificate,
            Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
                Self::NotTls
            }
            Error::AlertReceived(AlertDescription::CloseNotify) => Self::Closed,
            Error::AlertReceived(_) => Self::RefusesUs,
            _ => Self::Other,
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::NotTls => "not_tls",
            Self::NoCertificate => "no_certificate",
            Self::Issuer => "issuer",
            Self::Expired => "expired",
            Self::Certificate => "certificate",
            Self::RefusesUs => "refuses_us",
            Self::Closed => "closed",
            Self::TimedOut => "timed_out",
            Self::Crowded => "crowded",
            Self::Other => "other",
        }
    }
}

/// Counts failed handshakes by reason, and logs them.
#[derive(Debug, Default)]
pub(super) struct Failures([Mutex<Told>; Reason::COUNT]);

#[derive(Debug, Default)]
struct Told {
    last: Option<Instant>,
    suppressed: u64,
}

impl Failures {
    pub(super) fn record(&self, reason: Reason, client: Option<SocketAddr>, error: Option<&dyn Display>) {
        metrics::counter!("ray_auth_tls_failed_total", "reason" => reason.label()).increment(1);
        let Some(suppressed) = self.admit(reason, Instant::now()) else { return };
        tracing::warn!(
            target: LOG_TARGET,
            reason = reason.label(),
            client.addr = client.map(tracing::field::display),
            // What it says of a certificate can hold what the peer wrote there.
            error = error.map(|error| tracing::field::display(PeerText(&error.to_string()).to_string())),
            suppressed,
            "TLS handshake failed"
        );
    }

    /// Some when there may be a line now, with how many there were none for.
    fn admit(&self, reason: Reason, now: Instant) -> Option<u64> {
        let mut told = self.0[reason as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if told.last.is_some_and(|last| now.saturating_duration_since(last) < PAUSE) {
            told.suppressed += 1;
            return None;
        }
        told.last = Some(now);
        Some(std::mem::take(&mut told.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_line_a_second_and_the_rest_is_counted() {
        let failures = Failures::default();
        let start = Instant::now();
        assert_eq!(failures.admit(Reason::NotTls, start), Some(0));
        assert_eq!(failures.admit(Reason::Issuer, start), Some(0), "another reason is told at once");
        for _ in 0..99 {
            assert_eq!(failures.admit(Reason::NotTls, start), None);
        }
        assert_eq!(failures.admit(Reason::NotTls, start + PAUSE), Some(99));
    }
}
