//! What a downloader is told.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::retry::Retry;
use super::{Downloader, Limits, SetupError, Shared, tls};
use crate::credentials::Credentials;

/// How servers see us.
const USER_AGENT: &str = concat!("ray-auth-runtime-env/", env!("CARGO_PKG_VERSION"));

/// Makes a [`Downloader`]. Each method replaces what was there, unless its name says that it adds.
#[derive(Debug)]
#[must_use]
pub struct DownloaderBuilder {
    credentials: Credentials,
    limits: Limits,
    connect_timeout: Duration,
    idle_timeout: Duration,
    proxy: bool,
    roots: Vec<CertificateDer<'static>>,
    addresses: Vec<(String, SocketAddr)>,
}

impl DownloaderBuilder {
    pub(super) fn new() -> Self {
        Self {
            credentials: Credentials::none(),
            limits: Limits {
                max_len: 10 << 30,
                timeout: Duration::from_secs(600),
                retry: Retry { attempts: 3, pause: Duration::from_secs(1) },
            },
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            proxy: false,
            roots: Vec::new(),
            addresses: Vec::new(),
        }
    }

    /// Offers these to servers. Without it only what a URI brings along is sent.
    pub fn credentials(self, credentials: Credentials) -> Self {
        Self { credentials, ..self }
    }

    /// The largest package, in bytes. 10 GiB if not set.
    pub fn max_len(self, max_len: u64) -> Self {
        Self { limits: Limits { max_len, ..self.limits }, ..self }
    }

    /// The longest a download may take with all its attempts. 600 s if not set, which is what Ray gives the setup of a
    /// runtime environment.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { limits: Limits { timeout, ..self.limits }, ..self }
    }

    /// The longest that making a connection may take. 10 s if not set.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// The longest that a server may be silent. 30 s if not set.
    pub fn idle_timeout(self, idle_timeout: Duration) -> Self {
        Self { idle_timeout, ..self }
    }

    /// How many attempts there are, at least one, and the pause after the first, which doubles with each. 3 and 1 s if not set.
    /// What will not go better is not tried again: a refusal, a redirect that is not followed, a certificate that is not
    /// trusted.
    pub fn attempts(self, attempts: u32, pause: Duration) -> Self {
        let retry = Retry { attempts: attempts.max(1), pause };
        Self { limits: Limits { retry, ..self.limits }, ..self }
    }

    /// Uses the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name, never for loopback addresses. The
    /// one place where these are read.
    pub fn proxies_from_env(self) -> Self {
        Self { proxy: true, ..self }
    }

    /// Trusts the certificates in this file, in PEM form, beside those that the operating system trusts.
    ///
    /// # Errors
    ///
    /// [`SetupError::Certificates`] when it cannot be read, or holds none.
    pub fn add_certificates(mut self, path: impl AsRef<Path>) -> Result<Self, SetupError> {
        let path = path.as_ref();
        let failed = |reason: String| SetupError::Certificates { path: path.to_owned(), reason };
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let read = read.map_err(|error| failed(error.to_string()))?;
        if read.is_empty() {
            return Err(failed("there is no certificate in it".to_owned()));
        }
        self.roots.extend(read);
        Ok(self)
    }

    /// Connects to this address for this host, as curl's `--resolve` does. Port 0 means the URI's. A port is used where
    /// the URI has none; the one in a URI always counts.
    pub fn add_address(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        self.addresses.push((host.into(), address));
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// [`SetupError::Tls`] when TLS cannot be set up.
    pub fn build(self) -> Result<Downloader, SetupError> {
        let tls = tls::config(self.roots)?;
        let client = |proxy: bool| {
            let builder = reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(self.connect_timeout)
                .read_timeout(self.idle_timeout)
                .tls_backend_preconfigured(tls.clone());
            let builder = if proxy { builder } else { builder.no_proxy() };
            let addresses = self.addresses.iter();
            let builder = addresses.fold(builder, |builder, (host, address)| builder.resolve(host, *address));
            builder.build().map_err(|error| SetupError::Tls(error.to_string()))
        };
        let direct = client(false)?;
        let proxied = if self.proxy { client(true)? } else { direct.clone() };
        let shared = Shared { credentials: self.credentials, limits: self.limits, direct, proxied };
        Ok(Downloader { shared: Arc::new(shared) })
    }
}
