//! Why there is no TLS, in words that say what to mend.

use std::path::PathBuf;

use super::files::TlsFile;
use crate::mode::ModeError;
use crate::source::{FileError, FileWarning};

/// Why the variables or files make no TLS. The text names the variable and the file; what a file holds is never shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// `RAY_USE_TLS` is neither on nor off.
    #[error(transparent)]
    Flag(#[from] ModeError),
    /// A variable is missing.
    #[error(
        "RAY_USE_TLS is on, and {variable} is not set; set RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY and RAY_TLS_CA_CERT to \
         the paths of PEM files"
    )]
    Variable {
        /// Which one.
        variable: &'static str,
    },
    /// A variable holds what its file should hold.
    #[error(
        "{variable} holds no path, but perhaps the certificate or key itself; write that to a file, and set the variable to its path"
    )]
    NotAPath {
        /// Which one.
        variable: &'static str,
    },
    /// A file cannot be read.
    #[error("{file} {error}")]
    File {
        /// Which one.
        file: TlsFile,
        /// Why.
        error: FileError,
    },
    /// A file is larger than any certificate.
    #[error("{file} is larger than {} bytes; name a file that holds only what it is for", super::MAX_PEM_LEN)]
    TooLarge {
        /// Which one.
        file: TlsFile,
    },
    /// A file is no PEM, or broken PEM.
    #[error("{file} is not whole PEM; write it anew, with its BEGIN and END lines")]
    NotPem {
        /// Which one.
        file: TlsFile,
    },
    /// A file has no certificate in it.
    #[error("{file} holds no certificate; name a PEM file with a CERTIFICATE in it")]
    NoCertificate {
        /// Which one.
        file: TlsFile,
    },
    /// The key file has no key in it that can be used.
    #[error(
        "{file} holds no private key; name a PEM file with a PRIVATE KEY in it that has no passphrase: nobody is there \
         to type one"
    )]
    NoKey {
        /// Which one.
        file: TlsFile,
    },
    /// The key is broken, or of a kind that TLS 1.2 and 1.3 have no use for.
    #[error(
        "{file} holds a private key that cannot be used; make one of the kind RSA (2048 bits or more), P-256, P-384 or Ed25519"
    )]
    Key {
        /// Which one.
        file: TlsFile,
    },
    /// A certificate is broken, or may not be used as one of its place.
    #[error("{file} cannot be used: {why}; issue it anew")]
    Certificate {
        /// Which one.
        file: TlsFile,
        /// What the library says of it.
        why: String,
    },
    /// The key belongs to another certificate.
    #[error("{key} does not belong to {certificate}; put the two in place that were made together")]
    Mismatch {
        /// The key.
        key: TlsFile,
        /// The certificate.
        certificate: TlsFile,
    },
    /// This process's own certificate has expired: every peer would refuse it.
    #[error("{file} expired on {date}; issue a new one")]
    Expired {
        /// Which one.
        file: TlsFile,
        /// When, in UTC.
        date: String,
    },
    /// This process's own certificate is for later.
    #[error("{file} is valid from {date} on, and not yet; set the clock of this machine, or issue another")]
    NotYetValid {
        /// Which one.
        file: TlsFile,
        /// From when on, in UTC.
        date: String,
    },
    /// This process's own certificate was issued by somebody else: every peer with the same authority would refuse it.
    #[error(
        "{file} was not issued by {authority}, so every peer with that authority would refuse it; put the authority's own certificate there, or one that it issued here"
    )]
    Issuer {
        /// The certificate.
        file: TlsFile,
        /// The authority.
        authority: TlsFile,
    },
    /// Others can read the key, or write one of the files, and strict mode refuses that.
    #[error("{file} is not private, and strict mode refuses it: {}", joined(warnings))]
    Exposed {
        /// Which one.
        file: TlsFile,
        /// What was found.
        warnings: Vec<FileWarning>,
    },
    /// Others can write one of the files, or its folder, who could not when it was taken, so the change may be theirs.
    #[error(
        "other users can write {path:?} or its folder, who could not before, so the change may be theirs; take that away with chmod go-w"
    )]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// The system refused the thread that looks for changes.
    #[error(
        "changes of the certificates are not noticed, since the system refused a thread; restart the process to change them"
    )]
    NoThread,
}

fn joined(warnings: &[FileWarning]) -> String {
    warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
