//! The verifier: at once from what is remembered, else by a review that outlives whoever asked for it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ray_auth::Rejection;
use ray_auth::verify::{Call, Identity, Pending, Verdict, Verify};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use crate::builder::VerifierBuilder;
use crate::cache::{Cache, Key};
use crate::client::Api;
use crate::flights::{Flights, Lead, Outcome, Seat};
use crate::jwt;
use crate::pod::StartError;
use crate::reachable::Reachable;
use crate::review::{Judgement, Question};
use crate::throttle::Throttle;
use crate::trouble::Trouble;

/// The target of this crate's log lines.
const LOG_TARGET: &str = "ray_auth::kubernetes";

/// Judges callers by TokenReview and SubjectAccessReview. Cheap to clone; clones share what is remembered. See the
/// [crate](crate).
#[derive(Clone)]
pub struct Verifier {
    parts: Arc<Parts>,
}

pub(crate) struct Parts {
    pub(crate) api: Api,
    pub(crate) question: Question,
    pub(crate) cache: Cache,
    pub(crate) flights: Flights,
    pub(crate) ttl: Duration,
    pub(crate) refusal_ttl: Duration,
    pub(crate) deadline: Duration,
    pub(crate) tell_not_allowed: bool,
    pub(crate) reachable: Reachable,
    /// What the log says of callers who were turned away, and of troubles.
    pub(crate) turned_away: Throttle,
    pub(crate) troubles: Throttle,
}

impl Verifier {
    /// Reads what Kubernetes and KubeRay tell a pod: `RAY_CLUSTER_NAME`, `RAY_CLUSTER_NAMESPACE`, `KUBERNETES_SERVICE_HOST`,
    /// `KUBERNETES_SERVICE_PORT`, and the files in `/var/run/secrets/kubernetes.io/serviceaccount` (another folder:
    /// `RAY_AUTH_KUBERNETES_FOLDER`). `RAY_AUTH_KUBERNETES_TTL_SECONDS` sets [how long an approval counts](VerifierBuilder::ttl),
    /// `RAY_AUTH_KUBERNETES_AUDIENCES` [whom tokens must be for](VerifierBuilder::audiences), with commas between them.
    /// Nothing is asked of the API server yet.
    ///
    /// # Errors
    ///
    /// [`StartError`] when any of it is missing, blank or not usable.
    pub fn from_env() -> Result<Self, StartError> {
        Self::builder().from_env()
    }

    /// The same with settings.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::new()
    }

    /// Whether the API server answers, as far as the last reviews tell; true before the first. For a readiness probe: false
    /// after three reviews in a row without an answer, until one has one or ten seconds have passed without any. Health checks
    /// stay open without asking anybody, and callers who are remembered are let in either way.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.parts.reachable.is_ready()
    }

    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }
}

impl Verify for Verifier {
    /// Must be called in a tokio runtime: reviews are tasks.
    fn verify(&self, call: Call<'_>) -> Verdict {
        let parts = &self.parts;
        let presented = call.credential().token();
        let key = parts.cache.key(presented);
        let now = Instant::now();
        if let Some(decided) = parts.cache.decided(&key, now) {
            return Verdict::Now(decided);
        }
        // Only what is possible was ever asked about, and so remembered.
        let Some(token) = possible(presented) else {
            return Verdict::Now(Err(Rejection::Malformed));
        };
        let left = jwt::expiry(token).map(left);
        if left == Some(Duration::ZERO) {
            metrics::counter!("ray_auth_kubernetes_reviews_total", "kind" => "token", "result" => "ended").increment(1);
            return Verdict::Now(Err(Rejection::WrongToken));
        }
        // Only while nobody can be asked: whoever calls must not be able to choose that.
        let stale = parts.reachable.is_troubled().then(|| parts.cache.stale(&key, now)).flatten();
        let peer = call.client_addr().map(|address| address.ip());
        let waiting = match parts.flights.enter(key, peer) {
            Seat::Join(waiting) => waiting,
            Seat::Lead(lead, waiting) => {
                // Another's review may have landed since the cache was asked.
                if let Some(decided) = parts.cache.decided(&key, now) {
                    // Somebody may have joined meanwhile.
                    lead.land(decided.clone());
                    return Verdict::Now(decided);
                }
                let ends = left.and_then(|left| now.checked_add(left));
                let review = Review { parts: Arc::clone(parts), lead, key, ends };
                tokio::spawn(review.make(Zeroizing::new(token.to_owned())));
                waiting
            }
            Seat::Full => return Verdict::Now(stale.ok_or_else(|| parts.turn_away(peer))),
        };
        if let Some(identity) = stale {
            // The review goes on without anybody who waits.
            return Verdict::Now(Ok(identity));
        }
        // A review ends with the deadline, whoever waits for it.
        let patience = call.timeout().unwrap_or(Duration::MAX);
        Verdict::Later(wait(Arc::clone(parts), key, waiting, patience))
    }
}

