//! Why there is no measurement.

use std::fmt;
use std::process::ExitCode;

/// What went wrong, in words, and whose doing it is.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line or the environment.
    Usage(String),
    /// A call or a server.
    Measurement(anyhow::Error),
}

impl Failure {
    pub(super) fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Measurement(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Measurement(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => f.write_str(what),
            Self::Measurement(error) => write!(f, "{error:#}"),
        }
    }
}
