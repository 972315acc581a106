//! Processes of a cluster with TLS: each has files of its own.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Request;
use ray_auth::ClusterAuth;
use ray_auth::auth::{AuthChannel, ConnectError};
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::tls::Tls;
use ray_auth_gcs::Echo;
use ray_auth_testing::certificates::{Authority, Files, Issued, LOOPBACK};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Status;
use tonic::transport::server::TcpConnectInfo;

/// No call in these tests takes as long as this.
pub(crate) const BOUND: Duration = Duration::from_secs(20);
pub(crate) const SECRET: &str = "the-secret-of-this-cluster-0123456789";

/// The files of one process.
pub(crate) struct Process {
    _folder: TempDir,
    pub(crate) files: Files,
    token: &'static str,
}

impl Process {
    pub(crate) fn new(issued: &Issued, authority: &Authority) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path());
        files.write(issued, &authority.pem()).unwrap();
        Self { _folder: folder, files, token: SECRET }
    }

    /// With a certificate that is good for loopback.
    pub(crate) fn good(authority: &Authority) -> Self {
        Self::new(&authority.issue(&LOOPBACK).unwrap(), authority)
    }

    pub(crate) fn with_token(self, token: &'static str) -> Self {
        Self { token, ..self }
    }

    /// By Ray's variables.
    pub(crate) fn auth(&self) -> ClusterAuth {
        let mut variables: Vec<(&str, PathBuf)> = self.files.variables().to_vec();
        variables.push(("RAY_AUTH_TOKEN", self.token.into()));
        let found = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        ClusterAuth::builder().from_vars(found).unwrap()
    }
}

/// A process with the token, and without TLS.
pub(crate) fn plain_auth() -> ClusterAuth {
    ClusterAuth::builder().from_vars(|name| (name == "RAY_AUTH_TOKEN").then(|| SECRET.into())).unwrap()
}

/// What requests said of themselves: scheme, authority, and where they came from.
pub(crate) type Seen = Arc<Mutex<Vec<(Option<String>, Option<String>, Option<SocketAddr>)>>>;

/// Serves the test service behind the server layer; ends when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Seen,
    task: JoinHandle<()>,
}

impl Server {
    /// With TLS when `auth` has it.
    pub(crate) async fn start(auth: &ClusterAuth) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let note = {
            let seen = Arc::clone(&seen);
            move |request: Request<tonic::body::Body>| {
                let uri = request.uri();
                let from = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
                let scheme = uri.scheme_str().map(str::to_owned);
                seen.lock().unwrap().push((scheme, uri.authority().map(ToString::to_string), from));
                request
            }
        };
        let layers = tower::ServiceBuilder::new().map_request(note).layer(auth.require_token());
        let server = tonic::transport::Server::builder().layer(layers).add_service(Echo.into_server());
        let tls = auth.tls().cloned();
        let task = tokio::spawn(async move {
            match tls {
                Some(tls) => server.serve_with_incoming(tls.listen(listener)).await.unwrap(),
                None => server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap(),
            }
        });
        Self { address, seen, task }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered,
    Refused(Status),
    NotConnected(ConnectError),
}

impl Outcome {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Answered => "answered".to_owned(),
            Self::NotConnected(error) => error.to_string(),
            Self::Refused(status) => {
                let mut text = format!("{:?} {}", status.code(), status.message());
                let mut cause = std::error::Error::source(status);
                while let Some(error) = cause {
                    text.push_str(&format!(": {error}"));
                    cause = error.source();
                }
                text
            }
        }
    }
}

pub(crate) async fn call(auth: &ClusterAuth, address: &str) -> Outcome {
    let connected = tokio::time::timeout(BOUND, auth.connect(address)).await.unwrap();
    match connected {
        Err(error) => Outcome::NotConnected(error),
        Ok(channel) => ask(channel).await,
    }
}

pub(crate) async fn ask(channel: AuthChannel) -> Outcome {
    let message = EchoMessage { payload: "hello".into() };
    match tokio::time::timeout(BOUND, EchoClient::new(channel).unary(message)).await.unwrap() {
        Ok(_) => Outcome::Answered,
        Err(status) => Outcome::Refused(status),
    }
}

/// Waits until the files were read to this effect, by asking.
pub(crate) async fn until(what: &str, tls: &Tls, so: impl Fn(&ray_auth::tls::TlsStatus) -> bool) {
    let start = Instant::now();
    while !so(&tls.status()) {
        assert!(start.elapsed() < BOUND, "{what}: not within {BOUND:?}: {:?}", tls.status());
        tokio::task::yield_now().await;
    }
}
