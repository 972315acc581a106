//! Where a process's tokens come from: a variable, a file that a variable names, or a file at a known place.
//!
//! [`TokenSource::from_env`] looks in Ray's places in Ray's order, and the first that is set decides:
//!
//! 1. `RAY_AUTH_TOKEN`, unless it is empty: the token itself. Blanks alone are an error; they do not pass the turn on.
//! 2. `RAY_AUTH_TOKEN_PATH`, unless it is empty: the path of a file, taken as it is (`~` and `$HOME` are not expanded,
//!    blanks belong to it, a relative one starts at the working directory). A file that cannot be used is an error, even
//!    when there is a default file.
//! 3. Only with `RAY_ENABLE_K8S_TOKEN_AUTH`: `/var/run/secrets/ray.io/serviceaccount/token`, where KubeRay mounts a
//!    service account's token. Only where there is no such file is the next place asked.
//! 4. `$HOME/.ray/auth_token` (`%USERPROFILE%\.ray\auth_token` on Windows).
//!
//! A file's token is its first line without the blanks around it; lines below it may name [more](KeyringText) for the time
//! of a rotation, unless others could have written them. [`TokenSource::load`] opens and reads the file afresh each time;
//! what was read is wiped from memory. A variable's value is read once, when the source is made, and the copy
//! in the process's environment stays, so a file is the better place for a secret.
//!
//! Stricter than Ray: a file is opened without waiting, must be a regular one of at most [`MAX_FILE_LEN`] bytes, and who
//! else can read or write it is [noted](FileWarning), or [refused](TokenSource::strict).
//!
//! ```
//! use ray_auth::source::{SourceError, TokenSource};
//!
//! let source = TokenSource::from_vars(|name| (name == "RAY_AUTH_TOKEN").then(|| " correct-horse \n".into()))?;
//! assert!(source.load()?.tokens.primary().matches("correct-horse"));
//!
//! let nowhere = TokenSource::from_vars(|_| None)?;
//! assert!(matches!(nowhere.load(), Err(SourceError::Missing { .. })));
//! # Ok::<(), SourceError>(())
//! ```

mod error;
mod file;
mod fresh;
mod generate;
mod links;
mod origin;
mod permissions;
mod text;
mod warning;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::mode::kubernetes_asked;
use crate::token::{Token, TokenSet};

pub use self::error::{FileError, FileKind, OsError, SourceError};
pub use self::file::{Contents, MAX_FILE_LEN, read_text, read_up_to};
pub(crate) use self::file::{not_opened, read};
pub(crate) use self::fresh::{FreshFile, folder_of};
pub use self::generate::create_token_file;
pub use self::links::{ForeignLink, follow_links};
pub use self::origin::Origin;
pub(crate) use self::permissions::{examine, examine_as_owner};
pub use self::text::{KeyringText, KeyringTextError};
pub use self::warning::FileWarning;

/// The variable that holds a token.
const TOKEN_VARIABLE: &str = "RAY_AUTH_TOKEN";

/// The variable that holds the path of a token file.
const PATH_VARIABLE: &str = "RAY_AUTH_TOKEN_PATH";

/// The variable under which the default file is found.
const HOME_VARIABLE: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// Where KubeRay mounts the token of a service account.
const SERVICE_ACCOUNT_FILE: &str = "/var/run/secrets/ray.io/serviceaccount/token";

/// A place, or an order of places, that tokens are read from. See the [module](self) for the rules.
///
/// Cheap to clone. `Debug` and `Display` name the places and never show a token.
#[derive(Clone, Debug)]
pub struct TokenSource {
    place: Place,
    strict: bool,
}

#[derive(Clone, Debug)]
enum Place {
    /// The value of `RAY_AUTH_TOKEN`.
    Variable(Token),
    /// Files, of which the first that exists decides.
    Files(Vec<Origin>),
}

/// What [`TokenSource::load`] found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The tokens; never empty.
    pub tokens: TokenSet,
    /// Where they were.
    pub origin: Origin,
    /// Who else can read or write the file, and what of it is not used. Nothing here logs them: whoever loads decides how
    /// often that is worth it.
    pub warnings: Vec<FileWarning>,
    /// Whether this call created the file; only ever so after [`TokenSource::load_or_generate`].
    pub generated: bool,
}

impl TokenSource {
    /// The source that this process's environment names, by Ray's rules of precedence.
    ///
    /// Files are not touched yet. `RAY_AUTH_MODE` is not asked: that is [`AuthMode`](crate::mode::AuthMode)'s part.
    ///
    /// # Errors
    ///
    /// [`SourceError::Token`] when `RAY_AUTH_TOKEN` is set to what is no token, and [`SourceError::Mode`] when
    /// `RAY_ENABLE_K8S_TOKEN_AUTH` is neither on nor off.
    pub fn from_env() -> Result<Self, SourceError> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// The source that the variables found by `lookup` name.
    ///
    /// # Errors
    ///
    /// As [`TokenSource::from_env`].
    pub fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, SourceError> {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        let kubernetes = kubernetes_asked(&lookup)?;
        if let Some(value) = set(TOKEN_VARIABLE) {
            let value = Zeroizing::new(value.into_encoded_bytes());
            let token =
                Token::parse(&*value).map_err(|error| SourceError::Token { origin: Origin::Variable, error })?;
            return Ok(Self { place: Place::Variable(token), strict: false });
        }
        if let Some(path) = set(PATH_VARIABLE) {
            return Ok(Self::files(vec![Origin::PathVariable(path.into())]));
        }
        let service_account = kubernetes.then(|| Origin::ServiceAccount(SERVICE_ACCOUNT_FILE.into()));
        let default =
            set(HOME_VARIABLE).map(|home| Origin::Default(PathBuf::from(home).join(".ray").join("auth_token")));
        Ok(Self::files(service_account.into_iter().chain(default).collect()))
    }

