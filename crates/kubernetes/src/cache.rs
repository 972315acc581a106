//! What is remembered of callers: not their tokens, and for a while only.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use quick_cache::sync::Cache as Bounded;
use ray_auth::Rejection;
use ray_auth::verify::Identity;
use sha2::Sha256;
use tokio::time::Instant;

/// What stands for a token: 128 bits of a keyed hash, whose key nobody outside this process has.
pub(crate) type Key = [u8; 16];

/// Makes keys.
#[derive(Clone)]
struct Hasher(Hmac<Sha256>);

impl Hasher {
    fn random() -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("the operating system gives random bytes");
        Self(Hmac::new_from_slice(&key).expect("a key may have any length"))
    }

    fn key(&self, token: &[u8]) -> Key {
        let mut hash = self.0.clone();
        hash.update(token);
        let mut key = Key::default();
        key.copy_from_slice(&hash.finalize().into_bytes()[..16]);
        key
    }
}

/// Approvals and refusals, apart: bad tokens, of which there is no end, displace no good ones.
pub(crate) struct Cache {
    hasher: Hasher,
    approvals: Bounded<Key, Approval>,
    refusals: Bounded<Key, Refusal>,
    /// How long an approval counts after its time when nobody can be asked.
    stale: Duration,
}

#[derive(Clone)]
struct Approval {
    identity: Identity,
    until: Instant,
    /// The token's own end, if it says one.
    ends: Option<Instant>,
}

#[derive(Clone)]
struct Refusal {
    rejection: Rejection,
    until: Instant,
}

/// How many tokens are remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    pub(crate) approvals: usize,
    pub(crate) refusals: usize,
}

impl Cache {
    pub(crate) fn new(capacity: Capacity, stale: Duration) -> Self {
        Self {
            hasher: Hasher::random(),
            approvals: Bounded::new(capacity.approvals),
            refusals: Bounded::new(capacity.refusals),
            stale,
        }
    }

    pub(crate) fn key(&self, token: &[u8]) -> Key {
        self.hasher.key(token)
    }

    /// What was decided about the token, if that counts still.
    pub(crate) fn decided(&self, key: &Key, now: Instant) -> Option<Result<Identity, Rejection>> {
        if let Some(approval) = self.approvals.get(key).filter(|approval| now < approval.until) {
            return Some(Ok(approval.identity));
        }
        self.refusals.get(key).filter(|refusal| now < refusal.until).map(|refusal| Err(refusal.rejection))
    }

    /// What was decided about the token once, where nobody can be asked now.
    pub(crate) fn stale(&self, key: &Key, now: Instant) -> Option<Identity> {
        if self.stale.is_zero() {
            return None;
        }
        let approval = self.approvals.get(key)?;
        let counts = now < approval.until + self.stale && approval.ends.is_none_or(|end| now < end);
        counts.then_some(approval.identity)
    }

    /// Remembers an approval, at most until the token's own end.
    pub(crate) fn approve(&self, key: Key, identity: Identity, now: Instant, ttl: Duration, ends: Option<Instant>) {
        let until = ends.map_or(now + ttl, |end| end.min(now + ttl));
        self.refusals.remove(&key);
        self.approvals.insert(key, Approval { identity, until, ends });
    }

    /// Remembers a definite no. Who was let in before is forgotten: the no is newer.
    pub(crate) fn refuse(&self, key: Key, rejection: Rejection, now: Instant, ttl: Duration) {
        self.approvals.remove(&key);
        self.refusals.insert(key, Refusal { rejection, until: now + ttl });
    }
}