/// The token as text, if it can be one that Kubernetes knows. The API server reads no further than a blank: what follows one
/// would be another key here for the same token there.
fn possible(token: &[u8]) -> Option<&str> {
    let plain = token.iter().all(|byte| matches!(byte, b'!'..=b'~'));
    std::str::from_utf8(token).ok().filter(|_| plain)
}

/// How long until a time in seconds since 1970.
fn left(end: u64) -> Duration {
    // By a clock before 1970 every token has ended.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX);
    Duration::from_secs(end).saturating_sub(now)
}

/// Waits for a review, as long as the caller does.
fn wait(parts: Arc<Parts>, key: Key, mut waiting: watch::Receiver<Outcome>, patience: Duration) -> Pending {
    Box::pin(async move {
        match timeout(patience, waiting.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(Rejection::Unavailable)),
            // The review broke off.
            Ok(Err(_)) => parts.cache.decided(&key, Instant::now()).unwrap_or(Err(Rejection::Unavailable)),
            Err(_) => {
                metrics::counter!("ray_auth_kubernetes_gave_up_total").increment(1);
                Err(Rejection::Unavailable)
            }
        }
    })
}

/// One review, in a task of its own.
struct Review {
    parts: Arc<Parts>,
    lead: Lead,
    key: Key,
    /// The token's own end.
    ends: Option<Instant>,
}

impl Review {
    async fn make(self, token: Zeroizing<String>) {
        let Self { parts, lead, key, ends } = self;
        let asked = timeout(parts.deadline, parts.question.ask(&parts.api, &token)).await;
        let outcome = parts.remember(key, asked.unwrap_or(Err(Trouble::Slow)), ends);
        lead.land(outcome);
    }
}

impl Parts {
    fn remember(
        &self,
        key: Key,
        judged: Result<Judgement, Trouble>,
        ends: Option<Instant>,
    ) -> Result<Identity, Rejection> {
        let now = Instant::now();
        self.reachable.note(judged.is_ok());
        let rejection = match judged {
            Ok(Judgement::Allowed(identity)) => {
                self.cache.approve(key, identity.clone(), now, self.ttl, ends);
                return Ok(identity);
            }
            Ok(Judgement::NotAllowed) if self.tell_not_allowed => Rejection::NotAllowed,
            Ok(Judgement::NotAllowed | Judgement::Unknown) => Rejection::WrongToken,
            Err(trouble) => {
                self.complain(trouble);
                return self.cache.stale(&key, now).ok_or(Rejection::Unavailable);
            }
        };
        self.cache.refuse(key, rejection, now, self.refusal_ttl);
        Err(rejection)
    }

    /// What a caller is answered for whom there is no review.
    #[cold]
    fn turn_away(&self, peer: Option<IpAddr>) -> Rejection {
        metrics::counter!("ray_auth_kubernetes_turned_away_total").increment(1);
        if let Some(unsaid) = self.turned_away.admit() {
            tracing::warn!(
                target: LOG_TARGET,
                unsaid,
                client.addr = peer.map(tracing::field::display),
                "too many reviews are under way; a caller was turned away"
            );
        }
        Rejection::Unavailable
    }

    #[cold]
    fn complain(&self, trouble: Trouble) {
        metrics::counter!("ray_auth_kubernetes_troubles_total", "kind" => trouble.label()).increment(1);
        if let Some(unsaid) = self.troubles.admit() {
            tracing::error!(target: LOG_TARGET, unsaid, "callers cannot be judged: {trouble}");
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("question", &self.parts.question).finish_non_exhaustive()
    }
}
