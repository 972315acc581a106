//! Why a source gives no token.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::{FileWarning, HOME_VARIABLE, KeyringTextError, MAX_FILE_LEN, Origin};
use crate::mode::ModeError;
use crate::token::TokenError;

/// Why a [`TokenSource`](super::TokenSource) gives no token. The text names the place and how to mend it, and never holds
/// what was read there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The variables that choose between the places have a value that is not known.
    #[error(transparent)]
    Mode(#[from] ModeError),
    /// No variable names a place, and there is no file at the known ones.
    #[error(
        "no authentication token was found ({}); write one to ~/.ray/auth_token, or to any file and set \
         RAY_AUTH_TOKEN_PATH to its path, or set RAY_AUTH_TOKEN to the token itself; \
         to run without authentication set RAY_AUTH_MODE=disabled",
        looked_in_text(looked_in)
    )]
    Missing {
        /// The files that were looked for, in this order; none when there is not even a home folder.
        looked_in: Vec<PathBuf>,
    },
    /// The file that decides cannot be read.
    #[error("{} {error}", subject(origin))]
    File {
        /// Which file.
        origin: Origin,
        /// What is wrong with it.
        error: FileError,
    },
    /// The place that decides holds what is no token.
    #[error("{} {}", subject(origin), token_text(origin, *error))]
    Token {
        /// Which place.
        origin: Origin,
        /// What is wrong with the token.
        error: TokenError,
    },
    /// The file's first line is a token, and what stands below it is malformed, or was cut short.
    #[error("{} is malformed: {error}", subject(origin))]
    Malformed {
        /// Which file.
        origin: Origin,
        /// What is wrong with it.
        error: KeyringTextError,
    },
    /// Others can read or replace the file, and the source is [strict](super::TokenSource::strict).
    #[error("{} is not private, and strict mode refuses it: {}", subject(origin), joined(warnings))]
    Exposed {
        /// Which file.
        origin: Origin,
        /// How it is exposed; never empty.
        warnings: Vec<FileWarning>,
    },
    /// A new token file, or the folder for it, cannot be written.
    #[error(
        "cannot create {path:?} for a new authentication token: {error}; let this process's user write there, \
         or set RAY_AUTH_TOKEN_PATH to the path of a token file"
    )]
    Create {
        /// The file or the folder.
        path: PathBuf,
        /// What the operating system says.
        error: OsError,
    },
}

impl SourceError {
    /// What is wrong with the text of a file. Line 1 is what Ray reads, so it is named for what it is.
    pub(crate) fn of_text(origin: Origin, error: KeyringTextError) -> Self {
        match error {
            KeyringTextError::Primary(error) => Self::Token { origin, error },
            error => Self::Malformed { origin, error },
        }
    }

    /// Whether nothing is wrong but that there is no token yet: no variable names one, and no file is there.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        let absent = |error: &FileError| matches!(error, FileError::NotFound | FileError::DanglingLink);
        match self {
            Self::Missing { .. } => true,
            Self::File { error, .. } => absent(error),
            _ => false,
        }
    }
}

/// What is wrong with a token file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is nothing of this name.
    #[error("cannot be opened: it does not exist; create it, or name one that exists")]
    NotFound,
    /// There is a symbolic link of this name, to nothing.
    #[error("cannot be opened: it is a symbolic link to nothing; create its target, or remove the link")]
    DanglingLink,
    /// It is not a file that holds bytes.
    #[error("cannot be opened as a file: it is a {0}; name a regular file")]
    NotRegular(FileKind),
    /// The operating system does not let it be opened.
    #[error("cannot be opened: {0}; mend its path, or let this process's user read it")]
    Open(OsError),
    /// It was opened, and reading failed.
    #[error("cannot be read: {0}; mend the file system it is on, or put the file elsewhere")]
    Read(OsError),
    /// It is larger than [`MAX_FILE_LEN`], or grew beyond while it was read.
    #[error("is larger than {MAX_FILE_LEN} bytes; name a file that holds only tokens")]
    TooLarge,
}

/// What stands where a regular file should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A device, such as `/dev/null`.
    Device,
    /// Something else.
    Other,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "folder",
            Self::Fifo => "named pipe",
            Self::Socket => "socket",
            Self::Device => "device",
            Self::Other => "special file",
        })
    }
}

/// What an operating system says about a failure: an [`io::Error`] that can be cloned and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OsError {
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl OsError {
    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.kind
    }

    /// The operating system's own number for it, if it has one.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.code
    }
}

impl From<&io::Error> for OsError {
    fn from(error: &io::Error) -> Self {
        Self { kind: error.kind(), code: error.raw_os_error() }
    }
}

impl From<io::Error> for OsError {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

impl fmt::Display for OsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => io::Error::from_raw_os_error(code).fmt(f),
            None => self.kind.fmt(f),
        }
    }
}

/// How a sentence about the place begins. That a variable is set stands first, since that is what people look for.
fn subject(origin: &Origin) -> String {
    match origin {
        Origin::PathVariable(path) => format!("RAY_AUTH_TOKEN_PATH is set but its file {path:?}"),
        origin => origin.to_string(),
    }
}

fn token_text(origin: &Origin, error: TokenError) -> String {
    match (origin, error) {
        (Origin::Variable, TokenError::Empty) => {
            "is set but holds only blanks; set it to a token, or unset it to use RAY_AUTH_TOKEN_PATH or \
             ~/.ray/auth_token"
                .to_owned()
        }
        (_, TokenError::Empty) => {
            "is empty, or its first line is blank; put a token on line 1, for example the output \
                                   of `ray-auth get-auth-token --generate`"
                .to_owned()
        }
        (_, error) => format!("holds no usable token: {error}"),
    }
}

fn looked_in_text(looked_in: &[PathBuf]) -> String {
    if looked_in.is_empty() {
        return format!("no variable names one, and {HOME_VARIABLE} is not set");
    }
    let files: Vec<_> = looked_in.iter().map(|path| format!("{path:?}")).collect();
    format!("no variable names one, and there is no {}", files.join(" and no "))
}

fn joined(warnings: &[FileWarning]) -> String {
    let texts: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
