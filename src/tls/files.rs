//! Which files there are, and what is in them: read whole, and judged by who else could read or write them.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::MAX_PEM_LEN;
use super::error::TlsError;
use crate::source::{FileError, FileWarning, examine, read_up_to};

/// What is longer is no path on any system.
const MAX_PATH: usize = 4_096;

/// What one of the three files is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsRole {
    /// This process's own certificate, and those that lead to the authority.
    Certificate,
    /// The private key of that certificate.
    Key,
    /// The certificates of the authorities that peers are believed by.
    Authority,
}

impl TlsRole {
    /// Ray's variable for it.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Certificate => "RAY_TLS_SERVER_CERT",
            Self::Key => "RAY_TLS_SERVER_KEY",
            Self::Authority => "RAY_TLS_CA_CERT",
        }
    }
}

/// One of the three files. Prints as people would name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFile {
    /// What it is for.
    pub role: TlsRole,
    /// Where it is.
    pub path: PathBuf,
}

impl fmt::Display for TlsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.role {
            TlsRole::Certificate => "the certificate",
            TlsRole::Key => "the private key",
            TlsRole::Authority => "the authority's certificate",
        };
        write!(f, "{what} {:?} ({})", self.path, self.role.variable())
    }
}

/// The three files that TLS needs, as Ray names them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "files do nothing until `Tls::follow`"]
pub struct TlsFiles {
    pub(super) certificate: TlsFile,
    pub(super) key: TlsFile,
    pub(super) authority: TlsFile,
    strict: bool,
}

impl TlsFiles {
    /// The files with this process's own certificate, with its key, and with the certificates of the authorities.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>, authority: impl Into<PathBuf>) -> Self {
        let file = |role, path| TlsFile { role, path };
        Self {
            certificate: file(TlsRole::Certificate, certificate.into()),
            key: file(TlsRole::Key, key.into()),
            authority: file(TlsRole::Authority, authority.into()),
            strict: false,
        }
    }

    /// Refuses what is otherwise used with a warning: a key that every user can read, and files that others could have
    /// written.
    pub fn strict(self) -> Self {
        Self { strict: true, ..self }
    }

    /// The files that Ray's variables name.
    ///
    /// # Errors
    ///
    /// [`TlsError::Variable`] when one of them is unset or empty, [`TlsError::NotAPath`] when it holds the text itself.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, TlsError> {
        let path = |role: TlsRole| {
            let variable = role.variable();
            let path = lookup(variable).filter(|path| !path.is_empty()).ok_or(TlsError::Variable { variable })?;
            // A path is shown in errors and logs, a key is not.
            if path.as_encoded_bytes().windows(5).any(|part| part == b"-----") || path.len() > MAX_PATH {
                return Err(TlsError::NotAPath { variable });
            }
            Ok(path)
        };
        Ok(Self::new(path(TlsRole::Certificate)?, path(TlsRole::Key)?, path(TlsRole::Authority)?))
    }

    /// Where they are.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.certificate, &self.key, &self.authority].into_iter().map(|file| file.path.as_path())
    }

    /// Reads all three.
    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        let mut warnings = Vec::new();
        let mut read = |file: &TlsFile| -> Result<Zeroizing<Vec<u8>>, TlsError> {
            let contents = read_up_to(&file.path, MAX_PEM_LEN).map_err(|error| match error {
                FileError::TooLarge => TlsError::TooLarge { file: file.clone() },
                error => TlsError::File { file: file.clone(), error },
            })?;
            // That everybody can read it matters for the key alone.
            let secret = file.role == TlsRole::Key;
            let found: Vec<_> = examine(&file.path, &contents.metadata)
                .into_iter()
                .filter(|warning| secret || warning.lets_others_write())
                .collect();
            if self.strict && !found.is_empty() {
                return Err(TlsError::Exposed { file: file.clone(), warnings: found });
            }
            warnings.extend(found.into_iter().filter(|warning| !warnings.contains(warning)).collect::<Vec<_>>());
            Ok(contents.bytes)
        };
        let (certificate, key, authority) = (read(&self.certificate)?, read(&self.key)?, read(&self.authority)?);
        let mut hash = Sha256::new();
        for bytes in [&certificate, &key, &authority] {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        Ok(Contents { certificate, key, authority, digest: hash.finalize().into(), warnings })
    }
}

impl fmt::Display for TlsFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} and {}", self.certificate, self.key, self.authority)
    }
}

/// What the files hold; wiped when dropped.
pub(super) struct Contents {
    pub(super) certificate: Zeroizing<Vec<u8>>,
    pub(super) key: Zeroizing<Vec<u8>>,
    pub(super) authority: Zeroizing<Vec<u8>>,
    /// Tells one content from another, without keeping it.
    pub(super) digest: [u8; 32],
    /// What somebody should mend about the files.
    pub(super) warnings: Vec<FileWarning>,
}

impl Contents {
    /// A file that others could have written, if there is one.
    pub(super) fn exposed(&self) -> Option<PathBuf> {
        self.warnings.iter().find(|warning| warning.lets_others_write()).map(|warning| warning.path().to_owned())
    }
}
