//! How a verifier is put together.

use std::ffi::OsString;
use std::time::Duration;

use ray_auth::TokenSource;
use ray_auth::reload::Follow;

use crate::cache::{Cache, Capacity};
use crate::client::Api;
use crate::flights::Flights;
use crate::pod::{Pod, StartError};
use crate::reachable::Reachable;
use crate::review::Question;
use crate::throttle::Throttle;
use crate::verifier::{Parts, Verifier};

/// Settings for a [`Verifier`].
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a verifier is made with them"]
pub struct VerifierBuilder {
    ttl: Option<Duration>,
    refusal_ttl: Duration,
    stale_if_error: Duration,
    deadline: Duration,
    max_reviews: usize,
    capacity: Capacity,
    verb: String,
    /// None: not said.
    audiences: Option<Vec<String>>,
    tell_not_allowed: bool,
}

impl VerifierBuilder {
    /// The longest time that an approval counts: Ray's.
    pub const MAX_TTL: Duration = Duration::from_secs(300);

    pub(crate) fn new() -> Self {
        Self {
            ttl: None,
            refusal_ttl: Duration::from_secs(10),
            stale_if_error: Duration::ZERO,
            deadline: Duration::from_secs(5),
            max_reviews: 64,
            capacity: Capacity { approvals: 100_000, refusals: 10_000 },
            verb: "ray:write".to_owned(),
            audiences: None,
            tell_not_allowed: false,
        }
    }

    /// How long an approval counts from the reviews on, and so at most how long a right that was taken away goes on: at most
    /// [`VerifierBuilder::MAX_TTL`], which is the default, as with Ray. Never longer than the token says of itself. Zero asks anew
    /// for each call.
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl: Some(ttl.min(Self::MAX_TTL)), ..self }
    }

    /// How long a definite no counts: 10 s by default, at most 30 s. A right that is given is noticed that much later.
    pub fn refusal_ttl(self, ttl: Duration) -> Self {
        Self { refusal_ttl: ttl.min(Duration::from_secs(30)), ..self }
    }

    /// Lets who was let in before go on for so long after their time while nobody can be asked, that is from a review without an
    /// answer to the next with one; never beyond the token's own
    /// end. Off by default, at most an hour: a right that was taken away goes on that much longer.
    pub fn stale_if_error(self, stale: Duration) -> Self {
        Self { stale_if_error: stale.min(Duration::from_secs(3_600)), ..self }
    }

    /// How long a decision may take, connecting and both reviews together: 5 s by default. A call that gives itself less
    /// is answered in that time.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How many reviews may be under way: 64 by default, at least 1. One address (of IPv6, one /64) has a quarter of them, but at
    /// least one. Callers
    /// beyond that are answered with UNAVAILABLE. As many connections to the API server are kept, each for a minute after its last
    /// review.
    pub fn max_reviews(self, most: usize) -> Self {
        Self { max_reviews: most.max(1), ..self }
    }

    /// How many tokens are remembered: 100,000 that are let in and 10,000 that are not, by default.
    pub fn capacity(self, approvals: usize, refusals: usize) -> Self {
        Self { capacity: Capacity { approvals, refusals }, ..self }
    }

    /// The verb that a caller must be allowed on the RayCluster: `ray:write`, as with Ray.
    pub fn verb(self, verb: impl Into<String>) -> Self {
        Self { verb: verb.into(), ..self }
    }

    /// Takes only tokens that are for one of these audiences. None by default, as with Ray: tokens for the API server
    /// itself. A list of nothing but blanks is an error when the verifier is made, and not as good as none. Without this `RAY_AUTH_KUBERNETES_AUDIENCES` counts.
    pub fn audiences<T: Into<String>>(self, audiences: impl IntoIterator<Item = T>) -> Self {
        let audiences = audiences.into_iter().map(|audience| audience.into().trim().to_owned());
        Self { audiences: Some(audiences.filter(|audience| !audience.is_empty()).collect()), ..self }
    }

    /// Tells a caller that is known and not allowed so, with status 7 (PERMISSION_DENIED), where Ray says the same as of a
    /// wrong token.
    pub fn tell_not_allowed(self) -> Self {
        Self { tell_not_allowed: true, ..self }
    }

    /// Reads what Kubernetes and KubeRay tell a pod.
    ///
    /// # Errors
    ///
    /// As [`Verifier::from_env`].
    pub fn from_env(self) -> Result<Verifier, StartError> {
        self.from_vars(|name| std::env::var_os(name))
    }

    /// Reads the variables from `lookup`.
    ///
    /// # Errors
    ///
    /// As [`Verifier::from_env`].
    pub fn from_vars(self, lookup: impl Fn(&str) -> Option<OsString>) -> Result<Verifier, StartError> {
        let pod = Pod::from_vars(lookup)?;
        let audiences = self.audiences.or(pod.audiences).map_or(Ok(Vec::new()), |audiences| {
            if audiences.is_empty() { Err(StartError::Audiences) } else { Ok(audiences) }
        })?;
        if self.verb.trim().is_empty() {
            return Err(StartError::Verb);
        }
        let (token, _) = Follow::new(TokenSource::file(&pod.place.token)).start()?;
        // With fewer, whoever sends many tokens would have it shake hands all the time, and run out of ports.
        let api = Api::new(&pod.place, token, self.max_reviews)?;
        let ttl = self.ttl.or_else(|| pod.ttl_seconds.map(Duration::from_secs)).unwrap_or(Self::MAX_TTL);
        tracing::info!(
            target: "ray_auth::kubernetes",
            server = %pod.place.server,
            cluster = pod.cluster,
            namespace = pod.namespace,
            "callers are judged by the Kubernetes API server"
        );
        Ok(Verifier::new(Parts {
            api,
            question: Question {
                cluster: pod.cluster,
                namespace: pod.namespace,
                verb: self.verb,
                audiences,
                not_evaluated: Throttle::default(),
            },
            cache: Cache::new(self.capacity, self.stale_if_error),
            flights: Flights::new(self.max_reviews),
            ttl: ttl.min(Self::MAX_TTL),
            refusal_ttl: self.refusal_ttl,
            deadline: self.deadline,
            tell_not_allowed: self.tell_not_allowed,
            reachable: Reachable::default(),
            turned_away: Throttle::default(),
            troubles: Throttle::default(),
        }))
    }
}
