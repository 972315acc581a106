//! A rotation on a keyring file: each step is one change of the file that all processes of a cluster follow.
//!
//! The file is a [token file with more tokens below its first line](crate::source::KeyringText). Each step is **taken**
//! when it keeps every peer able to call every other, by the same rules as those of a [`Keyring`](crate::Keyring), and
//! changes nothing when it is taken twice; otherwise it is **refused**, and the file is as it was. The steps know this one
//! file only: whether every process follows is for the caller to find out before the next step.
//!
//! # What a change does
//!
//! 1. The path is resolved through its links once; what stands there is changed, and the links stay. A volume that
//!    Kubernetes writes, and a file system that is mounted for reading only, are refused.
//! 2. `<file>.lock` beside it is locked, for at most [`KeyringFile::LOCK_WAIT`] of waiting, so that several processes that
//!    change the file take turns. The lock file stays; it is empty.
//! 3. The file is read and judged. Where its owner's processes would [not use](crate::source::FileWarning) tokens below
//!    line 1, a change that leaves such tokens is refused.
//! 4. The new text is written to a file beside it, which gets the old one's owner, group, mode and access list. Where
//!    they cannot be kept nothing is changed.
//! 5. If meanwhile somebody changed the file who does not ask for the lock, an editor for example, nothing is changed.
//! 6. The new file is flushed to the disk and put in the old one's place by a rename: readers see one or the other, whole.
//!
//! A process that dies while it writes leaves a file behind, named `.<file>.`, six random letters and `.new`; the next
//! change removes it. Comments and other lines of the old file are not kept. A second name of the file (a hard link)
//! keeps the old content.
//!
//! Keyrings that are kept elsewhere, in a vault or a Kubernetes Secret, take the same steps as text:
//! [`Change::filter`].
//!
//! ```
//! use ray_auth::Token;
//! use ray_auth::keyring::{KeyringError, Step};
//! use ray_auth::keyring_file::{ChangeError, KeyringFile, KeyringFileError};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("auth_token");
//! std::fs::write(&path, "the-old-token\n")?;
//!
//! let file = KeyringFile::new(&path);
//! assert_eq!(file.stage(Token::parse("the-new-token")?)?.step, Step::Done);
//! assert_eq!(file.promote(None)?.step, Step::Done);
//! assert_eq!(file.promote(None)?.step, Step::AlreadyDone);
//! assert!(file.read()?.tokens.primary().matches("the-new-token"));
//! assert_eq!(file.retire(None)?.step, Step::Done);
//! assert_eq!(std::fs::read_to_string(&path)?, "the-new-token\n");
//!
//! let refused = file.promote(None).unwrap_err();
//! let nothing_staged = ChangeError::Rule(KeyringError::NothingStaged);
//! assert!(matches!(refused, KeyringFileError::Refused { error, .. } if error == nothing_staged));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change;
mod error;
mod filter;
mod lock;
mod place;
mod rights;
mod selector;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use self::change::Change;
pub use self::error::{ChangeError, FilterError, KeyringFileError};
pub use self::filter::Filtered;
pub use self::selector::{Selector, SelectorError};
use crate::keyring::Step;
use crate::source::{FileWarning, Loaded, Origin, SourceError, TokenSource};
use crate::token::{Token, TokenSet};

/// A keyring file, by its path. See the [module](self) for what a change of it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringFile {
    path: PathBuf,
    lock_wait: Duration,
}

/// What a change of a keyring file came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Changed {
    /// Whether the file was changed, or was so already.
    pub step: Step,
    /// The tokens that were there; none when the file was missing or malformed and the change did not ask.
    pub before: Option<TokenSet>,
    /// The tokens that are there now.
    pub tokens: TokenSet,
    /// Who else can read or write the file, as this process sees it, and what of the old file was not kept.
    pub warnings: Vec<FileWarning>,
}

impl KeyringFile {
    /// How long a change waits for another process to be done with the file, unless
    /// [told otherwise](KeyringFile::with_lock_wait).
    pub const LOCK_WAIT: Duration = Duration::from_secs(10);

