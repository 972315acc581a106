//! Keeps a flood of refusals from becoming a flood of log lines.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Events a second that are let through as they are.
pub(super) const BURST: u32 = 20;
const WINDOW: Duration = Duration::from_secs(1);

/// Lets through [`BURST`] events a second, and counts the rest.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    window: Option<Instant>,
    passed: u32,
    suppressed: u64,
}

/// What to do about one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    /// Whether the event itself is to be logged.
    pub(super) event: bool,
    /// How many were suppressed in the window that has just ended: one line for all of them.
    pub(super) suppressed: u64,
}

impl Throttle {
    pub(super) fn admit(&self, now: Instant) -> Admitted {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut suppressed = 0;
        if state.window.is_none_or(|start| now.saturating_duration_since(start) >= WINDOW) {
            suppressed = std::mem::take(&mut *state).suppressed;
            state.window = Some(now);
        }
        let event = state.passed < BURST;
        if event {
            state.passed += 1;
        } else {
            state.suppressed += 1;
        }
        Admitted { event, suppressed }
    }

    /// What is still to be told when nothing more will come.
    pub(super) fn rest(&mut self) -> u64 {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).suppressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_events_a_second_pass_and_the_rest_is_told_once_a_second() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        let passed = (0..1_000).filter(|_| throttle.admit(start).event).count();
        assert_eq!(passed, 20);
        assert_eq!(throttle.admit(start + WINDOW), Admitted { event: true, suppressed: 980 });
        assert_eq!(throttle.admit(start + WINDOW), Admitted { event: true, suppressed: 0 });
        for _ in 0..30 {
            throttle.admit(start + WINDOW);
        }
        assert_eq!(throttle.rest(), 12);
    }

    #[test]
    fn a_clock_that_goes_back_opens_no_new_window() {
        let throttle = Throttle::default();
        let start = Instant::now() + WINDOW;
        throttle.admit(start);
        assert_eq!((0..100).filter(|_| throttle.admit(start - WINDOW).event).count(), 19);
    }
}
