//! What the scheduler says of client and server.

use std::time::Duration;

use crate::turns::Turns;

/// The turns of both sides; none of one that cannot be asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) server: Option<Turns>,
    pub(super) client: Option<Turns>,
}

impl Spent {
    /// What this process, and the server if it can be asked, have spent so far.
    pub(super) fn so_far(server: Option<u32>) -> Self {
        Self { server: server.and_then(Turns::of_process), client: Turns::of_process(std::process::id()) }
    }

    pub(super) fn since(self, before: Self) -> Self {
        let since = |now: Option<Turns>, before| now.zip(before).map(|(now, before)| now - before);
        Self { server: since(self.server, before.server), client: since(self.client, before.client) }
    }

    /// For how long both sides waited together.
    pub(super) fn waited(self) -> Option<Duration> {
        self.server.zip(self.client).map(|(server, client)| server.waited + client.waited)
    }
}
