//! Downloads: a package from a private server to a file, whole or not at all.
//!
//! What comes is written under another name beside the destination, readable by this process's user only (mode 0600), flushed
//! to the disk, and then put in place at once; what was there before is replaced. A download that fails, or whose
//! future is dropped, leaves nothing behind; one whose process is killed leaves a file `.ray-auth-<six letters>.part`.
//!
//! # What is sent
//!
//! What [`credentials`](crate::credentials) says for each request, also after each redirect, which are followed here and not by
//! the HTTP client. Connections are made to `http` and `https` only.
//!
//! # What fails
//!
//! - any answer but 200: [`FetchError::Status`]. 408, 425, 429, 500, 502, 503 and 504 and broken connections are tried again,
//!   3 times altogether if nothing else is said, as Ray does;
//! - a credential that may not be sent, and a redirect that is not followed;
//! - a package that is larger, or takes longer, than allowed;
//! - what does not have the SHA-256 that was expected;
//! - `s3`, `gs` and the like: [`FetchError::NotHandled`].
//!
//! # TLS
//!
//! By rustls with ring, whatever provider the process has chosen; none is chosen for it. A program that uses reqwest 0.13 itself,
//! and without a feature for TLS, has one with this crate: it then calls
//! `rustls::crypto::CryptoProvider::install_default`, or reqwest panics when it makes a client.
//!
//! ```
//! use ray_auth_runtime_env::RemoteUri;
//! use ray_auth_runtime_env::download::{Downloader, FetchError};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let address = listener.local_addr()?;
//! # std::thread::spawn(move || {
//! #     use std::io::{Read, Write};
//! #     let (mut stream, _) = listener.accept()?;
//! #     stream.read(&mut [0; 4_096])?;
//! #     stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nthe package")
//! # });
//! let downloader = Downloader::builder().build()?;
//! let package = folder.path().join("package.zip");
//!
//! let fetched = downloader.fetch(&RemoteUri::parse(&format!("http://{address}/package.zip"))?, &package).await?;
//! assert_eq!(fetched.len, 11);
//!
//! let refused = downloader.fetch(&RemoteUri::parse("s3://bucket/package.zip")?, &package).await;
//! assert!(matches!(refused, Err(FetchError::NotHandled { .. })));
//! # Ok(())
//! # }
//! ```

mod addresses;
mod attempt;
mod builder;
mod error;
mod file;
mod proxy;
mod retry;
mod tls;
mod transport;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::attempt::Received;
pub use self::builder::DownloaderBuilder;
pub use self::error::{FetchError, PathFlaw, SetupError};
use self::proxy::Proxies;
use self::retry::Retry;
pub use self::transport::TransportKind;
use crate::credentials::{CredentialKind, Credentials};
use crate::uri::RemoteUri;

/// Downloads packages. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Downloader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    credentials: Credentials,
    limits: Limits,
    /// Never through a proxy, and for this machine's name without a resolver.
    direct: reqwest::Client,
    /// Through those of `proxies`.
    proxied: reqwest::Client,
    proxies: Proxies,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    max_len: u64,
    timeout: Duration,
    /// For making a connection.
    connect: Duration,
    /// For a server's silence.
    idle: Duration,
    retry: Retry,
}

/// A package that was downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// How many bytes it has.
    pub len: u64,
    /// Its digest.
    pub sha256: [u8; 32],
    /// How many redirects led to it.
    pub redirects: usize,
    /// Which credential the first request had.
    pub sent: Option<CredentialKind>,
    /// How many attempts it took.
    pub attempts: u32,
}

/// What a download is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// This much has come of this much, as far as the server says how much there is. It begins at 0 with each attempt.
    Received {
        /// How much has come.
        bytes: u64,
        /// How much there is.
        total: Option<u64>,
    },
    /// An attempt failed, and the next one begins after a pause.
    Waiting {
        /// How long.
        pause: Duration,
        /// Why.
        error: FetchError,
    },
}

