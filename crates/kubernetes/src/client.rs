//! The connection to the API server: TLS by its own authority, always; our own token, fresh; no retries.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::ConfigExt;
use ray_auth::{AddTokenLayer, Keyring};
use tower::timeout::TimeoutLayer;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};

use crate::pod::{Place, StartError};
use crate::trouble::Trouble;

/// The most bytes of an answer. A review of a user with many groups has some kilobytes.
const MAX_ANSWER: usize = 1 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Handshake and all.
const OPEN_TIMEOUT: Duration = Duration::from_secs(4);
/// How soon the system asks whether an idle connection is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

type Body = Full<Bytes>;
type Answer = UnsyncBoxBody<Bytes, std::io::Error>;
type Sent = BoxCloneSyncService<Request<Body>, Response<Answer>, hyper_util::client::legacy::Error>;

/// The API server.
#[derive(Clone)]
pub(crate) struct Api {
    client: Sent,
    origin: Uri,
}

impl Api {
    /// Connects when it is first asked, and keeps at most `most_idle` connections that nobody uses.
    ///
    /// The authority's file is read again by kube, and the token's by the keyring: both change while a pod runs.
    pub(crate) fn new(place: &Place, token: Keyring, most_idle: usize) -> Result<Self, StartError> {
        let mut config = kube::Config::new(place.server.clone());
        config.root_cert_file = Some(place.authority.clone());
        // No root but that: without this the system's would be read first, and an image may have none.
        config.root_cert = Some(Vec::new());
        provide();
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_keepalive(Some(KEEPALIVE));
        let connector = config
            .rustls_https_connector_with_connector(connector)
            .map_err(|error| StartError::Authority { path: place.authority.clone(), reason: error.to_string() })?;
        // A request that an idle connection ended under before it was sent goes out on another; nobody saw it. Nothing else is
        // sent twice.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(most_idle)
            .build(BoxCloneSyncService::new(TimeoutLayer::new(OPEN_TIMEOUT).layer(connector)));
        let layer = AddTokenLayer::new(token).for_origin(&place.server).expect("the server's address has a host");
        let client = layer
            .layer(client)
            .map_response(|response| response.map(|body| body.map_err(std::io::Error::other).boxed_unsync()));
        Ok(Self { client: BoxCloneSyncService::new(client), origin: place.server.clone() })
    }

    /// Posts a review and gives the answer, as it is.
    pub(crate) async fn post(&self, path: &'static str, review: Bytes) -> Result<Bytes, Trouble> {
        let uri = format!("{}{}", self.origin.to_string().trim_end_matches('/'), path);
        let request = Request::post(uri)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(concat!("ray-auth/", env!("CARGO_PKG_VERSION"))))
            .body(Full::new(review))
            .expect("a path after an origin is an address");
        let response = self.client.clone().oneshot(request).await.map_err(|_| Trouble::Unreachable)?;
        let status = response.status().as_u16();
        // What else comes is not read: an answer that is not one may hold anything.
        if !matches!(status, 200 | 201) {
            return Err(Trouble::Status(status));
        }
        match Limited::new(response.into_body(), MAX_ANSWER).collect().await {
            Ok(answer) => Ok(answer.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Trouble::TooLong),
            Err(_) => Err(Trouble::Unreachable),
        }
    }
}

/// kube takes rustls' provider of the process, and rustls panics where a program was built with two of them and none was
/// chosen. Whoever chose one keeps it.
fn provide() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
