//! Calls through the server layer, as a server makes them.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response};
use ray_auth::RequireTokenLayer;
use ray_auth::require::RequireToken;
use ray_auth::verify::{AnyVerifier, Identity, Verify};
use ray_auth_kubernetes::{StartError, Verifier, VerifierBuilder};
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, ServiceExt};

use crate::api::Api;

/// What a pod's environment says.
pub fn lookup(address: SocketAddr, folder: &std::path::Path) -> impl Fn(&str) -> Option<OsString> {
    let folder = folder.to_owned();
    move |name| match name {
        "RAY_CLUSTER_NAME" => Some("lab".into()),
        "RAY_CLUSTER_NAMESPACE" => Some("here".into()),
        "KUBERNETES_SERVICE_HOST" => Some(address.ip().to_string().into()),
        "KUBERNETES_SERVICE_PORT" => Some(address.port().to_string().into()),
        "RAY_AUTH_KUBERNETES_FOLDER" => Some(folder.clone().into()),
        _ => None,
    }
}

pub fn verifier(api: &Api, builder: VerifierBuilder) -> Result<Verifier, StartError> {
    builder.from_vars(lookup(api.address, api.folder.path()))
}

/// A server behind the verifier.
#[derive(Clone)]
pub struct Server(RequireToken<Handler, AnyVerifier>);

/// Says who called.
#[derive(Clone)]
pub struct Handler;

impl tower::Service<Request<()>> for Handler {
    type Response = Response<String>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Response<String>, std::convert::Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let identity = request.extensions().get::<Identity>();
        std::future::ready(Ok(Response::new(identity.map(|identity| format!("{identity:?}")).unwrap_or_default())))
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    pub authorization: Option<Vec<u8>>,
    pub from: &'static str,
    pub timeout: Option<&'static str>,
}

pub fn bearer(token: impl AsRef<str>) -> Call {
    let authorization = Some(format!("Bearer {}", token.as_ref()).into_bytes());
    Call { authorization, from: "10.0.0.1:1", timeout: None }
}

/// The status of a call, 0 when it was let in, and what the handler said.
pub type Seen = (u16, String);

impl Server {
    pub fn new(api: &Api, builder: VerifierBuilder) -> Self {
        Self::of(verifier(api, builder).unwrap())
    }

    pub fn of(verifier: impl Verify) -> Self {
        Self(RequireTokenLayer::new(AnyVerifier::new(verifier)).with_identity().layer(Handler))
    }

    /// With a deadline that no good answer comes near.
    pub fn usual(api: &Api) -> Self {
        Self::new(api, Verifier::builder().deadline(Duration::from_secs(20)))
    }

    pub async fn call(&self, call: Call) -> Seen {
        let mut request = Request::post("/ray.rpc.NodeInfoGcsService/CheckAlive");
        if let Some(authorization) = call.authorization {
            request = request.header("authorization", authorization);
        }
        if let Some(timeout) = call.timeout {
            request = request.header("grpc-timeout", timeout);
        }
        let mut request = request.body(()).unwrap();
        let peer = TcpConnectInfo { local_addr: None, remote_addr: Some(call.from.parse().unwrap()) };
        request.extensions_mut().insert(peer);
        let response = self.0.clone().oneshot(request).await.unwrap();
        let status = response.headers().get("grpc-status");
        (status.map_or(0, |status| status.to_str().unwrap().parse().unwrap()), response.into_body())
    }

    pub async fn status(&self, token: impl AsRef<str>) -> u16 {
        self.call(bearer(token)).await.0
    }
}
