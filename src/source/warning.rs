//! What is to be said about a token file that is used all the same.

use std::fmt;
#[cfg(feature = "tls")]
use std::path::Path;
use std::path::PathBuf;

/// How many line numbers a text names.
const NAMED_LINES: usize = 8;

/// Something about a token file that somebody should mend, and that does not keep it from being used.
///
/// Who can read or write is judged by mode bits and owners, on Unix only; elsewhere there are no such findings. The folder
/// is the one the path names and, when the path is a link, also the one its target is in: whoever can write there can put
/// another file in place. Where [others could have written](FileWarning::lets_others_write) the file, only its first line
/// is used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileWarning {
    /// Every user can read the file.
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file's group, or every user, can write it.
    FileWritableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The folder's group, or every user, can replace files in it: it can be written and has no sticky bit.
    FolderWritableByOthers {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file or its folder belongs to a user who is neither root nor the effective user of this process.
    ForeignOwner {
        /// The file or the folder.
        path: PathBuf,
        /// The number of the user it belongs to.
        owner: u32,
    },
    /// The folder could not be examined, so who can write there is not known.
    FolderNotExamined {
        /// The folder.
        path: PathBuf,
    },
    /// Lines of the file are no tokens, no comments and not empty; they are ignored.
    IgnoredLines {
        /// The file.
        path: PathBuf,
        /// The numbers of the lines, counted from 1.
        lines: Vec<usize>,
    },
    /// Tokens below line 1 are not used, because others could have written them.
    TokensNotUsed {
        /// The file.
        path: PathBuf,
        /// How many there are.
        count: usize,
    },
}

impl FileWarning {
    /// Whether it means that another user could have written the file, or put it there. Tokens below the first line are
    /// not used then.
    #[must_use]
    pub fn lets_others_write(&self) -> bool {
        match self {
            Self::FileWritableByOthers { .. }
            | Self::FolderWritableByOthers { .. }
            | Self::ForeignOwner { .. }
            | Self::FolderNotExamined { .. } => true,
            Self::ReadableByOthers { .. } | Self::IgnoredLines { .. } | Self::TokensNotUsed { .. } => false,
        }
    }
}

#[cfg(feature = "tls")]
impl FileWarning {
    /// The file or the folder it is about.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::ReadableByOthers { path, .. }
            | Self::FileWritableByOthers { path, .. }
            | Self::FolderWritableByOthers { path, .. }
            | Self::ForeignOwner { path, .. }
            | Self::FolderNotExamined { path }
            | Self::IgnoredLines { path, .. }
            | Self::TokensNotUsed { path, .. } => path,
        }
    }
}

impl fmt::Display for FileWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadableByOthers { path, mode } => {
                write!(f, "{path:?} can be read by every user (mode {mode:04o}); take that away with chmod o-r")
            }
            Self::FileWritableByOthers { path, mode } => {
                write!(f, "{path:?} can be written by other users (mode {mode:04o}); take that away with chmod go-w")
            }
            Self::FolderWritableByOthers { path, mode } => write!(
                f,
                "other users can replace files in the folder {path:?} (mode {mode:04o}); \
                 take that away with chmod go-w"
            ),
            Self::ForeignOwner { path, owner } => write!(
                f,
                "{path:?} belongs to the user with number {owner}, which is neither root nor this process's; \
                 change that with chown"
            ),
            Self::FolderNotExamined { path } => {
                write!(f, "the folder {path:?} cannot be examined; let this process's user search it")
            }
            Self::IgnoredLines { path, lines } => write!(
                f,
                "{path:?} has lines that are no tokens and are ignored ({}); remove them, or begin them with `#`, \
                 `next` or `accept`",
                Lines(lines)
            ),
            Self::TokensNotUsed { path, count } => write!(
                f,
                "{count} more tokens in {path:?} are not used, since other users could have written them; \
                 let only this process's user and root write there"
            ),
        }
    }
}

/// Shows line numbers as `line 2, line 3 and 7 more`.
struct Lines<'a>(&'a [usize]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (named, more) = self.0.split_at(self.0.len().min(NAMED_LINES));
        for (index, line) in named.iter().enumerate() {
            write!(f, "{}line {line}", if index == 0 { "" } else { ", " })?;
        }
        if more.is_empty() { Ok(()) } else { write!(f, " and {} more", more.len()) }
    }
}
