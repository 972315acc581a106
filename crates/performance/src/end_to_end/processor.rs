//! Processor time of another process.

use std::fs;
use std::time::Duration;

/// What each side spent on some calls; none where it is not known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) server: Option<Duration>,
    pub(super) client: Option<Duration>,
}

impl Spent {
    /// What client and the server, if it can be asked, have run for so far.
    pub(super) fn so_far(server: Option<u32>) -> Self {
        Self { server: server.and_then(time), client: time(std::process::id()) }
    }

    pub(super) fn since(self, before: Self) -> Self {
        let since = |now: Option<Duration>, before| now.zip(before).map(|(now, before)| now.saturating_sub(before));
        Self { server: since(self.server, before.server), client: since(self.client, before.client) }
    }
}

/// What all threads of a process have run for, as the scheduler counts it: in nanoseconds, where `stat` has hundredths of
/// a second. None where the system does not say.
fn time(process: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    threads.map(|thread| of_thread(&fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?)).sum()
}

/// The first of: time on a processor, time waiting for one, turns.
fn of_thread(schedstat: &str) -> Option<Duration> {
    schedstat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_counts() {
        assert_eq!(of_thread("222522 43956 2\n"), Some(Duration::from_nanos(222_522)));
        assert_eq!(of_thread(""), None);
    }

    #[test]
    fn a_process_that_is_not_there_has_none() {
        assert_eq!(time(u32::MAX), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_works_has_more_afterwards() {
        let before = time(std::process::id()).unwrap();
        while time(std::process::id()).unwrap() <= before {}
    }
}
