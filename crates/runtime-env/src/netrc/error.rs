//! Why a netrc file is not used.

use std::fmt;
use std::path::{Path, PathBuf};

use ray_auth::source::FileError;

use super::{Exposure, MAX_FILE_LEN};

/// What is wrong with the text of a netrc file, and where. It never holds a word of the text: netrc's usual fault is a
/// password with a blank in it, and then the word that is wrong is half of the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
#[non_exhaustive]
pub struct ParseError {
    /// The line, counted from 1. A value that is missing is missed at its keyword.
    pub line: usize,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

/// What can be wrong with the text of a netrc file. The text says how to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// A word that is no keyword stands where one is expected.
    #[error(
        "a word that is no keyword, where one of machine, default, login, user, account, password, macdef or a # is \
         expected; put a value with blanks in it between double quotes"
    )]
    UnexpectedToken,
    /// The text ends after a keyword that needs a value, or a machine's name is empty.
    #[error("a keyword without its value; write the value after it, or remove the keyword")]
    MissingValue,
    /// A value begins with a double quote, and its line has no other that ends it.
    #[error(
        "a quoted value that does not end on its line; end it with a double quote, or write a backslash before a \
         double quote that belongs to it"
    )]
    UnterminatedQuote,
    /// A line ends after a backslash.
    #[error("a backslash at the end of a line; write two for a backslash that belongs to the value")]
    UnfinishedEscape,
    /// A value holds a control character, which no HTTP header may carry.
    #[error("a value with a control character in it; remove that character")]
    ControlCharacter,
    /// A login holds a colon, which ends the user name in HTTP's Basic scheme (RFC 7617).
    #[error("a login with a colon in it, which HTTP's Basic scheme cannot carry; use another login")]
    ColonInLogin,
    /// A macro is not ended by an empty line.
    #[error("a macdef that no empty line ends; add an empty line after it, or remove the macro")]
    UnterminatedMacdef,
    /// The text is not UTF-8.
    #[error("bytes that are not UTF-8; save the file as UTF-8")]
    BadUtf8,
}

/// Why a netrc file is not used. The text names the file and how to mend it, and never holds what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetrcError {
    /// `NETRC` begins with `~`, and which folder that is is not known: `HOME` is not set, or it is another user's.
    UnknownHome {
        /// The variable's value.
        path: PathBuf,
    },
    /// The file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it. [`FileError::TooLarge`] means larger than [`MAX_FILE_LEN`].
        error: FileError,
    },
    /// The file's text is malformed. None of it is used, also not what stands above the fault.
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and on which line.
        error: ParseError,
    },
    /// Others can read or write the file, or it is another user's.
    Exposed {
        /// The file.
        path: PathBuf,
        /// How it is exposed; never empty.
        exposures: Vec<Exposure>,
    },
}

impl NetrcError {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::File { error: FileError::NotFound, .. } => "netrc_missing",
            Self::UnknownHome { .. } | Self::File { .. } => "netrc_unreadable",
            Self::Malformed { .. } => "netrc_malformed",
            Self::Exposed { .. } => "netrc_exposed",
        }
    }

    /// The file it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::UnknownHome { path }
            | Self::File { path, .. }
            | Self::Malformed { path, .. }
            | Self::Exposed { path, .. } => path,
        }
    }
}

impl fmt::Display for NetrcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownHome { path } => write!(
                f,
                "NETRC is set to {path:?}, and the home folder that it begins with is not known; write the whole path, \
                 or set NETRC to nothing to do without netrc"
            ),
            Self::File { path, error: FileError::TooLarge } => write!(
                f,
                "the netrc file {path:?} is larger than {MAX_FILE_LEN} bytes; keep only the machines that are needed"
            ),
            Self::File { path, error } => write!(f, "the netrc file {path:?} {error}"),
            Self::Malformed { path, error } => write!(f, "the netrc file {path:?} is malformed: {error}"),
            Self::Exposed { path, exposures } => {
                write!(f, "the netrc file {path:?} is not private: ")?;
                for (index, exposure) in exposures.iter().enumerate() {
                    write!(f, "{}{exposure}", if index == 0 { "" } else { ", and " })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for NetrcError {}
