//! One immutable state of a keyring: what a call reads.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use zeroize::Zeroizing;

use super::cell::State;
use super::follow::KeyringSource;
use super::revocation::Revocation;
use super::shards::Sharded;
use super::status::{KeyringStatus, Role, TokenStatus};
use super::usage::Usage;
use crate::token::{Indexing, Label, Session, Token, TokenSet};

/// A keyring's state between two changes.
pub(crate) struct Snapshot {
    generation: u64,
    tokens: TokenSet,
    /// The primary as it is attached, in the token's own wiped buffer. Threads that count its uses do so apart.
    headers: Sharded<HeaderValue>,
    /// What belongs to each of them, in their order: the primary first.
    keys: Box<[Key]>,
}

/// A token and what belongs to it.
pub(crate) struct Key {
    token: Token,
    role: Role,
    label: Label,
    usage: Arc<Usage>,
    revocation: Revocation,
}

impl Snapshot {
    pub(super) fn first(tokens: TokenSet) -> Self {
        Self::new(1, tokens, &[])
    }

    /// The state after this one. Tokens that stay keep their counts and the calls they let in.
    pub(super) fn successor(&self, tokens: TokenSet) -> Self {
        Self::new(self.generation + 1, tokens, &self.keys)
    }

    fn new(generation: u64, tokens: TokenSet, before: &[Key]) -> Self {
        let roles = std::iter::once(Role::Primary)
            .chain(tokens.next().map(|_| Role::Next))
            .chain(std::iter::repeat(Role::Accepted));
        let keys = (1..)
            .zip(tokens.iter().zip(roles))
            .map(|(place, (token, role))| {
                let known = before.iter().find(|key| key.token.matches(token.expose_secret()));
                Key {
                    token: token.clone(),
                    role,
                    label: Label::of(token, place),
                    usage: known.map_or_else(Arc::default, |key| Arc::clone(&key.usage)),
                    revocation: known.map_or_else(Revocation::default, |key| key.revocation.clone()),
                }
            })
            .collect();
        let headers = Sharded::new(|_| tokens.primary().own_header_value());
        Self { generation, headers, tokens, keys }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// What is attached to outgoing calls.
    #[inline]
    pub(crate) fn header_value(&self, indexing: Indexing) -> HeaderValue {
        let mut value = self.headers.mine().clone();
        if indexing == Indexing::Strong {
            value.set_sensitive(self.tokens.primary().is_weak());
        }
        value
    }

    /// The key that equals what a peer presented; the call is counted as let in by it.
    #[inline]
    pub(crate) fn accept(&self, presented: &[u8]) -> Option<&Key> {
        let key = &self.keys[self.tokens.find(presented)?];
        key.usage.count();
        Some(key)
    }

    /// The key that vouches for a session value that is not over at `now`, in seconds since 1970; counted as the above.
    pub(crate) fn accept_session(&self, session: Session<'_>, now: u64) -> Option<&Key> {
        let key = &self.keys[self.tokens.find_session(session)?];
        (now < session.end()).then(|| key.usage.count())?;
        Some(key)
    }

    pub(super) fn status(&self, source: KeyringSource) -> KeyringStatus {
        let tokens = self.uses().map(|(status, _)| status).collect();
        KeyringStatus { generation: self.generation, source, tokens }
    }

    /// What may be shown of each token, and its counter.
    pub(super) fn uses(&self) -> impl Iterator<Item = (TokenStatus, &Usage)> {
        self.keys.iter().map(|key| {
            let status = TokenStatus {
                label: key.label,
                role: key.role,
                weak: key.token.is_weak(),
                accepted_calls: key.usage.total(),
            };
            (status, &*key.usage)
        })
    }

    /// The tokens by role and label, for logs.
    pub(super) fn labels(&self) -> Labels<'_> {
        Labels(&self.keys)
    }
}

impl State for Snapshot {
    fn revoke_what_left(&self, successor: &Self) {
        let stays = |key: &Key| successor.keys.iter().any(|kept| kept.revocation.is(&key.revocation));
        self.keys.iter().filter(|key| !stays(key)).for_each(|key| key.revocation.revoke());
    }
}

/// Shows keys as `primary 0123456789ab, next weak-2`.
pub(super) struct Labels<'a>(&'a [Key]);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, key)| {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} {}", key.role, key.label)
        })
    }
}

impl Key {
    pub(crate) fn label(&self) -> Label {
        self.label
    }

    /// The token itself, for a cookie in Ray's form.
    pub(crate) fn raw_cookie(&self) -> Zeroizing<String> {
        Zeroizing::new(self.token.expose_secret().to_owned())
    }

    /// The session value that this key vouches for until `end`, in seconds since 1970.
    pub(crate) fn session(&self, end: u64) -> Zeroizing<String> {
        self.token.session(end)
    }

    /// What tells a call that this key let in when the token has left the keyring.
    pub(crate) fn revocation(&self) -> &Revocation {
        &self.revocation
    }
}
