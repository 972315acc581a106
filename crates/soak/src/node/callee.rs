//! Another process, as the callers here see it: whether it is being killed, and how they reach it.

use ray_auth::ClusterAuth;
use ray_auth::auth::AuthChannel;
use tokio::sync::watch;

use crate::wire::Peer;

/// Another process.
pub(super) struct Callee {
    pub(super) peer: Peer,
    /// The connection that all callers share, made anew when it breaks.
    pub(super) channel: AuthChannel,
    /// How often it went down or came back: odd while it is down.
    turns: watch::Sender<u64>,
    /// How many callers wait until it is back.
    waiting: watch::Sender<usize>,
}

/// When a call began, by the turns of the process that is called.
#[derive(Clone, Copy)]
pub(super) struct Began(u64);

impl Callee {
    pub(super) fn new(peer: Peer, auth: &ClusterAuth) -> anyhow::Result<Self> {
        let channel = auth.connect_lazy(peer.address.to_string())?;
        Ok(Self { peer, channel, turns: watch::Sender::new(0), waiting: watch::Sender::new(0) })
    }

    pub(super) fn goes_down(&self) {
        self.turns.send_modify(|turns| *turns += u64::from(!is_down(*turns)));
    }

    pub(super) fn is_up(&self) {
        self.turns.send_modify(|turns| *turns += u64::from(is_down(*turns)));
    }

    pub(super) fn begin(&self) -> Began {
        Began(*self.turns.borrow())
    }

    /// Whether the process was down at any time since.
    pub(super) fn was_down_since(&self, began: Began) -> bool {
        is_down(began.0) || *self.turns.borrow() != began.0
    }

    /// Waits until it is back: one failed call is enough to learn that it is down.
    pub(super) async fn wait_until_up(&self) {
        self.waiting.send_modify(|waiting| *waiting += 1);
        // The sender is this value's own, so it is there.
        let _ = self.turns.subscribe().wait_for(|turns| !is_down(*turns)).await;
        self.waiting.send_modify(|waiting| *waiting -= 1);
    }

    /// Waits until so many callers wait.
    pub(super) async fn wait_for_waiting(&self, callers: usize) {
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting >= callers).await;
    }
}

fn is_down(turns: u64) -> bool {
    turns % 2 == 1
}
