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

/// A place in the review of one token.
pub(crate) enum Place {
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

    pub(crate) fn enter(&self, key: Key, peer: Option<IpAddr>) -> Place {
        self.with(|state| {
            if let Some(waiting) = state.waiting.get(&key) {
                return Place::Join(waiting.clone());
            }
            if !state.limits.enter(peer) {
                return Place::Full;
            }
            let (outcome, waiting) = watch::channel(None);
            state.waiting.insert(key, waiting.clone());
            Place::Lead(Lead { flights: self.clone(), key, peer, outcome }, waiting)
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
