//! Secrets that are known, wherever they stand.

use std::fmt;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::edits::Edits;
use super::single::UNPARSEABLE;
use super::views::View;
use crate::Secret;

/// A shorter one is not looked for: it would hide parts of ordinary words.
pub(super) const SHORTEST: usize = 4;

/// A set of secrets, and what finds them.
#[derive(Clone, Default)]
pub(super) struct Known {
    secrets: Vec<Secret>,
    automaton: Option<AhoCorasick>,
    /// One of them has a blank in it, for which forms write a plus sign.
    has_blank: bool,
}

impl Known {
    /// These, too.
    pub(super) fn and(&self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        let mut all = self.secrets.clone();
        all.extend(secrets.into_iter().filter(|secret| is_looked_for(secret.expose_secret())));
        let patterns = all.iter().map(Secret::expose_secret);
        let automaton = (!all.is_empty())
            .then(|| AhoCorasick::new(patterns).expect("secrets are shorter than two gigabytes together"));
        let has_blank = all.iter().any(|secret| secret.expose_secret().contains(' '));
        Self { secrets: all, automaton, has_blank }
    }

    /// Hides all of them, as they are, percent-encoded, and as they stand in quoted text.
    pub(super) fn hide(&self, text: &str, edits: &mut Edits) {
        let Some(automaton) = &self.automaton else { return };
        let bytes = text.as_bytes();
        let mut hide = |bytes: &[u8], place: &dyn Fn(usize) -> usize| {
            for found in all(automaton, bytes) {
                edits.hide(widened(text, place(found.start)..place(found.end)));
            }
        };
        hide(bytes, &|place| place);
        // Twice each, for what is encoded in something encoded, such as JSON in JSON.
        let mut decoded = View::percent_decoded(bytes, |place| place);
        for _ in 0..2 {
            let Some(view) = decoded else { break };
            hide(&view.bytes, &|byte| view.place(byte));
            decoded = View::percent_decoded(&view.bytes, |byte| view.place(byte));
        }
        if let Some(decoded) = View::form_decoded(bytes).filter(|_| self.has_blank) {
            hide(&decoded.bytes, &|byte| decoded.place(byte));
        }
        let mut unescaped = View::unescaped(bytes, |place| place);
        for _ in 0..2 {
            let Some(view) = unescaped else { break };
            hide(&view.bytes, &|byte| view.place(byte));
            if let Some(decoded) = View::percent_decoded(&view.bytes, |byte| view.place(byte)) {
                hide(&decoded.bytes, &|byte| decoded.place(byte));
            }
            unescaped = View::unescaped(&view.bytes, |byte| view.place(byte));
        }
    }
}

/// The password, and what a Basic header makes of it and the login. A login without a password is the secret itself.
pub(super) fn of_basic(login: &str, password: &str) -> impl Iterator<Item = Secret> {
    let pair = Zeroizing::new(format!("{login}:{password}"));
    let encoded = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].map(|engine| engine.encode(&*pair));
    let itself = if password.is_empty() { login } else { password };
    encoded.into_iter().chain([itself.to_owned()]).map(Secret::new)
}

/// How many are looked for.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.secrets.len(), f)
    }
}

/// What redaction itself writes cannot be hidden.
fn is_looked_for(secret: &str) -> bool {
    secret.len() >= SHORTEST && !UNPARSEABLE.contains(secret) && secret.bytes().any(|byte| byte != b'*')
}

/// Where the secrets are: those that overlap or touch are one.
fn all(automaton: &AhoCorasick, bytes: &[u8]) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for found in automaton.find_overlapping_iter(bytes) {
        // They come by their ends: a longer one may take in what was found before.
        let mut piece = found.range();
        while let Some(last) = merged.pop_if(|last| last.end >= piece.start) {
            piece.start = piece.start.min(last.start);
        }
        merged.push(piece);
    }
    merged
}

/// With the whole of the characters at both ends.
fn widened(text: &str, piece: Range<usize>) -> Range<usize> {
    let start = (0..=piece.start).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0);
    let end = (piece.end..=text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(text.len());
    start..end
}
