//! What the scheduler says of processes and threads: for how long they ran, and for how long they had to wait for it.

use std::fs;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::time::Duration;

/// The turns of a process or a thread on a processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turns {
    /// For how long it ran.
    pub(crate) ran: Duration,
    /// For how long it was ready to run, and something else ran.
    pub(crate) waited: Duration,
}

impl Turns {
    /// Of all threads of a process, in nanoseconds, where `stat` has hundredths of a second. None where the system does not
    /// say.
    pub(crate) fn of_process(process: u32) -> Option<Self> {
        let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
        threads.map(|thread| of_thread(&fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?)).sum()
    }

    /// Of the thread that asks. None where the system does not say.
    pub(crate) fn of_this_thread() -> Option<Self> {
        of_thread(&fs::read_to_string("/proc/thread-self/schedstat").ok()?)
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
        assert_eq!(Turns::of_process(u32::MAX), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_works_has_more_afterwards() {
        let before = Turns::of_process(std::process::id()).unwrap();
        while Turns::of_process(std::process::id()).unwrap().ran <= before.ran {}
    }
}
