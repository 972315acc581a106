//! Throw-away authorities and the certificates they issue, in files as Ray's variables name them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};

/// The names and addresses of this machine.
pub const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Issues certificates; its key is gone with it.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    ///
    /// Those of the library that makes the key.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// Its own certificate.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate that is valid now, for servers and clients.
    ///
    /// # Errors
    ///
    /// Those of the library that makes it.
    pub fn issue(&self, names: &[&str]) -> Result<Issued> {
        self.issue_as(names, Kind::Good)
    }

    /// A certificate of a certain kind.
    ///
    /// # Errors
    ///
    /// Those of the library that makes it.
    pub fn issue_as(&self, names: &[&str], kind: Kind) -> Result<Issued> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "a process");
        let (server, client) = (ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth);
        match kind {
            Kind::Good => params.extended_key_usages = vec![server, client],
            Kind::ServerOnly => params.extended_key_usages = vec![server],
            Kind::ClientOnly => params.extended_key_usages = vec![client],
            Kind::Authority => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            Kind::Expired => {
                (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 2, 3));
            }
            Kind::NotYetValid => {
                (params.not_before, params.not_after) = (date_time_ymd(4001, 1, 1), date_time_ymd(4002, 1, 1));
            }
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

/// What a certificate is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Both sides, now.
    Good,
    /// Servers alone.
    ServerOnly,
    /// Clients alone.
    ClientOnly,
    /// Issuing others, and nothing else.
    Authority,
    /// Nothing, since 2002-02-03.
    Expired,
    /// Nothing, until 4001-01-01.
    NotYetValid,
}

/// A certificate and its key, in PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

/// The three files that Ray's variables name.
#[derive(Clone, Debug)]
pub struct Files {
    /// For `RAY_TLS_SERVER_CERT`.
    pub certificate: PathBuf,
    /// For `RAY_TLS_SERVER_KEY`.
    pub key: PathBuf,
    /// For `RAY_TLS_CA_CERT`.
    pub authority: PathBuf,
}

impl Files {
    /// Where they are in a folder. Nothing is written yet.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { certificate: folder.join("cert.pem"), key: folder.join("key.pem"), authority: folder.join("ca.pem") }
    }

    /// Writes all three, each put in place whole.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn write(&self, issued: &Issued, authority: &str) -> Result<()> {
        replace(&self.certificate, &issued.certificate)?;
        replace(&self.key, &issued.key)?;
        replace(&self.authority, authority)
    }

    /// Ray's variables for them, with TLS on.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, PathBuf); 4] {
        [
            ("RAY_USE_TLS", "1".into()),
            ("RAY_TLS_SERVER_CERT", self.certificate.clone()),
            ("RAY_TLS_SERVER_KEY", self.key.clone()),
            ("RAY_TLS_CA_CERT", self.authority.clone()),
        ]
    }
}

/// Puts a file in place by rename, readable by its owner alone.
///
/// # Errors
///
/// Those of the file system.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600))?;
    }
    std::fs::rename(&new, path)?;
    Ok(())
}
