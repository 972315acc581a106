//! Whether the API server answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many reviews in a row without an answer, and this process is not ready: one token can be the trouble of itself.
const IN_A_ROW: u32 = 3;
/// So long after the last of them it is ready again: who is not ready is not called, and would never find out.
const QUIET: Duration = Duration::from_secs(10);

/// How the last reviews went.
#[derive(Debug, Default)]
pub(crate) struct Reachable(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    in_a_row: u32,
    last: Option<Instant>,
}

impl Reachable {
    pub(crate) fn note(&self, answered: bool) {
        self.with(|state| {
            *state = if answered {
                State::default()
            } else {
                State { in_a_row: state.in_a_row.saturating_add(1), last: Some(Instant::now()) }
            };
        });
    }

    /// Whether the last review ended without an answer.
    pub(crate) fn is_troubled(&self) -> bool {
        self.with(|state| state.in_a_row > 0)
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.with(|state| state.in_a_row < IN_A_ROW || state.last.is_none_or(|last| last.elapsed() >= QUIET))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn some_troubles_in_a_row_count_and_not_for_ever() {
        let reachable = Reachable::default();
        let after = |answers: &[bool]| {
            answers.iter().for_each(|answered| reachable.note(*answered));
            (reachable.is_ready(), reachable.is_troubled())
        };
        assert_eq!(after(&[]), (true, false));
        assert_eq!(after(&[false, false]), (true, true));
        assert_eq!(after(&[true, false, false]), (true, true));
        assert_eq!(after(&[false]), (false, true));
        tokio::time::advance(QUIET).await;
        assert_eq!(after(&[]), (true, true));
        assert_eq!(after(&[false]), (false, true));
        assert_eq!(after(&[true]), (true, false));
    }
}