    /// The file at this path. It is not touched yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), lock_wait: Self::LOCK_WAIT }
    }

    /// The file that a source reads now: of several the first that is there. Whether it can be read is not asked.
    ///
    /// # Errors
    ///
    /// [`KeyringFileError::NoFile`] when that is a variable, or a service account's token, which Kubernetes writes;
    /// [`SourceError::Missing`] when the source has no place at all.
    pub fn of(source: &TokenSource) -> Result<Self, KeyringFileError> {
        match source.in_force() {
            Some(Origin::PathVariable(path) | Origin::Default(path) | Origin::File(path)) => Ok(Self::new(path)),
            Some(origin @ (Origin::Variable | Origin::ServiceAccount(_))) => Err(KeyringFileError::NoFile { origin }),
            None => Err(SourceError::Missing { looked_in: Vec::new() }.into()),
        }
    }

    /// Waits this long for another process to be done with the file; with zero a change is refused at once then.
    #[must_use]
    pub fn with_lock_wait(self, lock_wait: Duration) -> Self {
        Self { lock_wait, ..self }
    }

    /// The path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a process of this user would load from the file: of one that others could have written, line 1 alone.
    ///
    /// # Errors
    ///
    /// As [`TokenSource::load`].
    pub fn read(&self) -> Result<Loaded, SourceError> {
        TokenSource::file(&self.path).load()
    }

    /// The first step of a rotation: `next` is accepted, and not sent yet. Staging the token that is staged already changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// As [`KeyringFile::change`]; refused when another token is staged, when `next` is the primary, and while an old
    /// token of the last rotation is accepted.
    pub fn stage(&self, next: Token) -> Result<Changed, KeyringFileError> {
        self.change(&Change::Stage(next))
    }

    /// The first step with a new random token. When any token is staged already nothing is changed, and that one is the
    /// `next` of what is returned.
    ///
    /// # Errors
    ///
    /// As [`KeyringFile::change`]; refused while an old token of the last rotation is accepted.
    ///
    /// # Panics
    ///
    /// As [`Token::generate`].
    pub fn stage_generated(&self) -> Result<Changed, KeyringFileError> {
        self.change(&Change::StageGenerated)
    }

    /// The second step: the staged token is sent, and the primary so far is accepted. With a selector only if it names
    /// the staged token. When it names the primary, or nothing is staged and an old token is accepted, this was done
    /// already.
    ///
    /// Safe when every process of the cluster accepts the staged token.
    ///
    /// # Errors
    ///
    /// As [`KeyringFile::change`]; refused when nothing is staged, or another token than the named one.
    pub fn promote(&self, which: Option<Selector>) -> Result<Changed, KeyringFileError> {
        self.change(&Change::Promote(which))
    }

    /// The last step: only the primary is accepted. With a selector only the named token is no longer accepted. Without
    /// such tokens this was done already.
    ///
    /// Safe when every process of the cluster sends the new primary, and no call with the old token waits inside a client.
    ///
    /// # Errors
    ///
    /// As [`KeyringFile::change`]; refused while a token is staged, and for the primary.
    pub fn retire(&self, which: Option<Selector>) -> Result<Changed, KeyringFileError> {
        self.change(&Change::Retire(which))
    }

    /// Gives up a rotation before its second step: the staged token is no longer accepted. Without one nothing changes.
    ///
    /// # Errors
    ///
    /// As [`KeyringFile::change`].
    pub fn abort(&self) -> Result<Changed, KeyringFileError> {
        self.change(&Change::Abort)
    }

    /// Replaces all tokens by those of another copy of the file.
    ///
    /// # Errors
    ///
    /// As [`KeyringFile::change`]; refused when that skips a step: when the new primary is not accepted so far, or the
    /// primary so far would no longer be.
    pub fn install(&self, tokens: TokenSet) -> Result<Changed, KeyringFileError> {
        self.change(&Change::Install(tokens))
    }

    /// Replaces all tokens without asking what is there, also where the file is malformed, or is not there: then it is
    /// created with mode 0600. Where a step is skipped, calls fail until every process has the new tokens.
    ///
    /// # Errors
    ///
    /// As [`KeyringFile::change`].
    pub fn dangerous_install(&self, tokens: TokenSet) -> Result<Changed, KeyringFileError> {
        self.change(&Change::DangerousInstall(tokens))
    }

    /// Changes the file. Blocks the calling thread, for the lock and for the disk.
    ///
    /// # Errors
    ///
    /// [`KeyringFileError`]; the file is as it was then.
    ///
    /// # Panics
    ///
    /// As [`Token::generate`], where a token is to be generated.
    pub fn change(&self, change: &Change) -> Result<Changed, KeyringFileError> {
        write::change(&self.path, self.lock_wait, change.needs_a_file(), |text| change.decide(text))
    }
}

#[cfg(test)]
mod tests;
