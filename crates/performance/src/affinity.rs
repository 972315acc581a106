//! On which processors those run that are measured: client and servers, or two threads.
//!
//! Left alone, the scheduler has both sides share one processor for a while and then part them, each for its own time, and
//! calls a second differ by half between the two. So each side stays where it is put, and whatever else runs there shows:
//! a side then waits that otherwise never has to.

/// The first two processors that this process may use; none where it has but one, or cannot choose.
pub(crate) fn two() -> Option<[usize; 2]> {
    let mut allowed = allowed().into_iter();
    Some([allowed.next()?, allowed.next()?])
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
pub(crate) fn stay_on(processor: usize) -> std::io::Result<()> {
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
pub(crate) fn stay_on(_processor: usize) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_where_it_is_put() {
        let Some([one, other]) = two() else { return };
        assert_ne!(one, other);
        // In a thread of its own: the others of this test go where they like.
        let allowed = std::thread::spawn(move || stay_on(other).map(|()| allowed())).join().unwrap().unwrap();
        assert_eq!(allowed, [other]);
    }
}
