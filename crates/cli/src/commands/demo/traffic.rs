//! The cluster's traffic: every caller, one call after the other, until it is told to end.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::calls::Caller;
use super::ledger::Ledger;

/// The callers at work.
#[derive(Debug)]
pub(super) struct Traffic {
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// Sets all callers to work.
pub(super) fn start(callers: Vec<Caller>, ledger: &Ledger) -> Traffic {
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    for caller in callers {
        tasks.spawn(work(caller, ledger.clone(), stop.clone()));
    }
    Traffic { tasks, stop }
}

impl Traffic {
    /// Lets the calls that are open finish, and ends.
    pub(super) async fn end(self) {
        self.stop.cancel();
        self.tasks.join_all().await;
    }
}

async fn work(caller: Caller, ledger: Ledger, stop: CancellationToken) {
    let mut turns = 0..;
    while let (false, Some(turn)) = (stop.is_cancelled(), turns.next()) {
        let begun = ledger.begin();
        let result = caller.call(turn).await;
        ledger.end(&begun, caller.kind(), result);
    }
}
