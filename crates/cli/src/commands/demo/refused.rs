//! What the servers refused, counted outside of the layer that refused it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Response;
use ray_auth::Rejection;

/// Refusals by reason. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Refused(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Refused {
    /// Counts the response if it is a refusal.
    pub(super) fn note<B>(&self, response: Response<B>) -> Response<B> {
        if let Some(rejection) = response.extensions().get::<Rejection>() {
            *self.lock().entry(rejection.label()).or_default() += 1;
        }
        response
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
