//! The schemes of remote URIs.

use std::fmt;

/// What a remote URI begins with. Ray 2.60 knows these; `local`, `conda`, `pip` and `uv` name nothing that is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `http`: nothing on the way is secret.
    Http,
    /// `https`.
    Https,
    /// `s3`: Amazon S3 and what speaks its protocol.
    S3,
    /// `gs`: Google Cloud Storage.
    Gs,
    /// `azure`: Azure blob storage.
    Azure,
    /// `abfss`: Azure Data Lake Storage, as `abfss://container@account/path`.
    Abfss,
    /// `file`: a file that every node can read.
    File,
    /// `gcs`: a package that Ray keeps in its own Global Control Service. Not Google's storage, which is `gs`.
    Gcs,
}

impl Scheme {
    const ALL: [Self; 8] =
        [Self::Http, Self::Https, Self::S3, Self::Gs, Self::Azure, Self::Abfss, Self::File, Self::Gcs];

    /// Its name, in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::S3 => "s3",
            Self::Gs => "gs",
            Self::Azure => "azure",
            Self::Abfss => "abfss",
            Self::File => "file",
            Self::Gcs => "gcs",
        }
    }

    /// Whether it is fetched over HTTP, with TLS or without.
    #[must_use]
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    /// The scheme of this name, in any case of letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }

    /// The port where none is written.
    pub(super) fn default_port(self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            _ => None,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
