//! What the scheduler says of client and server.

use std::fs;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A process's turns on a processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turns {
    /// For how long it ran.
    pub(super) ran: Duration,
    /// For how long it was ready to run, and something else ran.
    pub(super) waited: Duration,
}

/// The turns of both sides; none of one that cannot be asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) server: Option<Turns>,
    pub(super) client: Option<Turns>,
}

impl Spent {
    /// What this process, and the server if it can be asked, have spent so far.
    pub(super) fn so_far(server: Option<u32>) -> Self {
        Self { server: server.and_then(turns), client: turns(std::process::id()) }
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

impl Add for Turns {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { ran: self.ran + other.ran, waited: self.waited + other.waited }
    }
}

impl Sub for Turns {
    type Output = Self;

    /// A thread that ended meanwhile took its turns with it.
    fn sub(self, other: Self) -> Self {
        Self { ran: self.ran.saturating_sub(other.ran), waited: self.waited.saturating_sub(other.waited) }
    }
}

impl Sum for Turns {
    fn sum<I: Iterator<Item = Self>>(turns: I) -> Self {
        turns.fold(Self::default(), Add::add)
    }
}

/// The turns of all threads of a process, in nanoseconds, where `stat` has hundredths of a second. None where the system
/// does not say.
fn turns(process: u32) -> Option<Turns> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    threads.map(|thread| of_thread(&fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?)).sum()
}

/// Three numbers: time on a processor, time waiting for one, how often.
fn of_thread(schedstat: &str) -> Option<Turns> {
    let mut times = schedstat.split_whitespace().map(|number| number.parse().ok().map(Duration::from_nanos));
    Some(Turns { ran: times.next()??, waited: times.next()?? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_ran_and_waited() {
        assert_eq!(
            of_thread("222522 43956 2\n"),
            Some(Turns { ran: Duration::from_nanos(222_522), waited: Duration::from_nanos(43_956) })
        );
        assert_eq!((of_thread(""), of_thread("1"), of_thread("a b")), (None, None, None));
    }

    #[test]
    fn a_process_that_is_not_there_has_none() {
        assert_eq!(turns(u32::MAX), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_works_has_more_afterwards() {
        let before = turns(std::process::id()).unwrap();
        while turns(std::process::id()).unwrap().ran <= before.ran {}
    }
}
