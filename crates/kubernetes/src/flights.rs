//! Reviews under way, one for each token however many wait for it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ray_auth::Rejection;
use ray_auth::verify::Identity;
use tokio::sync::watch;

use crate::cache::Key;
use crate::limits::Limits;

/// What a review came to, once it has.
pub(crate) type Outcome = Option<Result<Identity, Rejection>>;

/// The reviews under way.
#[derive(Clone)]
pub(crate) struct Flights(Arc<Mutex<State>>);

struct State {
    waiting: HashMap<Key, watch::Receiver<Outcome>>,
    limits: Limits,
}

/// A seat in the review of one token.
pub(crate) enum Seat {
    /// Somebody else's review: wait for it.
    Join(watch::Receiver<Outcome>),
    /// There was none: make it.
    Lead(Lead, watch::Receiver<Outcome>),
    /// Too many are under way.
    Full,
}

/// Whoever makes a review. When it is dropped the review is over, however that came about.
pub(crate) struct Lead {
    flights: Flights,
    key: Key,
    peer: Option<IpAddr>,
    outcome: watch::Sender<Outcome>,
}

impl Flights {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(State { waiting: HashMap::new(), limits: Limits::new(most) })))
    }

    pub(crate) fn enter(&self, key: Key, peer: Option<IpAddr>) -> Seat {
        self.with(|state| {
            if let Some(waiting) = state.waiting.get(&key) {
                return Seat::Join(waiting.clone());
            }
            if !state.limits.enter(peer) {
                return Seat::Full;
            }
            let (outcome, waiting) = watch::channel(None);
            state.waiting.insert(key, waiting.clone());
            Seat::Lead(Lead { flights: self.clone(), key, peer, outcome }, waiting)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lead {
    /// Tells all who wait. What is to be remembered must be by now: who comes from here on asks the cache.
    pub(crate) fn land(self, outcome: Result<Identity, Rejection>) {
        // Nobody may wait any more.
        self.outcome.send_replace(Some(outcome));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flights.with(|state| {
            state.waiting.remove(&self.key);
            state.limits.leave(self.peer);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_joins_hears_what_the_leader_says_and_whoever_lets_go_gives_the_seat_back() {
        let flights = Flights::new(1);
        let Seat::Lead(lead, _) = flights.enter([1; 16], None) else { panic!("nobody was there") };
        let Seat::Join(mut waiting) = flights.enter([1; 16], None) else { panic!("somebody was there") };
        assert!(matches!(flights.enter([2; 16], None), Seat::Full));
        lead.land(Err(Rejection::WrongToken));
        assert_eq!(waiting.wait_for(Option::is_some).await.unwrap().clone(), Some(Err(Rejection::WrongToken)));
        let Seat::Lead(lead, mut waiting) = flights.enter([2; 16], None) else { panic!("the seat was given back") };
        drop(lead);
        assert!(waiting.wait_for(Option::is_some).await.is_err(), "nobody waits for nothing");
        assert!(matches!(flights.enter([3; 16], None), Seat::Lead(..)));
    }
}
