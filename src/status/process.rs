//! A process's status as plain data: the same where it is made and where it was asked for.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::keyring::{FollowStatus, KeyringSource, Look, Role};
use crate::mode::AuthMode;

/// What a process tells about its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessStatus {
    /// How the process authenticates. In Kubernetes mode its tokens are attached and never compared, so none lets a
    /// call in.
    pub mode: AuthMode,
    /// For how long the process has been watching its keyring: from about when it started.
    pub uptime: Duration,
    /// The keyring; none when authentication is disabled.
    pub keyring: Option<KeyringReport>,
}

/// A keyring and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyringReport {
    /// Grows with every change, and with nothing else.
    pub generation: u64,
    /// Where the tokens come from.
    pub source: SourceReport,
    /// The primary first, then the next one, then the accepted ones.
    pub tokens: Vec<TokenReport>,
}

/// Where the tokens of a process come from. Prints as people would say it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceReport {
    /// The program, by calls of its own.
    Program,
    /// A source that cannot change while the process runs.
    #[non_exhaustive]
    Static {
        /// What and where it is.
        origin: String,
    },
    /// A source that is followed.
    #[non_exhaustive]
    Followed {
        /// What and where it is.
        origin: String,
        /// When tokens were last taken over; at first, when they were read.
        last_reload: Moment,
        /// How often tokens were taken over since the process started.
        reloads: u64,
        /// How often the source was found to be unusable since the process started.
        failures: u64,
        /// What is wrong with the source now; the last good tokens stay meanwhile.
        error: Option<String>,
    },
}

/// One token of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenReport {
    /// What names it: the fingerprint, or `weak-` and its place.
    pub label: String,
    /// What it is used for.
    pub role: Role,
    /// Whether it is too short to be shown by its fingerprint and should be replaced by a longer one.
    pub weak: bool,
    /// How many calls it has let in since the process learned it.
    pub accepted_calls: u64,
    /// When it last let a call in, to the second; none if it never did.
    pub last_seen: Option<Moment>,
    /// For how long its use has been watched: a token that was never seen was not used for that long.
    pub watched: Duration,
}

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// How long ago, whatever happened to the system's clock since.
    pub age: Duration,
    /// When, by the system's clock of that time.
    pub at: SystemTime,
}

impl ProcessStatus {
    /// The tokens; none when authentication is disabled.
    #[must_use]
    pub fn tokens(&self) -> &[TokenReport] {
        self.keyring.as_ref().map_or(&[], |keyring| &keyring.tokens)
    }

    /// What the token of this label is used for. None when there is no such token, and when there are several, since
    /// nobody could say which is meant.
    #[must_use]
    pub fn role_of(&self, label: &str) -> Option<Role> {
        let mut found = self.tokens().iter().filter(|token| token.label == label);
        match (found.next(), found.next()) {
            (Some(token), None) => Some(token.role),
            _ => None,
        }
    }
}

impl KeyringReport {
    pub(super) fn new(look: Look) -> Self {
        let at = look.at;
        let tokens = look.tokens.into_iter().map(|(token, used)| TokenReport {
            label: token.label.to_string(),
            role: token.role,
            weak: token.weak,
            accepted_calls: token.accepted_calls,
            last_seen: used
                .seen
                .map(|seen| Moment { age: at.instant.saturating_duration_since(seen.instant), at: seen.system }),
            watched: used.watched,
        });
        Self { generation: look.generation, tokens: tokens.collect(), source: SourceReport::new(look.source) }
    }
}

impl SourceReport {
    fn new(source: KeyringSource) -> Self {
        match source {
            KeyringSource::Program => Self::Program,
            KeyringSource::Static(origin) => Self::Static { origin: origin.to_string() },
            KeyringSource::Followed(FollowStatus { origin, last_reload, age, reloads, failures, error }) => {
                Self::Followed {
                    origin: origin.to_string(),
                    last_reload: Moment { age, at: last_reload },
                    reloads,
                    failures,
                    error: error.map(|error| error.to_string()),
                }
            }
        }
    }
}

impl fmt::Display for SourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("the program"),
            Self::Static { origin } => write!(f, "{origin} (static: rotates only by restart)"),
            Self::Followed { origin, .. } => write!(f, "{origin} (followed)"),
        }
    }
}
