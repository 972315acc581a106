//! On which processors client and servers run.
//!
//! Left alone, the scheduler has both sides share one processor for a while and then part them, each for its own time, and
//! calls a second differ by half between the two. So each side stays where it is put, and whatever else runs there shows:
//! a side then waits that otherwise never has to.

/// Where each side runs, by the numbers of processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) client: usize,
    pub(super) server: usize,
}

/// The first two processors that this process may use; none where it has but one, or cannot choose.
pub(super) fn places() -> Option<Places> {
    let mut allowed = allowed().into_iter();
    Some(Places { client: allowed.next()?, server: allowed.next()? })
}

#[cfg(target_os = "linux")]
fn allowed() -> Vec<usize> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
    (0..CpuSet::MAX_CPU).filter(|processor| set.is_set(*processor)).collect()
}

/// Keeps this thread, and those that it starts, on one processor.
///
/// # Errors
///
/// When there is no such processor, or this process may not use it.
#[cfg(target_os = "linux")]
pub(super) fn stay_on(processor: usize) -> std::io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut set = CpuSet::new();
    set.set(processor);
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Vec<usize> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn stay_on(_processor: usize) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_where_it_is_put() {
        let Some(Places { client, server }) = places() else { return };
        assert_ne!(client, server);
        // In a thread of its own: the others of this test go where they like.
        let allowed = std::thread::spawn(move || stay_on(server).map(|()| allowed())).join().unwrap().unwrap();
        assert_eq!(allowed, [server]);
    }
}
