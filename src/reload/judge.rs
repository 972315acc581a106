//! The decision about what was read: take it over, look again soon, or keep what is there. Knows no files and no clock.

use std::time::{Duration, Instant};

use super::stamp::Stamp;
use super::watch::{POLL, jittered};
use crate::keyring::ReloadError;
use crate::source::SourceError;
use crate::token::{Token, TokenSet};

/// How long a file must read the same before it counts as written.
pub(crate) const REST: Duration = Duration::from_millis(25);
/// The same when its primary is shorter than the one that is held: a slow writer's half of a token, taken for the whole,
/// would be a secret that is easier to guess, and would lock everybody out.
pub(super) const LONG_REST: Duration = Duration::from_secs(2);

/// One look at the source.
pub(super) struct Look {
    /// What it gave.
    pub(super) read: Result<TokenSet, SourceError>,
    /// Whether others could have written the file.
    pub(super) exposed: bool,
    /// The file's state before it was read …
    pub(super) before: Stamp,
    /// … and after.
    pub(super) after: Stamp,
    /// When.
    pub(super) at: Instant,
}

/// What to do about a look, for whatever is followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict<T, E> {
    /// Nothing changed.
    Nothing,
    /// Something changed and may not be whole yet: look again after this time.
    LookAgain(Duration),
    /// Take this.
    Take(T),
    /// Keep what is held, because of this.
    Keep(E),
}

impl<T, E> Verdict<T, E> {
    /// How long until the next look, if nothing happens.
    pub(crate) fn wait(&self) -> Duration {
        if let Self::LookAgain(soon) = self { *soon } else { jittered(POLL) }
    }
}

/// Remembers what was decided and what is waiting to come to rest.
pub(super) struct Judge {
    /// Whether others could have written the file when the process started, and it was taken all the same.
    exposed: bool,
    /// The state of the file that was judged last.
    judged: Stamp,
    /// What was found wrong with it, if anything.
    fault: Option<ReloadError>,
    /// What was read and is not at rest yet, and when it was read first.
    pending: Option<(Found, Instant)>,
}

/// What a look found.
#[derive(Clone)]
enum Found {
    Tokens(TokenSet),
    Fault(ReloadError),
}

impl Found {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tokens(one), Self::Tokens(other)) => one.is_same(other),
            (Self::Fault(one), Self::Fault(other)) => one == other,
            _ => false,
        }
    }
}

impl Judge {
    /// Starts from a source that was just read and found good.
    pub(super) fn new(judged: Stamp, exposed: bool) -> Self {
        Self { exposed, judged, fault: None, pending: None }
    }

    /// Decides about one look, by what is `held`.
    pub(super) fn judge(&mut self, look: Look, held: &TokenSet) -> Verdict<TokenSet, ReloadError> {
        let found = match look.read {
            // Somebody chose the file when the process started. That others can write it since then nobody chose, and
            // neither did they choose the tokens.
            Ok(tokens) if look.exposed && !self.exposed && !tokens.is_same(held) => Found::Fault(ReloadError::Exposed),
            Ok(tokens) if is_beginning_of_held(tokens.primary(), held) => Found::Fault(ReloadError::Beginning),
            Ok(tokens) => Found::Tokens(tokens),
            Err(error) => Found::Fault(ReloadError::Source(error)),
        };
        let known = match &found {
            Found::Tokens(tokens) => self.fault.is_none() && tokens.is_same(held),
            Found::Fault(fault) => self.fault.as_ref() == Some(fault),
        };
        if known {
            // A file that was mended does not count as exposed by choice any more.
            self.exposed &= look.exposed;
            self.pending = None;
            self.judged = look.after;
            return Verdict::Nothing;
        }
        let whole = look.before == look.after && look.after.was_put_in_place_since(&self.judged);
        let rested = match &self.pending {
            Some((pending, since)) if pending.is_same(&found) => look.at.saturating_duration_since(*since),
            _ => {
                self.pending = Some((found.clone(), look.at));
                Duration::ZERO
            }
        };
        let rest = match &found {
            Found::Tokens(_) if whole => Duration::ZERO,
            Found::Tokens(tokens) if is_shorter(tokens, held) => LONG_REST,
            _ => REST,
        };
        if rested < rest {
            return Verdict::LookAgain(rest.saturating_sub(rested));
        }
        self.pending = None;
        self.judged = look.after;
        match found {
            Found::Tokens(tokens) => {
                self.fault = None;
                self.exposed &= look.exposed;
                Verdict::Take(tokens)
            }
            Found::Fault(fault) => {
                self.fault = Some(fault.clone());
                Verdict::Keep(fault)
            }
        }
    }
}

fn is_shorter(tokens: &TokenSet, held: &TokenSet) -> bool {
    tokens.primary().expose_secret().len() < held.primary().expose_secret().len() && !held.contains(tokens.primary())
}

/// Whether the token is what a held one looks like while it is being written.
fn is_beginning_of_held(primary: &Token, held: &TokenSet) -> bool {
    let primary = primary.expose_secret();
    held.iter().any(|token| token.expose_secret().len() > primary.len() && token.expose_secret().starts_with(primary))
}