    /// A token file of the caller's choice. It is not touched before it is loaded.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::files(vec![Origin::File(path.into())])
    }

    /// Refuses a file that others can read, or could have written, with [`SourceError::Exposed`]; otherwise such a file
    /// is accepted with [warnings](Loaded::warnings), because Kubernetes mounts secrets readable by all.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Reads the tokens. A file is opened and read anew by each call, in the calling thread.
    ///
    /// # Errors
    ///
    /// [`SourceError::Missing`] when no place has a token, otherwise the reason why the place that decides cannot be used.
    pub fn load(&self) -> Result<Loaded, SourceError> {
        let origins = match &self.place {
            Place::Variable(token) => {
                return Ok(Loaded::new(TokenSet::new(token.clone()), Origin::Variable, Vec::new()));
            }
            Place::Files(origins) => origins,
        };
        let mut looked_in = Vec::new();
        for (origin, path) in origins.iter().filter_map(|origin| Some((origin, origin.path()?))) {
            match self.read(origin, path) {
                Err(SourceError::File { error: FileError::NotFound, .. }) if origin.may_be_absent() => {
                    looked_in.push(path.to_owned());
                }
                decided => return decided,
            }
        }
        Err(SourceError::Missing { looked_in })
    }

    /// Reads the tokens, and when there are none anywhere writes a new one to the default file first: what a cluster on
    /// one machine starts with.
    ///
    /// Of several processes that do this at once one writes, and all read what it wrote. It logs `Generated new
    /// authentication token and saved to <path>`, as Ray does, at level info. A default file that exists and cannot be
    /// used is an error and never overwritten, and so is a path variable that names no file. With
    /// `RAY_ENABLE_K8S_TOKEN_AUTH` nothing is generated, since no API server would know such a token.
    ///
    /// # Errors
    ///
    /// As [`TokenSource::load`], and [`SourceError::Create`] when the file cannot be written.
    ///
    /// # Panics
    ///
    /// As [`Token::generate`].
    pub fn load_or_generate(&self) -> Result<Loaded, SourceError> {
        let missing = match self.load() {
            Err(missing @ SourceError::Missing { .. }) => missing,
            decided => return decided,
        };
        let Place::Files(origins) = &self.place else { return Err(missing) };
        let [Origin::Default(path)] = origins.as_slice() else { return Err(missing) };
        let generated = create_token_file(path)?;
        Ok(Loaded { generated, ..self.load()? })
    }

    /// The place that decides now: of several files the first that is there, and when there is none the last.
    pub(crate) fn in_force(&self) -> Option<Origin> {
        let origins = match &self.place {
            Place::Variable(_) => return Some(Origin::Variable),
            Place::Files(origins) => origins,
        };
        let there = |origin: &&Origin| origin.path().is_some_and(|path| path.symlink_metadata().is_ok());
        origins.iter().find(there).or(origins.last()).cloned()
    }

    /// This source without the places that were not read: the one that decided goes on deciding, even when it is gone.
    pub(crate) fn only(self, origin: &Origin) -> Self {
        match self.place {
            Place::Variable(_) => self,
            Place::Files(_) => Self { place: Place::Files(vec![origin.clone()]), ..self },
        }
    }

    /// The files that may be read, in the order in which they are looked for; none for a variable.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        let origins: &[Origin] = match &self.place {
            Place::Variable(_) => &[],
            Place::Files(origins) => origins,
        };
        origins.iter().filter_map(Origin::path)
    }

    fn files(origins: Vec<Origin>) -> Self {
        Self { place: Place::Files(origins), strict: false }
    }

    fn read(&self, origin: &Origin, path: &Path) -> Result<Loaded, SourceError> {
        let contents = read(path).map_err(|error| SourceError::File { origin: origin.clone(), error })?;
        let warnings = examine(path, &contents.metadata);
        if self.strict && !warnings.is_empty() {
            return Err(SourceError::Exposed { origin: origin.clone(), warnings });
        }
        let text = KeyringText::parse(&*contents.bytes).map_err(|error| SourceError::of_text(origin.clone(), error))?;
        Ok(Loaded::of_text(text, origin.clone(), path, warnings))
    }
}

impl Loaded {
    fn new(tokens: TokenSet, origin: Origin, warnings: Vec<FileWarning>) -> Self {
        Self { tokens, origin, warnings, generated: false }
    }

    /// What may be used of a file's text, by what was found about the file.
    fn of_text(text: KeyringText, origin: Origin, path: &Path, mut warnings: Vec<FileWarning>) -> Self {
        let more = text.tokens.iter().skip(1).count();
        let exposed = warnings.iter().any(FileWarning::lets_others_write);
        if !text.ignored.is_empty() {
            warnings.push(FileWarning::IgnoredLines { path: path.into(), lines: text.ignored });
        }
        if !exposed || more == 0 {
            return Self::new(text.tokens, origin, warnings);
        }
        warnings.push(FileWarning::TokensNotUsed { path: path.into(), count: more });
        Self::new(TokenSet::new(text.tokens.primary().clone()), origin, warnings)
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Variable(_) => Origin::Variable.fmt(f),
            Place::Files(origins) => {
                for (index, origin) in origins.iter().enumerate() {
                    write!(f, "{}{origin}", if index == 0 { "" } else { ", else " })?;
                }
                if origins.is_empty() { write!(f, "nowhere, since {HOME_VARIABLE} is not set") } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
