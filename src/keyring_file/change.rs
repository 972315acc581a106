//! The changes of a keyring file, as functions of what is there: they know no files.

use zeroize::Zeroizing;

use super::{ChangeError, FilterError, Selector};
use crate::keyring::{KeyringError, Step, rules};
use crate::source::KeyringText;
use crate::token::{Token, TokenSet};

/// A change of a keyring file, or of a keyring's text that is kept elsewhere. See [`KeyringFile`](super::KeyringFile) for
/// what each does and when it is refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// This token is accepted, and not sent yet.
    Stage(Token),
    /// A new random token is accepted, and not sent yet; unless one is staged already.
    StageGenerated,
    /// The staged token is sent, and the primary so far is accepted; with a selector, only if it names the staged token.
    Promote(Option<Selector>),
    /// Only the primary is accepted; with a selector, only the token it names is dropped.
    Retire(Option<Selector>),
    /// The staged token is dropped.
    Abort,
    /// All tokens are replaced, unless that skips a step.
    Install(TokenSet),
    /// All tokens are replaced, whatever is there.
    DangerousInstall(TokenSet),
}

/// What a change makes of a keyring's text.
pub(super) struct Decision {
    pub(super) step: Step,
    /// What was there, if it could be read.
    pub(super) before: Option<TokenSet>,
    pub(super) tokens: TokenSet,
    /// The text that says so.
    pub(super) text: Zeroizing<String>,
    /// The lines of the old text that are nothing.
    pub(super) ignored: Vec<usize>,
}

impl Change {
    /// What the change makes of these tokens; `None` when it is so already.
    ///
    /// # Errors
    ///
    /// [`ChangeError`] when it would break a cluster, or makes no sense now.
    ///
    /// # Panics
    ///
    /// As [`Token::generate`], where a token is to be generated.
    pub fn apply(&self, tokens: &TokenSet) -> Result<Option<TokenSet>, ChangeError> {
        Ok(match self {
            Self::Stage(next) => rules::stage(tokens, next)?,
            Self::StageGenerated if tokens.next().is_some() => None,
            Self::StageGenerated => rules::stage(tokens, &Token::generate())?,
            Self::Promote(which) => promote(tokens, *which)?,
            Self::Retire(None) => rules::retire(tokens, |_| true)?,
            Self::Retire(Some(which)) => retire(tokens, *which)?,
            Self::Abort => rules::abort(tokens)?,
            Self::Install(new) => rules::replace(tokens, new)?,
            Self::DangerousInstall(new) => rules::dangerous_replace(tokens, new),
        })
    }

    /// Whether there must be something to change.
    pub(super) fn needs_a_file(&self) -> bool {
        !matches!(self, Self::DangerousInstall(_))
    }

    /// What the change makes of a text; none where there is no file.
    pub(super) fn decide(&self, text: Option<&[u8]>) -> Result<Decision, FilterError> {
        let read = KeyringText::parse(text.unwrap_or_default());
        let (step, before, tokens, ignored) = match (self, read) {
            (change, Ok(KeyringText { tokens: before, ignored, .. })) => {
                let after = change.apply(&before)?;
                let step = if after.is_some() { Step::Done } else { Step::AlreadyDone };
                (step, Some(before.clone()), after.unwrap_or(before), ignored)
            }
            (Self::DangerousInstall(tokens), Err(_)) => (Step::Done, None, tokens.clone(), Vec::new()),
            (_, Err(error)) => return Err(FilterError::Text(error)),
        };
        let text = KeyringText::render(&tokens).map_err(|_| ChangeError::Keyword)?;
        Ok(Decision { step, before, tokens, text, ignored })
    }
}

fn promote(tokens: &TokenSet, which: Option<Selector>) -> Result<Option<TokenSet>, ChangeError> {
    if let Some(asked) = which {
        asked.check(tokens)?;
        if asked.names(tokens.primary()) {
            return Ok(None);
        }
        if tokens.next().is_some_and(|next| !asked.names(next)) {
            return Err(ChangeError::OtherStaged { asked });
        }
    }
    match rules::promote(tokens) {
        // An old token is accepted: the promotion that made it one was the last step.
        Err(KeyringError::NothingStaged) if which.is_none() && !tokens.accepted().is_empty() => Ok(None),
        promoted => Ok(promoted?),
    }
}

fn retire(tokens: &TokenSet, asked: Selector) -> Result<Option<TokenSet>, ChangeError> {
    asked.check(tokens)?;
    if asked.names(tokens.primary()) {
        return Err(ChangeError::IsPrimary { asked });
    }
    Ok(rules::retire(tokens, |token| asked.names(token))?)
}

#[cfg(test)]
mod tests;
