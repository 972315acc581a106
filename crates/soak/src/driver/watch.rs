//! What a process reports about its tokens, asked for again and again.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use ray_auth::ClusterAuth;
use ray_auth::auth::AuthChannel;
use ray_auth::keyring::Role;
use ray_auth::status::{ProcessStatus, SourceReport, ask};
use ray_auth::token::{Label, Token, TokenSet};

/// The least time between two questions: asking takes from the processes what calling could have.
const PAUSE: Duration = Duration::from_millis(1);

/// Nothing that is waited for takes as long as this: a look at the file stands behind its events every six seconds.
const LIMIT: Duration = Duration::from_secs(30);

/// The tokens of a process as it reports them.
type Tokens = Vec<(String, Role)>;

/// Asks one process.
pub(super) struct Watch {
    name: String,
    address: SocketAddr,
    /// The driver's own tokens: it rotates as every process does.
    auth: ClusterAuth,
    state: Mutex<State>,
}

struct State {
    channel: AuthChannel,
    /// What was reported last.
    generation: u64,
}

impl Watch {
    pub(super) fn new(name: String, address: SocketAddr, auth: ClusterAuth) -> Result<Self> {
        let state = Mutex::new(State { channel: auth.connect_lazy(address.to_string())?, generation: 0 });
        Ok(Self { name, address, auth, state })
    }

    /// The process was killed and started: it counts from 1, and the connection to it is another.
    pub(super) fn process_is_new(&self) -> Result<()> {
        let channel = self.auth.connect_lazy(self.address.to_string())?;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State { channel, generation: 0 };
        Ok(())
    }

    /// Waits until the process reports these tokens, and nothing wrong with its file. Until then it must report those it
    /// had before, or others that are `allowed`. Gives the time at which it did.
    pub(super) async fn until_has(&self, after: &TokenSet, allowed: &[&TokenSet]) -> Result<SystemTime> {
        let (after, allowed) = (reported(after), allowed.iter().map(|set| reported(set)).collect::<Vec<_>>());
        self.until(&format!("reports {after:?}"), |tokens, error| {
            ensure!(*tokens == after || allowed.contains(tokens), "{} reports {tokens:?}", self.name);
            Ok(*tokens == after && error.is_none())
        })
        .await
    }

    /// Waits until the process reports that it cannot use its file, while it keeps the tokens it has.
    pub(super) async fn until_shows_fault(&self, held: &TokenSet) -> Result<SystemTime> {
        let held = reported(held);
        self.until("shows what is wrong with its file", |tokens, error| {
            ensure!(*tokens == held, "{} did not keep its tokens: {tokens:?}", self.name);
            Ok(error.is_some())
        })
        .await
    }

    async fn until(&self, what: &str, mut so: impl FnMut(&Tokens, Option<&str>) -> Result<bool>) -> Result<SystemTime> {
        let asking = async {
            loop {
                let status = self.ask().await?;
                let at = SystemTime::now();
                let tokens = status.tokens().iter().map(|token| (token.label.clone(), token.role)).collect();
                if so(&tokens, fault(&status)?)? {
                    return Ok(at);
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(LIMIT, asking)
            .await
            .with_context(|| format!("{}: not within {LIMIT:?}: {what}", self.name))?
    }

    async fn ask(&self) -> Result<ProcessStatus> {
        let channel = self.state.lock().unwrap_or_else(PoisonError::into_inner).channel.clone();
        let status = ask(channel).await.with_context(|| format!("asking {}", self.name))?;
        let generation = status.keyring.as_ref().context("authentication is on")?.generation;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(generation >= state.generation, "{}: generation {generation} after {}", self.name, state.generation);
        state.generation = generation;
        drop(state);
        Ok(status)
    }
}

/// What is wrong with the file that a process follows.
fn fault(status: &ProcessStatus) -> Result<Option<&str>> {
    match status.keyring.as_ref().map(|keyring| &keyring.source) {
        Some(SourceReport::Followed { error, .. }) => Ok(error.as_deref()),
        other => bail!("the process follows no file: {other:?}"),
    }
}

/// How a process reports these tokens.
fn reported(tokens: &TokenSet) -> Tokens {
    let label = |token: &Token| Label::Fingerprint(token.fingerprint()).to_string();
    std::iter::once((label(tokens.primary()), Role::Primary))
        .chain(tokens.next().map(|token| (label(token), Role::Next)))
        .chain(tokens.accepted().iter().map(|token| (label(token), Role::Accepted)))
        .collect()
}
