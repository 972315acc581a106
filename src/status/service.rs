//! The gRPC service that tells the status.

use tonic::{Request, Response, Status};

use super::watch::UsageWatch;
use super::wire;
use crate::auth::ClusterAuth;
use crate::proto::v1::keyring_service_server::{KeyringService, KeyringServiceServer};
use crate::proto::v1::{GetStatusReply, GetStatusRequest};
use crate::reject::Rejection;
use crate::require::Exempted;

/// A request has nothing in it; this leaves room for what it may have one day.
const MAX_REQUEST: usize = 4 << 10;

/// The service `ray_auth.v1.KeyringService`. To stand behind [`RequireTokenLayer`](crate::RequireTokenLayer): see the
/// [module](super).
///
/// ```no_run
/// use ray_auth::ClusterAuth;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = ClusterAuth::from_env()?;
/// tonic::transport::Server::builder()
///     .layer(auth.require_token())
///     .add_service(auth.status_service())
///     .serve("127.0.0.1:6380".parse()?)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeyringStatusService {
    watch: UsageWatch,
}

impl KeyringStatusService {
    /// Tells what `watch` sees.
    #[must_use]
    pub fn new(watch: UsageWatch) -> Self {
        Self { watch }
    }

    /// The service as a server takes it.
    #[must_use]
    pub fn into_server(self) -> KeyringServiceServer<Self> {
        KeyringServiceServer::new(self).max_decoding_message_size(MAX_REQUEST)
    }
}

impl ClusterAuth {
    /// A gRPC service that tells this process's [status](crate::status), for the server behind
    /// [`require_token`](ClusterAuth::require_token). It watches the use of tokens from here on: make it once, when the
    /// process starts, and clone it for further servers.
    #[must_use]
    pub fn status_service(&self) -> KeyringServiceServer<KeyringStatusService> {
        KeyringStatusService::new(self.watch_usage()).into_server()
    }
}

#[tonic::async_trait]
impl KeyringService for KeyringStatusService {
    async fn get_status(&self, request: Request<GetStatusRequest>) -> Result<Response<GetStatusReply>, Status> {
        // Somebody made this path exempt. What others may know is not for strangers.
        if request.extensions().get::<Exempted>().is_some() {
            return Err(Rejection::Missing.into_status());
        }
        Ok(Response::new(wire::encode(self.watch.status())))
    }
}
