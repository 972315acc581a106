//! What a server is made of.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;

use http::{Request, Response};
use ray_auth::ClusterAuth;
use ray_auth::tls::Tls;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tower_service::Service;

use super::{Server, ServerError};
use crate::cluster_id::CheckClusterIdLayer;
use crate::echo::Echo;
use crate::gcs::Gcs;
use crate::health::{HealthService, HealthSwitch};
use crate::limits::{Limits, Oversize};
use crate::node::NodeManager;

/// What a [`Server`] is made of: services and limits.
#[derive(Default)]
pub struct ServerBuilder {
    routes: RoutesBuilder,
    names: Vec<String>,
    cluster_id: Option<CheckClusterIdLayer>,
    limits: Limits,
    tls: Option<Tls>,
}

impl ServerBuilder {
    /// Adds both services of a GCS, and the check that a call of them means its cluster.
    #[must_use]
    pub fn gcs(mut self, gcs: &Gcs) -> Self {
        self.cluster_id = Some(CheckClusterIdLayer::new(gcs.cluster_id()));
        self.add_service(Oversize::new(gcs.node_info_server())).add_service(Oversize::new(gcs.internal_kv_server()))
    }

    /// Adds the service of a node.
    #[must_use]
    pub fn node_manager(self, node: NodeManager) -> Self {
        self.add_service(Oversize::new(node.into_server()))
    }

    /// Adds the test service.
    #[must_use]
    pub fn echo(self) -> Self {
        self.add_service(Oversize::new(Echo.into_server()))
    }

    /// Adds the service that tells what may be known of `auth`'s tokens: see [`ray_auth::status`]. Serve it behind the layer
    /// that `auth` makes; like every service but health it needs the token.
    #[must_use]
    pub fn keyring_status(self, auth: &ClusterAuth) -> Self {
        self.add_service(Oversize::new(auth.status_service()))
    }

    /// Adds a service. The health service is there without being added, and knows each service by its name.
    #[must_use]
    pub fn add_service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME.to_owned());
        self.routes.add_service(service);
        self
    }

    /// What the server grants its peers.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Encrypts, and asks every peer for a certificate. The limits hold for the connections beneath.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Listens at an address; port 0 takes a free one. Who connects waits until the server is served.
    ///
    /// # Errors
    ///
    /// When the address is taken, or is not this machine's.
    pub async fn bind(self, address: SocketAddr) -> Result<Server, ServerError> {
        let listener = TcpListener::bind(address).await.map_err(|source| ServerError::Bind { address, source })?;
        self.listener(listener)
    }

    /// Takes a listener.
    ///
    /// # Errors
    ///
    /// When the listener has no address.
    pub fn listener(self, listener: TcpListener) -> Result<Server, ServerError> {
        let local_addr = listener.local_addr().map_err(ServerError::Listener)?;
        Ok(Server { local_addr, listener, parts: self.into_parts() })
    }

    /// Everything but where connections come from.
    pub(super) fn into_parts(mut self) -> Parts {
        let (health, health_switch) = HealthService::new(self.names);
        self.routes.add_service(Oversize::new(health.into_server()));
        Parts {
            routes: self.routes.routes().prepare(),
            cluster_id: self.cluster_id.unwrap_or_else(CheckClusterIdLayer::off),
            health_switch,
            limits: self.limits,
            tls: self.tls,
        }
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("services", &self.names)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A server without its listener.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) routes: Routes,
    pub(super) cluster_id: CheckClusterIdLayer,
    pub(super) health_switch: HealthSwitch,
    pub(super) limits: Limits,
    pub(super) tls: Option<Tls>,
}
