//! Keeps what strangers cause from filling the log.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often one thing is said, at most.
const PAUSE: Duration = Duration::from_secs(1);

/// One thing that the log may say once a second.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    said: Option<Instant>,
    unsaid: u64,
}

impl Throttle {
    /// How often it was not said since the last time, if it may be said now.
    pub(crate) fn admit(&self) -> Option<u64> {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.said.is_some_and(|said| now.duration_since(said) < PAUSE) {
            state.unsaid += 1;
            return None;
        }
        state.said = Some(now);
        Some(std::mem::take(&mut state.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_thing_is_said_once_a_second_and_how_often_it_was_not() {
        let (throttle, other) = (Throttle::default(), Throttle::default());
        let said: Vec<_> = (0..4).map(|_| throttle.admit()).collect();
        assert_eq!(said, [Some(0), None, None, None]);
        assert_eq!(other.admit(), Some(0), "another thing has its own time");
        tokio::time::advance(PAUSE).await;
        assert_eq!((throttle.admit(), throttle.admit()), (Some(3), None));
    }
}
