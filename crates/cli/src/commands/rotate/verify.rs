//! What running processes must report before a step is taken.

use std::time::Duration;

use ray_auth::AuthMode;
use ray_auth::keyring::Role;
use ray_auth::keyring_file::{Change, ChangeError};
use ray_auth::status::ProcessStatus;
use ray_auth::token::{Token, TokenSet};

use crate::commands::peer::{Address, Asked, Network, ask_all};
use crate::commands::time;

/// Whom to ask, and how.
#[derive(Debug)]
pub(super) struct Verify {
    pub(super) addresses: Vec<Address>,
    pub(super) network: Network,
    pub(super) unused_for: Option<Duration>,
}

/// What every process must be ready for.
pub(super) struct Condition {
    /// The primary after the step.
    new: Token,
    /// The tokens that the step drops.
    leaving: Vec<Token>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Promote,
    Retire,
}

/// One process, and whether it is ready.
pub(super) struct Process {
    pub(super) address: String,
    /// What it has the new token as, or why it is not ready and how to mend that.
    pub(super) ready: Result<Role, String>,
}

impl Condition {
    /// What a change of these tokens needs.
    ///
    /// # Errors
    ///
    /// When the change is refused whatever the processes say.
    pub(super) fn new(change: &Change, before: &TokenSet) -> Result<Self, ChangeError> {
        let after = change.apply(before)?.unwrap_or_else(|| before.clone());
        let leaving = before.accepted().iter().filter(|token| !after.contains(token)).cloned().collect();
        let kind = if matches!(change, Change::Promote(_)) { Kind::Promote } else { Kind::Retire };
        Ok(Self { new: after.primary().clone(), leaving, kind })
    }

    /// The same change, of exactly the tokens that were asked about.
    pub(super) fn changes(&self) -> Vec<Change> {
        match self.kind {
            Kind::Promote => vec![Change::Promote(Some(self.new.fingerprint().into()))],
            Kind::Retire => self.leaving.iter().map(|token| Change::Retire(Some(token.fingerprint().into()))).collect(),
        }
    }

    /// Whether a process is ready: what it has the new token as.
    fn judge(&self, status: &ProcessStatus, unused_for: Option<Duration>) -> Result<Role, String> {
        match status.mode {
            AuthMode::Token => {}
            AuthMode::Disabled => {
                return Err("lets every call in, since authentication is disabled there; \
                            start it with RAY_AUTH_MODE=token"
                    .to_owned());
            }
            _ => return Err("has tokens of Kubernetes, which are not rotated; leave it out".to_owned()),
        }
        let new = self.new.fingerprint();
        if self.new.is_weak() {
            return Err(format!(
                "does not tell short tokens such as {new} apart; rotate to one of at least {} characters",
                Token::STRONG_LEN
            ));
        }
        let role = status
            .role_of(&new.to_string())
            .ok_or_else(|| format!("does not accept {new}; give it the keyring in which that is staged"))?;
        if self.kind == Kind::Retire {
            if role != Role::Primary {
                return Err(format!(
                    "has {new} as {role} and not as primary; give it the keyring in which that is promoted"
                ));
            }
            if let Some(unused_for) = unused_for {
                self.judge_use(status, unused_for)?;
            }
        }
        Ok(role)
    }

    fn judge_use(&self, status: &ProcessStatus, unused_for: Duration) -> Result<(), String> {
        if status.uptime < unused_for {
            return Err(format!(
                "is up for {} only, so what came before is not known; run this again in {}",
                time::show(status.uptime),
                time::show_rest(unused_for.saturating_sub(status.uptime))
            ));
        }
        let leaves = |label: &str, weak: bool| {
            // A short token is named by its place, which may differ: any of them could be it.
            self.leaving
                .iter()
                .any(|token| if token.is_weak() { weak } else { token.fingerprint().to_string() == label })
        };
        let old =
            status.tokens().iter().filter(|token| token.role != Role::Primary && leaves(&token.label, token.weak));
        for token in old {
            let label = &token.label;
            let unused = token.last_seen.map_or(token.watched, |seen| seen.age);
            if unused < unused_for {
                let what = match token.last_seen {
                    Some(_) => format!("let a call with {label} in {} ago", time::show(unused)),
                    None => format!("watches {label} for {} only", time::show(unused)),
                };
                return Err(format!("{what}; find who still sends it, or run this again later"));
            }
        }
        Ok(())
    }
}

impl Verify {
    /// Asks every process. With the tokens that are there before the step: after it a process that is a step behind would
    /// not answer.
    pub(super) async fn ask(&self, before: &TokenSet, condition: &Condition) -> Vec<Process> {
        let asked = ask_all(&self.addresses, Some(before), self.network).await;
        let judge = |Asked { address, told }| {
            let ready = match told {
                Ok(status) => condition.judge(&status, self.unused_for),
                Err(trouble) => Err(trouble.text),
            };
            Process { address, ready }
        };
        asked.into_iter().map(judge).collect()
    }
}

#[cfg(test)]
mod tests;
