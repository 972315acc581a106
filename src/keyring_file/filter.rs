//! A change of a keyring that is kept elsewhere than in a file: text in, text out.

use std::fmt;

use zeroize::Zeroizing;

use super::change::Decision;
use super::{Change, FilterError};
use crate::keyring::Step;
use crate::token::TokenSet;

/// What a change made of a keyring's text. `Debug` does not show the text.
#[derive(Clone)]
#[non_exhaustive]
pub struct Filtered {
    /// Whether the tokens changed, or were so already.
    pub step: Step,
    /// The tokens that were there; none when they could not be read and the change did not ask.
    pub before: Option<TokenSet>,
    /// The tokens that are in the new text.
    pub tokens: TokenSet,
    /// The numbers of the lines that were ignored and are not kept, counted from 1.
    pub ignored: Vec<usize>,
    text: Zeroizing<String>,
}

impl Filtered {
    /// The new text: also when nothing changed, and then in the form in which this crate writes it. It holds the tokens;
    /// whoever prints, stores or sends it answers for it.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.text
    }
}

impl Change {
    /// What the change makes of the text of a keyring file.
    ///
    /// ```
    /// use ray_auth::Token;
    /// use ray_auth::keyring_file::Change;
    ///
    /// let staged = Change::Stage(Token::parse("new")?).filter("old\n")?;
    /// let promoted = Change::Promote(None).filter(staged.expose_text())?;
    /// let retired = Change::Retire(None).filter(promoted.expose_text())?;
    /// assert_eq!(retired.expose_text(), "new\n");
    /// assert!(Change::Promote(None).filter(retired.expose_text()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FilterError`] when the text is malformed, or the change is refused.
    ///
    /// # Panics
    ///
    /// As [`Change::apply`].
    pub fn filter(&self, text: impl AsRef<[u8]>) -> Result<Filtered, FilterError> {
        let Decision { step, before, tokens, text, ignored } = self.decide(Some(text.as_ref()))?;
        Ok(Filtered { step, before, tokens, ignored, text })
    }
}

impl fmt::Debug for Filtered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filtered")
            .field("step", &self.step)
            .field("before", &self.before)
            .field("tokens", &self.tokens)
            .field("ignored", &self.ignored)
            .finish_non_exhaustive()
    }
}
