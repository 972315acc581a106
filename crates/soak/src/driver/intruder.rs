//! Somebody without the token who tries all the time, and what comes of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{ClusterAuth, Keyring, Token};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use super::process::Process;

/// The time between two attempts on one process.
const PAUSE: Duration = Duration::from_millis(25);

/// An attempt that takes longer was not answered.
const LIMIT: Duration = Duration::from_secs(20);

/// What is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presented {
    Nothing,
    Random,
    /// The primary without its last character.
    Cut,
    /// A token that was retired everywhere.
    Retired,
}

impl Presented {
    pub(super) const ALL: [Self; 4] = [Self::Nothing, Self::Random, Self::Cut, Self::Retired];
}

/// The tokens that an intruder may know of, and the counts.
#[derive(Clone, Default)]
pub(super) struct Intruder(Arc<Shared>);

#[derive(Default)]
struct Shared {
    known: Mutex<Known>,
    refused: AtomicU64,
    /// The process was down, or went down.
    unanswered: AtomicU64,
    /// Neither refused, nor was the process down.
    odd: AtomicU64,
    let_in: AtomicU64,
}

#[derive(Default)]
struct Known {
    primary: Option<Token>,
    retired: Option<Token>,
}

/// What came of all attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempts {
    pub(super) refused: u64,
    pub(super) unanswered: u64,
    pub(super) odd: u64,
    pub(super) let_in: u64,
}

impl Intruder {
    /// Begins to try all processes. Ends with the tasks.
    pub(super) fn start(processes: &[Arc<Process>], primary: &Token) -> (Self, JoinSet<()>) {
        let intruder = Self::default();
        intruder.learn(primary, None);
        let mut tasks = JoinSet::new();
        for process in processes {
            let (intruder, process) = (intruder.clone(), Arc::clone(process));
            tasks.spawn(async move {
                let mut pause = tokio::time::interval(PAUSE);
                pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                for presented in Presented::ALL.into_iter().cycle() {
                    pause.tick().await;
                    intruder.attempt(&process, presented).await;
                }
            });
        }
        (intruder, tasks)
    }

    /// What is sent now, and what is accepted nowhere any more.
    pub(super) fn learn(&self, primary: &Token, retired: Option<Token>) {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.primary = Some(primary.clone());
        known.retired = retired.or(known.retired.take());
    }

    pub(super) fn attempts(&self) -> Attempts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Attempts {
            refused: load(&self.0.refused),
            unanswered: load(&self.0.unanswered),
            odd: load(&self.0.odd),
            let_in: load(&self.0.let_in),
        }
    }

    /// Every kind of attempt on one process, each of which must be refused.
    ///
    /// # Errors
    ///
    /// When one was let in, or not answered.
    pub(super) async fn visit(&self, process: &Process) -> Result<()> {
        for presented in Presented::ALL {
            match self.attempt(process, presented).await {
                Some(Code::Unauthenticated) | None => {}
                Some(code) => bail!("{presented:?} at {}: {code:?} instead of a refusal", process.name()),
            }
        }
        Ok(())
    }

    /// One attempt; none when there is no such token yet.
    async fn attempt(&self, process: &Process, presented: Presented) -> Option<Code> {
        let auth = self.credential(presented)?;
        let turns = process.turns();
        let code = call(&auth, process.address).await.map_or_else(|status| status.code(), |()| Code::Ok);
        let count = match code {
            Code::Ok => &self.0.let_in,
            Code::Unauthenticated => &self.0.refused,
            _ if process.was_down_since(turns) => &self.0.unanswered,
            _ => &self.0.odd,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Some(code)
    }

    fn credential(&self, presented: Presented) -> Option<ClusterAuth> {
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let token = match presented {
            Presented::Nothing => return Some(ClusterAuth::disabled()),
            Presented::Random => Token::generate(),
            Presented::Cut => {
                let whole = known.primary.as_ref()?.expose_secret();
                Token::parse(&whole[..whole.len() - 1]).ok()?
            }
            Presented::Retired => known.retired.clone()?,
        };
        Some(ClusterAuth::with_keyring(Keyring::new(token)))
    }
}

/// One call on a connection of its own.
pub(super) async fn call(auth: &ClusterAuth, address: SocketAddr) -> Result<(), Status> {
    let channel = auth.connect_lazy(address.to_string()).map_err(|error| Status::unknown(error.to_string()))?;
    let mut client = EchoClient::new(channel);
    let call = client.unary(EchoMessage::default());
    match tokio::time::timeout(LIMIT, call).await {
        Ok(answered) => answered.map(|_| ()),
        Err(_) => Err(Status::deadline_exceeded("no answer")),
    }
}
