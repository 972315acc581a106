//! Why a keyring file is not changed.

use std::path::PathBuf;
use std::time::Duration;

use super::Selector;
use crate::keyring::KeyringError;
use crate::source::{FileWarning, ForeignLink, KeyringTextError, Origin, OsError, SourceError};

/// Why a [`KeyringFile`](super::KeyringFile) was not changed. The text says how to mend it and never holds a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringFileError {
    /// The source is no file that can be rewritten.
    #[error("{}", no_file(origin))]
    NoFile {
        /// Where the token is.
        origin: Origin,
    },
    /// The file cannot be read, or is malformed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The change would break a cluster, or makes no sense now.
    #[error("{path:?} stays as it is: {error}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        error: ChangeError,
    },
    /// Processes would not use what the change adds, since others could have written it.
    #[error("{path:?} stays as it is: no process would use a token below its first line, since {}", joined(warnings))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who could have written it; never empty.
        warnings: Vec<FileWarning>,
    },
    /// The file is in a volume that Kubernetes writes from a Secret.
    #[error(
        "{path:?} is in the volume {volume:?}, which Kubernetes writes; change the Secret instead: take the step on its \
         text with `--in FILE --out FILE`, and apply it"
    )]
    Projected {
        /// The file.
        path: PathBuf,
        /// The folder where the volume is mounted.
        volume: PathBuf,
    },
    /// The file system is mounted for reading only.
    #[error(
        "{path:?} is on a file system that is mounted for reading only; change it where it is written, or take the step \
         on its text with `--in FILE --out FILE`"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Something is mounted on the file itself, so it cannot be put in its place.
    #[error(
        "{path:?} is mounted by itself and cannot be replaced from inside; mount the folder it is in instead, or change \
         the file outside"
    )]
    MountPoint {
        /// The file.
        path: PathBuf,
    },
    /// The path leads through a link that somebody else planted.
    #[error(transparent)]
    ForeignLink(#[from] ForeignLink),
    /// Another process did not finish with the file in time.
    #[error(
        "another process is changing the file: {lock:?} was not free for {waited:?}; wait for it, and run this again"
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Files cannot be locked here, so two changes at once could undo each other.
    #[error(
        "{lock:?} cannot be locked here ({error}), and without a lock two changes could undo each other; put the file on a \
         local file system"
    )]
    LockUnsupported {
        /// The lock file.
        lock: PathBuf,
        /// What the operating system says.
        error: OsError,
    },
    /// The lock file cannot be created, opened or locked.
    #[error("the lock file {lock:?} cannot be used: {error}; let this process's user write it and its folder")]
    Lock {
        /// The lock file.
        lock: PathBuf,
        /// What the operating system says.
        error: OsError,
    },
    /// Somebody changed the file who did not ask for the lock.
    #[error("{path:?} was changed by somebody else just now and stays so; look at it, and run this again")]
    ChangedMeanwhile {
        /// The file.
        path: PathBuf,
    },
    /// The new file cannot have the old one's owner, group, mode and access list.
    #[error(
        "{path:?} stays as it is, since a new file in its place cannot have its owner, group and mode: {error}; run this \
         as its owner, or as root"
    )]
    Rights {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: OsError,
    },
    /// A new file cannot be written, or not put in place.
    #[error(
        "{path:?} stays as it is, since a new file in its place cannot be written: {error}; mend that, and run this again"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: OsError,
    },
}

/// Why a [`Change`](super::Change) of some tokens is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// By the rules of a rotation.
    #[error(transparent)]
    Rule(#[from] KeyringError),
    /// `promote` of another token than the staged one.
    #[error("the staged token is not {asked}; promote the one that is staged, or abort and stage that one")]
    OtherStaged {
        /// Which was asked for.
        asked: Selector,
    },
    /// `retire` of the primary.
    #[error("{asked} is the primary, which every process sends; stage and promote another one first")]
    IsPrimary {
        /// Which was asked for.
        asked: Selector,
    },
    /// Several tokens have the fingerprint that was asked for.
    #[error(
        "{asked} is the fingerprint of more than one token; take the step without naming one, or install other tokens"
    )]
    Ambiguous {
        /// Which was asked for.
        asked: Selector,
    },
    /// A token begins with a word that a keyring file uses.
    #[error("a token that begins with `next ` or `accept ` cannot be the first of several in a file; use another one")]
    Keyword,
}

/// Why a [`Change`](super::Change) of a keyring's text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The text is malformed.
    #[error("the keyring is malformed: {0}")]
    Text(#[from] KeyringTextError),
    /// The change would break a cluster, or makes no sense now.
    #[error(transparent)]
    Refused(#[from] ChangeError),
}

fn no_file(origin: &Origin) -> String {
    match origin {
        Origin::ServiceAccount(_) => {
            format!("{origin} is written by Kubernetes, which renews it by itself; there is nothing to rotate")
        }
        origin => format!(
            "{origin} holds the token itself, which changes only when processes are started again; put it into a file \
             and set RAY_AUTH_TOKEN_PATH to its path"
        ),
    }
}

fn joined(warnings: &[FileWarning]) -> String {
    let texts: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