impl Downloader {
    /// With the credentials and the proxies that this process's environment names.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when a variable holds what is no token or no proxy, or TLS cannot be set up.
    pub fn from_env() -> Result<Self, SetupError> {
        Self::builder().credentials(Credentials::from_env()?).proxies_from_env().build()
    }

    /// One that is put together by hand. It begins without credentials and without proxies.
    pub fn builder() -> DownloaderBuilder {
        DownloaderBuilder::new()
    }

    /// Downloads what the URI names to this file.
    ///
    /// # Errors
    ///
    /// [`FetchError`]; the last one, when there were several attempts.
    pub async fn fetch(&self, uri: &RemoteUri, destination: impl AsRef<Path>) -> Result<Fetched, FetchError> {
        self.download(uri).to(destination).await
    }

    /// The same, with more to be said before it begins.
    pub fn download<'a>(&'a self, uri: &'a RemoteUri) -> Download<'a> {
        Download { shared: &self.shared, uri, sha256: None, progress: Box::new(|_| {}) }
    }
}

/// A download that has not begun. [`to`](Self::to) begins it.
#[must_use]
pub struct Download<'a> {
    shared: &'a Shared,
    uri: &'a RemoteUri,
    sha256: Option<[u8; 32]>,
    progress: Box<dyn Fn(&Progress) + Send + Sync + 'a>,
}

impl<'a> Download<'a> {
    /// Keeps the package only if it has this digest.
    pub fn expect_sha256(self, digest: [u8; 32]) -> Self {
        Self { sha256: Some(digest), ..self }
    }

    /// Calls this as the download goes on: for each piece that comes, in the task that downloads, so it must not take long.
    pub fn on_progress(self, progress: impl Fn(&Progress) + Send + Sync + 'a) -> Self {
        Self { progress: Box::new(progress), ..self }
    }

    /// Downloads to this file. One that is there is replaced; of a symbolic link the link itself, not its target.
    ///
    /// The time that is allowed is for what comes over the network. What has come is flushed to the disk and put in place
    /// after it was last looked at, and a slow disk may take longer.
    ///
    /// Over plain http an answer with neither a length nor chunks ends with the connection, so that it cannot be seen
    /// whether it was cut short: use [`expect_sha256`](Self::expect_sha256) there.
    ///
    /// # Errors
    ///
    /// [`FetchError`]; the last one, when there were several attempts.
    pub async fn to(self, destination: impl AsRef<Path>) -> Result<Fetched, FetchError> {
        let (Received { part, redirects, sent }, attempts) = self.received(destination.as_ref()).await?;
        let len = part.len();
        let sha256 = part.finish(self.sha256).await?;
        tracing::info!(uri = %self.uri, bytes = len, "downloaded");
        Ok(Fetched { len, sha256, redirects, sent, attempts })
    }

    async fn received(&self, destination: &Path) -> Result<(Received, u32), FetchError> {
        let Limits { timeout: limit, retry, .. } = self.shared.limits;
        let begun = Instant::now();
        let left = || limit.saturating_sub(begun.elapsed());
        let mut last = None;
        let mut attempts = 1;
        loop {
            let attempt = self.shared.attempt(self.uri, destination, attempts, &self.progress);
            let failed = match tokio::time::timeout(left(), attempt).await {
                Ok(Ok(received)) => return Ok((received, attempts)),
                Ok(Err(failed)) => failed,
                Err(_) => return Err(FetchError::TimedOut { limit, last }),
            };
            let pause = retry.after(attempts, failed.asked).filter(|_| failed.error.may_pass());
            // Where there is no time for another attempt, to wait for its end would only hide what is wrong.
            let Some(pause) = pause.filter(|pause| *pause < left()) else { return Err(failed.error) };
            tracing::warn!(uri = %self.uri, error = %failed.error, ?pause, "a download is tried again");
            last = Some(Box::new(failed.error.clone()));
            (self.progress)(&Progress::Waiting { pause, error: failed.error });
            tokio::time::sleep(pause).await;
            attempts += 1;
        }
    }
}

impl fmt::Debug for Download<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("uri", &self.uri).finish_non_exhaustive()
    }
}
