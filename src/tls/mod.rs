//! Mutual TLS by Ray's own variables: both ends of a connection prove who issued their certificates, and what they say is
//! encrypted.
//!
//! | variable | what |
//! |---|---|
//! | `RAY_USE_TLS` | `1` or `true` turns TLS on; `0`, `false`, empty or unset leaves it off; anything else is an error |
//! | `RAY_TLS_SERVER_CERT` | a PEM file with this process's certificate, and those that lead to the authority |
//! | `RAY_TLS_SERVER_KEY` | a PEM file with the private key of that certificate |
//! | `RAY_TLS_CA_CERT` | a PEM file with the certificates of the authorities that peers are believed by |
//!
//! As in Ray the same certificate is presented when this process serves and when it connects, the same authorities judge
//! both ways, and the modes of authentication have no part in it: with TLS the token is required inside, and with
//! `RAY_AUTH_MODE=disabled` there is TLS without a token. [`ClusterAuth::from_env`](crate::ClusterAuth::from_env) reads
//! the variables, and its `connect` methods use what they say; a server takes [`Tls::listen`]. TLS 1.2 and 1.3 are spoken.
//! Unix sockets stay as they are: nobody else can read them.
//!
//! # When a connection is there
//!
//! 1. The server's certificate is valid now, was issued by one of the authorities, and is for the host that was connected
//!    to: a name, or an IP address that stands in it as one.
//! 2. The client's certificate is valid now and was issued by one of the authorities. A client without one is refused.
//! 3. Both agree on HTTP/2.
//!
//! Nothing is remembered from one connection for the next, so every connection is judged by what holds when it begins.
//!
//! A refused client sees a TLS alert, before any call; in TLS 1.3 it comes after the client takes the handshake for done,
//! so that the first call fails with it. A client that refuses a server gets an error that says why.
//!
//! # Files that change
//!
//! The files are read anew when they change, as [token files](crate::reload) are, and used for new connections; open ones
//! go on. Files that are broken, or do not fit each other, are not used: the last good ones stay, which is logged once per
//! change of state, counted in `ray_auth_tls_reloads_total`, and shown by [`Tls::status`]. Looking ends with the last
//! handle: a clone of [`Tls`], a connector, a listener, a channel.
//!
//! ```no_run
//! use ray_auth::ClusterAuth;
//! use ray_auth::require::Exempt;
//! use tokio::net::TcpListener;
//!
//! # async fn run(health: tonic_health::server::HealthService) -> Result<(), Box<dyn std::error::Error>> {
//! # let my_service = tonic_health::pb::health_server::HealthServer::new(health);
//! let auth = ClusterAuth::from_env()?; // with RAY_USE_TLS=1
//! let listener = TcpListener::bind("0.0.0.0:6380").await?;
//! let server = tonic::transport::Server::builder()
//!     .layer(auth.require_token().exempt(Exempt::grpc_health()))
//!     .add_service(my_service);
//! match auth.tls() {
//!     Some(tls) => server.serve_with_incoming(tls.listen(listener)).await?,
//!     None => server.serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)).await?,
//! }
//! # Ok(())
//! # }
//! ```

mod client;
mod date;
mod error;
mod failures;
mod files;
mod flight;
mod follow;
mod handshake;
mod judge;
mod listener;
mod material;
mod server;
mod stream;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

pub use self::client::{TlsConnectError, TlsConnector};
pub use self::error::TlsError;
pub use self::files::{TlsFile, TlsFiles, TlsRole};
use self::follow::Follower;
pub use self::handshake::HandshakeError;
use self::judge::Judge;
pub use self::listener::TlsListener;
use self::material::Material;
pub use self::server::TlsIncoming;
pub use self::stream::TlsStream;
use crate::mode::tls_asked;
use crate::reload::{Wake, Watch};

/// The target of all log lines about TLS.
pub(crate) const LOG_TARGET: &str = "ray_auth::tls";

/// The largest of the three files, in bytes: every public authority there is fits.
pub const MAX_PEM_LEN: usize = 256 * 1024;

/// How long a client may take for its handshake.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// This process's certificate, and the authorities that it believes. Cheap to clone; clones share what was read, and
/// follow the files. See the [module](self).
#[derive(Clone)]
pub struct Tls {
    inner: Arc<Inner>,
}

/// How following the files goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsStatus {
    /// How often changed files were taken over since the process started.
    pub reloads: u64,
    /// How often they were found to be unusable.
    pub failures: u64,
    /// What is wrong with them now; the last good ones are used meanwhile.
    pub error: Option<TlsError>,
}

impl Tls {
    /// What Ray's variables ask for; none when `RAY_USE_TLS` is off.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when TLS is asked for and cannot be had. There is no fall-back to plaintext.
    pub fn from_env() -> Result<Option<Self>, TlsError> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// The same with the variables that `lookup` finds.
    ///
    /// # Errors
    ///
    /// As [`Tls::from_env`].
    pub fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, TlsError> {
        if !tls_asked(&lookup)? {
            return Ok(None);
        }
        Self::follow(TlsFiles::from_vars(lookup)?).map(Some)
    }

    /// Reads this process's certificate, its key and the authorities' certificates, and follows them from then on.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when they cannot be read, or when peers with the same authorities would refuse the certificate.
    pub fn from_files(
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        authority: impl Into<PathBuf>,
    ) -> Result<Self, TlsError> {
        Self::follow(TlsFiles::new(certificate, key, authority))
    }

    /// The same with settings.
    ///
    /// # Errors
    ///
    /// As [`Tls::from_files`].
    pub fn follow(files: TlsFiles) -> Result<Self, TlsError> {
        let mut told = Vec::new();
        let found = follow::load(&files, &mut told)?;
        follow::warn_one_sided(&files, &found.material);
        tracing::info!(target: LOG_TARGET, files = %files, "TLS is on");
        let watch = Watch::new();
        let judge = Judge::new(found.digest, found.exposed.is_some());
        let inner = Arc::new(Inner {
            material: ArcSwap::from_pointee(found.material),
            status: Mutex::default(),
            stop: watch.sender(),
        });
        let follower = Follower { inner: Arc::downgrade(&inner), files, watch, judge, told };
        follower.spawn(&inner);
        Ok(Self { inner })
    }

    /// How following the files goes.
    #[must_use]
    pub fn status(&self) -> TlsStatus {
        self.inner.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn material(&self) -> Arc<Material> {
        self.inner.material.load_full()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// What the clones share.
struct Inner {
    material: ArcSwap<Material>,
    status: Mutex<TlsStatus>,
    stop: Sender<Wake>,
}

impl Inner {
    fn reloaded(&self, material: Arc<Material>) {
        self.material.store(material);
        self.update(|status| {
            status.reloads += 1;
            status.error = None;
        });
    }

    fn failed(&self, error: TlsError) {
        self.update(|status| {
            status.failures += 1;
            status.error = Some(error);
        });
    }

    fn update(&self, change: impl FnOnce(&mut TlsStatus)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The thread is gone already when it lost its last handle itself.
        let _ = self.stop.send(Wake::Stop);
    }
}

#[cfg(test)]
mod tests;
