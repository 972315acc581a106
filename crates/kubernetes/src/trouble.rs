//! Why nobody could say whether a caller may go on: this side's fault, never the caller's.

use std::fmt;

/// What went wrong with a review. Says nothing of what was asked or answered, since both hold the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No connection, or one that broke.
    Unreachable,
    /// A status that is no answer.
    Status(u16),
    /// An answer that is not a review, or says nothing.
    Malformed,
    /// More than an answer may have.
    TooLong,
    /// No answer in time.
    Slow,
}

impl Trouble {
    /// The trouble as a metric label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Status(401 | 403) => "not_authorized",
            Self::Status(_) => "status",
            Self::Malformed | Self::TooLong => "malformed",
            Self::Slow => "slow",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str(
                "the Kubernetes API server cannot be reached, or is not the one that ca.crt vouches for; \
                 check KUBERNETES_SERVICE_HOST and the network policy",
            ),
            Self::Status(status @ (401 | 403)) => write!(
                f,
                "the Kubernetes API server does not let this process ask ({status}); bind its service account to a \
                 ClusterRole like ray-authenticator, which may create tokenreviews and subjectaccessreviews"
            ),
            Self::Status(status) => write!(f, "the Kubernetes API server answered with status {status}"),
            Self::Malformed => {
                f.write_str("the Kubernetes API server's answer is not a review; check what answers there")
            }
            Self::TooLong => f.write_str("the Kubernetes API server's answer is too long to be a review"),
            Self::Slow => f.write_str("the Kubernetes API server did not answer in time"),
        }
    }
}
