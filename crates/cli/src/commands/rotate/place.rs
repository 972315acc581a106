//! Where the keyring is, and how a step is taken there.

use std::path::PathBuf;

use ray_auth::keyring::Step;
use ray_auth::keyring_file::{Change, ChangeError, Changed, FilterError, Filtered, KeyringFile, KeyringFileError};
use ray_auth::source::{FileWarning, KeyringText, TokenSource};
use ray_auth::token::TokenSet;
use zeroize::Zeroizing;

use super::advice;
use super::args::Where;
use super::verify::Condition;
use crate::exit::{Exit, Failure};

/// Where the keyring is.
pub(super) enum Place {
    /// In a file that processes follow.
    File(KeyringFile),
    /// Elsewhere; this is its text.
    Text(Zeroizing<Vec<u8>>),
}

/// What a step came to.
pub(super) struct Outcome {
    pub(super) step: Step,
    /// None when they could not be read and the step did not ask.
    pub(super) before: Option<TokenSet>,
    pub(super) tokens: TokenSet,
    pub(super) warnings: Vec<String>,
    /// The new text of a keyring that is kept elsewhere.
    pub(super) text: Option<Filtered>,
}

/// A step that was not taken: what is wrong, and how to mend it.
pub(super) struct Refused {
    pub(super) exit: Exit,
    pub(super) problem: String,
}

impl Refused {
    fn new(exit: Exit, problem: impl std::fmt::Display) -> Self {
        Self { exit, problem: problem.to_string() }
    }

    /// Something other than the rules was in the way.
    pub(super) fn failed(failure: &Failure) -> Self {
        let problem = failure.text().trim_end();
        Self::new(failure.exit(), problem.strip_prefix("error: ").unwrap_or(problem))
    }

    /// The running processes are not ready.
    pub(super) fn not_ready(problem: String) -> Self {
        Self { exit: Exit::No, problem }
    }
}

impl From<KeyringFileError> for Refused {
    fn from(error: KeyringFileError) -> Self {
        let exit = match &error {
            KeyringFileError::Refused { .. }
            | KeyringFileError::Locked { .. }
            | KeyringFileError::Lock { .. }
            | KeyringFileError::ChangedMeanwhile { .. }
            | KeyringFileError::Rights { .. }
            | KeyringFileError::Write { .. } => Exit::No,
            // The file is not one that can be rewritten, or makes no sense.
            _ => Exit::BadInput,
        };
        Self::new(exit, error)
    }
}

impl From<FilterError> for Refused {
    fn from(error: FilterError) -> Self {
        let exit = if matches!(error, FilterError::Refused(_)) { Exit::No } else { Exit::BadInput };
        Self::new(exit, error)
    }
}

impl Place {
    /// The place that the command line names, or the file in force here.
    pub(super) fn find(at: &Where) -> Result<Self, Refused> {
        if let Some(input) = &at.input {
            let text =
                input.read().map_err(|error| Refused::new(Exit::BadInput, format_args!("what --in names {error}")))?;
            return Ok(Self::Text(text));
        }
        let file = match &at.token_path {
            Some(path) => KeyringFile::new(path),
            None => KeyringFile::of(&TokenSource::from_env().map_err(KeyringFileError::from)?)?,
        };
        Ok(Self::File(file))
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::File(file) => Some(file.path().to_owned()),
            Self::Text(_) => None,
        }
    }

    /// What is there, to be judged before anything is changed.
    pub(super) fn tokens(&self) -> Result<TokenSet, Refused> {
        match self {
            Self::File(file) => {
                let loaded = file.read().map_err(KeyringFileError::from)?;
                let mut warnings = loaded.warnings;
                if warnings.iter().any(|warning| matches!(warning, FileWarning::TokensNotUsed { .. })) {
                    warnings.retain(FileWarning::lets_others_write);
                    return Err(KeyringFileError::Exposed { path: file.path().to_owned(), warnings }.into());
                }
                Ok(loaded.tokens)
            }
            Self::Text(text) => Ok(KeyringText::parse(&**text).map_err(FilterError::from)?.tokens),
        }
    }

    /// The refusal of a change, as the change itself would say it.
    pub(super) fn refused(&self, error: ChangeError) -> Refused {
        match self {
            Self::File(file) => KeyringFileError::Refused { path: file.path().to_owned(), error }.into(),
            Self::Text(_) => FilterError::from(error).into(),
        }
    }

    /// Takes the step.
    pub(super) fn take(&self, change: &Change) -> Result<Outcome, Refused> {
        match self {
            Self::File(file) => match file.change(change) {
                Ok(changed) => Ok(Outcome::of_file(changed)),
                Err(error @ KeyringFileError::Source(_)) if matches!(change, Change::Install(_)) => Err(Refused::new(
                    Exit::BadInput,
                    format_args!("{error}; to put this keyring there whatever is there, add --force"),
                )),
                Err(error) => Err(error.into()),
            },
            Self::Text(text) => {
                let filtered = change.filter(&**text)?;
                let ignored = (!filtered.ignored.is_empty()).then(|| advice::ignored("the keyring", &filtered.ignored));
                Ok(Outcome {
                    step: filtered.step,
                    before: filtered.before.clone(),
                    tokens: filtered.tokens.clone(),
                    warnings: ignored.into_iter().collect(),
                    text: Some(filtered),
                })
            }
        }
    }

    /// Takes a step that running processes were found to be ready for, and no other: somebody may have changed the file
    /// since it was looked at.
    pub(super) fn take_verified(
        &self,
        change: &Change,
        before: &TokenSet,
        condition: &Condition,
    ) -> Result<Outcome, Refused> {
        let Self::File(_) = self else { return self.take(change) };
        let nothing = Outcome {
            step: Step::AlreadyDone,
            before: Some(before.clone()),
            tokens: before.clone(),
            warnings: Vec::new(),
            text: None,
        };
        condition.changes().iter().try_fold(nothing, |earlier, change| {
            let outcome = self.take(change)?;
            let step = if earlier.step == Step::Done { Step::Done } else { outcome.step };
            Ok(Outcome { step, before: earlier.before, ..outcome })
        })
    }
}

impl Outcome {
    fn of_file(changed: Changed) -> Self {
        let Changed { step, before, tokens, warnings, .. } = changed;
        Self { step, before, tokens, warnings: warnings.iter().map(ToString::to_string).collect(), text: None }
    }
}
