//! The token is replaced under load, and an intruder comes.

use std::time::{Duration, Instant};

use ray_auth::{Keyring, Token};

use super::Problem;
use super::cluster::Cluster;
use super::intruder::{self, Visit};
use super::ledger::{Ledger, Phase};
use super::progress::Progress;

/// How long the phases last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    calls_a_phase: Option<u64>,
    phase: Duration,
}

impl Schedule {
    /// All phases together end after so many calls, or after so much time.
    pub(super) fn new(calls: Option<u64>, time: Duration) -> Self {
        const PHASES: u32 = 4;
        Self { calls_a_phase: calls.map(|calls| calls.div_ceil(PHASES.into())), phase: time / PHASES }
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Rotated {
    /// Calls that the servers let in by the first token.
    pub(super) first_token_calls: u64,
    pub(super) visit: Visit,
}

/// Each step on every process before the next on any, and in between the traffic that it must not disturb.
pub(super) async fn run(
    cluster: &Cluster,
    ledger: &Ledger,
    schedule: Schedule,
    (old, new): (&Token, &Token),
    progress: &Progress,
) -> Result<Rotated, Problem> {
    let phase = async |phase| ledger.wait(phase, schedule.calls_a_phase, Instant::now() + schedule.phase).await;

    progress.next("calls with the first token");
    phase(Phase::Before).await;

    progress.next("the second token is accepted everywhere");
    cluster.step(|keyring| keyring.stage(new.clone()))?;
    ledger.next_phase(Phase::Staged).await;
    phase(Phase::Staged).await;

    progress.next("the second token is sent everywhere");
    cluster.step(Keyring::promote)?;
    // Not over before every call that may carry the first token is done: only then may it be refused.
    ledger.next_phase(Phase::Promoted).await;
    let first_token_calls = cluster.calls_let_in_by(old);
    phase(Phase::Promoted).await;
    let late = cluster.calls_let_in_by(old) - first_token_calls;
    if late > 0 {
        return Err(format!("{late} calls carried the first token after all of its calls were done"));
    }

    progress.next("the first token is refused, and an intruder tries every door");
    cluster.step(Keyring::retire)?;
    ledger.next_phase(Phase::Retired).await;
    let ((), visit) = tokio::join!(phase(Phase::Retired), intruder::visit(cluster, old, new));
    Ok(Rotated { first_token_calls, visit: visit? })
}
