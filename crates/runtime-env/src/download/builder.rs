//! What a downloader is told.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ray_auth::source::{FileError, read_up_to};
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::addresses::Addresses;
use super::proxy::Proxies;
use super::retry::Retry;
use super::transport::shown;
use super::{Downloader, Limits, SetupError, Shared, tls};
use crate::credentials::Credentials;

/// How servers see us.
const USER_AGENT: &str = concat!("ray-auth-runtime-env/", env!("CARGO_PKG_VERSION"));

/// The largest file of certificates, in bytes. What operating systems trust is a fourth of it.
const MAX_CERTIFICATES_LEN: usize = 1 << 20;

/// Makes a [`Downloader`]. Each method replaces what was there, unless its name says that it adds.
#[derive(Debug)]
#[must_use]
pub struct DownloaderBuilder {
    credentials: Credentials,
    limits: Limits,
    /// What the environment names, or what is wrong there, which is said when it is made.
    proxies: Result<Proxies, SetupError>,
    roots: Vec<CertificateDer<'static>>,
    addresses: Addresses,
}

impl DownloaderBuilder {
    pub(super) fn new() -> Self {
        Self {
            credentials: Credentials::none(),
            limits: Limits {
                max_len: 10 << 30,
                timeout: Duration::from_secs(600),
                connect: Duration::from_secs(10),
                idle: Duration::from_secs(60),
                retry: Retry { attempts: 3, pause: Duration::from_secs(1) },
            },
            proxies: Ok(Proxies::none()),
            roots: Vec::new(),
            addresses: Addresses::default(),
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
    /// runtime environment. An attempt that fails so late that there is no time for another one is the last.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { limits: Limits { timeout, ..self.limits }, ..self }
    }

    /// The longest that making a connection may take. 10 s if not set.
    pub fn connect_timeout(self, connect: Duration) -> Self {
        Self { limits: Limits { connect, ..self.limits }, ..self }
    }

    /// The longest that a server may be silent, before it answers and in the middle. 60 s if not set: some make the package
    /// when they are asked for it.
    pub fn idle_timeout(self, idle: Duration) -> Self {
        Self { limits: Limits { idle, ..self.limits }, ..self }
    }

    /// How many attempts there are, at least one, and the pause after the first, which doubles with each. 3 and 1 s if not set.
    /// What will not go better is not tried again: a refusal, a redirect that is not followed, a certificate that is not
    /// trusted.
    pub fn attempts(self, attempts: u32, pause: Duration) -> Self {
        let retry = Retry { attempts: attempts.max(1), pause };
        Self { limits: Limits { retry, ..self.limits }, ..self }
    }

    /// Uses the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name, also in small letters, never for
    /// loopback addresses. The one place where these are read. One that is no proxy is an error of [`build`](Self::build).
    /// In a CGI program (`REQUEST_METHOD` is set) there are none: there `HTTP_PROXY` may be what a caller sent.
    pub fn proxies_from_env(self) -> Self {
        Self { proxies: Proxies::from_vars(|name| std::env::var_os(name)), ..self }
    }

    /// Trusts the certificates in this file, in PEM form, beside those that the operating system trusts.
    ///
    /// # Errors
    ///
    /// [`SetupError::Certificates`] when it is no regular file of at most 1 MiB that can be read, or holds none.
    pub fn add_certificates(mut self, path: impl AsRef<Path>) -> Result<Self, SetupError> {
        let path = path.as_ref();
        let failed = |reason: String| SetupError::Certificates { path: path.to_owned(), reason };
        let contents = read_up_to(path, MAX_CERTIFICATES_LEN).map_err(|error| {
            failed(match error {
                FileError::TooLarge => "is larger than 1 MiB; name one that holds only certificates".to_owned(),
                error => error.to_string(),
            })
        })?;
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&contents.bytes).collect();
        let read = read
            .map_err(|error| failed(format!("is not in PEM form ({}); name one that is", shown(&error.to_string()))))?;
        if read.is_empty() {
            return Err(failed("holds no certificate; name one in PEM form".to_owned()));
        }
        for certificate in &read {
            // Here, where it is known which file it is in.
            let added = rustls::RootCertStore::empty().add(certificate.clone());
            added.map_err(|_| failed("holds a certificate that cannot be read; name an intact one".to_owned()))?;
        }
        self.roots.extend(read);
        Ok(self)
    }

    /// Connects to this address for this host, as curl's `--resolve` does. Port 0 means the URI's. A port is used where
    /// the URI has none; the one in a URI always counts. A host can have several, which are tried one after the other.
    ///
    /// It has no effect on what goes through a proxy, which looks names up by itself. Without it `localhost` is 127.0.0.1 and
    /// ::1, whatever a resolver says. A host that is an address itself, and `localhost` with an address that is not loopback,
    /// are errors of [`build`](Self::build).
    pub fn add_address(mut self, host: impl AsRef<str>, address: SocketAddr) -> Self {
        self.addresses.add(host.as_ref(), address);
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// [`SetupError::Proxy`] when the environment names what is no proxy, [`SetupError::Address`] for an address that cannot
    /// be given to its host, and [`SetupError::NoCertificates`] and [`SetupError::Tls`] when TLS cannot be set up.
    pub fn build(self) -> Result<Downloader, SetupError> {
        let Self { credentials, limits, proxies, roots, addresses } = self;
        let proxies = proxies?;
        addresses.check()?;
        let tls = tls::config(roots)?;
        let client = |proxies: &Proxies, addresses: &Addresses| {
            let builder = reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(limits.connect)
                .read_timeout(limits.idle)
                .tls_backend_preconfigured(tls.clone());
            let builder = proxies.used_by(addresses.used_by(builder));
            builder
                .and_then(reqwest::ClientBuilder::build)
                .map_err(|error| SetupError::Tls(error.without_url().to_string()))
        };
        let proxied = client(&proxies, &addresses)?;
        let direct = client(&Proxies::none(), &addresses.with_loopback())?;
        Ok(Downloader { shared: Arc::new(Shared { credentials, limits, direct, proxied, proxies }) })
    }
}
