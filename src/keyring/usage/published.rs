//! What metrics say of tokens: labels that a rotation cannot multiply for ever, and counts of which nothing is lost.

use std::fmt;
use std::time::SystemTime;

use crate::keyring::{Keyring, Role};
use crate::token::Label;

/// The tokens that have a name of their own in metrics. The first so many get one: a series stays where metrics are
/// collected until the process ends, though its token was retired long ago.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: Vec<Label>,
}

impl Names {
    /// More than a year of weekly rotations.
    pub(crate) const MAX: usize = 64;

    fn name(&mut self, label: Label) -> Name {
        if !self.known.contains(&label) {
            if self.known.len() >= Self::MAX {
                return Name::Other;
            }
            self.known.push(label);
        }
        Name::Own(label)
    }
}

/// What a token is called in metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Own(Label),
    Other,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(label) => label.fmt(f),
            Self::Other => f.write_str("other"),
        }
    }
}

/// How much of one count is published.
#[derive(Debug, Default)]
pub(super) struct Published {
    total: u64,
    /// Under what it was published last; none before the first time.
    under: Option<(Name, Role)>,
}

impl Published {
    pub(super) fn is_begun(&self) -> bool {
        self.under.is_some()
    }

    /// What is to be published to arrive at `total`.
    fn advance(&mut self, total: u64, name: Name, role: Role) -> u64 {
        self.under = Some((name, role));
        let more = total.saturating_sub(self.total);
        self.total = self.total.max(total);
        more
    }

    /// Publishes what was counted after the last look, if it was ever published at all.
    pub(super) fn publish_rest(&mut self, total: u64, now: SystemTime) {
        let Some((name, role)) = self.under else { return };
        let more = self.advance(total, name, role);
        if more > 0 {
            publish(name, role, more, Some(now));
        }
    }
}

impl Keyring {
    /// Publishes what the last look noted, in the calling thread.
    pub(crate) fn publish_uses(&self, names: &mut Names) {
        for (status, usage) in self.snapshot().uses() {
            let name = names.name(status.label);
            let (more, seen) = {
                let mut watched = usage.watched();
                let total = watched.last_seen.total();
                (watched.published.advance(total, name, status.role), watched.last_seen.seen())
            };
            publish(name, status.role, more, seen);
        }
    }
}

fn publish(name: Name, role: Role, more: u64, seen: Option<SystemTime>) {
    metrics::counter!("ray_auth_token_accepted_total", "token" => name.to_string(), "role" => role.to_string())
        .increment(more);
    // Of several tokens under one name, none can say when it was seen.
    if let (Name::Own(label), Some(seen)) = (name, seen) {
        let seen = seen.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        metrics::gauge!("ray_auth_token_last_seen_seconds", "token" => label.to_string()).set(seen.as_secs_f64());
    }
}
