//! The names of the places tokens come from.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{PATH_VARIABLE, TOKEN_VARIABLE};

/// Where a token was found, or was looked for. Prints as people would name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The variable `RAY_AUTH_TOKEN`. What it holds can change only with the process.
    Variable,
    /// The file at this path, which `RAY_AUTH_TOKEN_PATH` names.
    PathVariable(PathBuf),
    /// The service account's token that KubeRay mounts at this path.
    ServiceAccount(PathBuf),
    /// The file at this path, under the user's home folder.
    Default(PathBuf),
    /// The file at this path, which the program names.
    File(PathBuf),
}

impl Origin {
    /// The path of the file, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Variable => None,
            Self::PathVariable(path) | Self::ServiceAccount(path) | Self::Default(path) | Self::File(path) => {
                Some(path)
            }
        }
    }

    /// Whether the next place is asked when there is no file here.
    pub(super) fn may_be_absent(&self) -> bool {
        matches!(self, Self::ServiceAccount(_) | Self::Default(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => f.write_str(TOKEN_VARIABLE),
            Self::PathVariable(path) => write!(f, "the file {path:?} named by {PATH_VARIABLE}"),
            Self::ServiceAccount(path) => write!(f, "the service account token {path:?}"),
            Self::Default(path) => write!(f, "the default token file {path:?}"),
            Self::File(path) => write!(f, "the token file {path:?}"),
        }
    }
}
