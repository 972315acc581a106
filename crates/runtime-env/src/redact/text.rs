//! Free text, redacted.

use std::borrow::Cow;
use std::sync::Arc;

use super::bounds::Bounds;
use super::edits::Edits;
use super::known::{self, Known};
use super::named::Named;
use super::needles::{self, Kind};
use super::single::HIDDEN;
use super::{debugged, named, terminal, uris};
use crate::Secret;

/// Takes secrets out of free text: log lines, error messages, command lines. See the [module](super) for the rules.
///
/// It finds secrets by their place, in URIs and after names, and those that it was told about wherever they stand. The work
/// grows with the length of the text, whatever stands in it.
///
/// Cheap to clone. `Debug` shows for how many spellings of secrets it looks. It cannot wipe what it knows: the automaton that
/// looks for them holds copies.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    secrets: Arc<Known>,
}

impl Redactor {
    /// Knows no secret, only their places.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows all of these. What [`hide`](Self::hide) says about one holds for each.
    ///
    /// # Panics
    ///
    /// When they are longer than two gigabytes together.
    #[must_use]
    pub fn with_secrets<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let secrets = secrets.into_iter().map(|secret| Secret::new(secret.as_ref().to_owned()));
        Self { secrets: Arc::new(Known::default().and(secrets)) }
    }

    /// Knows this secret, too: as it is, percent-encoded whatever is encoded of it, as forms encode it, and with the backslashes
    /// of JSON, Python, Rust and C, also in JSON that is quoted in JSON.
    ///
    /// **A secret of less than four bytes is not looked for**: it would hide parts of ordinary words. Nor is one of asterisks, or
    /// one out of the words `<unparseable URI>`. For many of them use [`with_secrets`](Self::with_secrets): each call of this
    /// builds anew what looks for all.
    ///
    /// # Panics
    ///
    /// When the secrets are longer than two gigabytes together.
    #[must_use]
    pub fn hide(self, secret: impl AsRef<str>) -> Self {
        self.hide_all([secret.as_ref()], [])
    }

    /// Knows this password, and the value of the Basic header that is made of it and the login, in both alphabets of base64.
    /// Without a password the login is the secret.
    ///
    /// A login with a password is not looked for alone: it is often a word like `admin`.
    ///
    /// # Panics
    ///
    /// As [`hide`](Self::hide).
    #[must_use]
    pub fn hide_basic(self, login: &str, password: &str) -> Self {
        self.hide_all([], [(login, password)])
    }

    /// Knows all of these, too: what looks for them is built once, and not anew for each.
    pub(crate) fn hide_all<'s>(
        self,
        secrets: impl IntoIterator<Item = &'s str>,
        pairs: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> Self {
        let secrets = secrets.into_iter().map(|secret| Secret::new(secret.to_owned()));
        let pairs = pairs.into_iter().flat_map(|(login, password)| known::of_basic(login, password));
        Self { secrets: Arc::new(self.secrets.and(secrets.chain(pairs))) }
    }

    /// The text without its secrets, borrowed if there is none in it.
    ///
    /// What was redacted once stays what it is: `redact(redact(x))` is `redact(x)`.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        /// Twice is usual. What needs more was made for it.
        const ROUNDS: usize = 6;
        let Some(mut redacted) = self.once(text) else { return Cow::Borrowed(text) };
        // What is left may look like something else without its secret: it is looked at until there is nothing to be found.
        for _ in 0..ROUNDS {
            match self.once(&redacted) {
                Some(again) => redacted = again,
                None => return Cow::Owned(redacted),
            }
        }
        Cow::Borrowed(HIDDEN)
    }

    /// The text without what is found in one walk, or `None` if that is nothing.
    fn once(&self, text: &str) -> Option<String> {
        let mut edits = Edits::default();
        self.secrets.hide(text, &mut edits);
        let mut bounds = Bounds::new(text);
        // How far the last URI went, and up to where URIs and values are hidden: what begins inside of it is hidden with it.
        let (mut uri, mut hidden) = (0, 0);
        for (kind, start, end) in needles::find(text) {
            match kind {
                Kind::ColouredTarget if !terminal::ends_in_sequence(&text.as_bytes()[..=start]) => {}
                Kind::Header | Kind::Variable => {
                    let named = if kind == Kind::Header { Named::Header } else { Named::Variable };
                    let found = named::hide(text, start..end, named, hidden, &mut bounds, &mut edits);
                    hidden = hidden.max(found.unwrap_or_default());
                }
                Kind::Bearer => named::hide_bearer(text, start..end, &mut bounds, &mut edits),
                Kind::Basic => named::hide_basic(text, start..end, &mut bounds, &mut edits),
                _ if start < uri => {}
                _ => {
                    let before = edits.len();
                    uri = match kind {
                        Kind::Uri => uris::hide(text, start..end, &mut bounds, &mut edits),
                        Kind::Debugged => debugged::hide(text, end, &mut bounds, &mut edits),
                        Kind::EncodedUri => uris::hide_encoded(text, start..end, &mut bounds, &mut edits),
                        _ => uris::hide_query(text, end - 1, &mut bounds, &mut edits),
                    };
                    hidden = if edits.len() > before { hidden.max(uri) } else { hidden };
                }
            }
        }
        edits.apply(text)
    }
}
