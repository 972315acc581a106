//! A node's service behind the server layer: every method needs the token, but for the health checks.
//!
//! ```text
//! RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=token cargo run -p ray-auth --example server -- 127.0.0.1:6380
//! ```

use ray_auth::ClusterAuth;
use ray_auth::proto::node_manager_service_server::{NodeManagerService, NodeManagerServiceServer};
use ray_auth::proto::{
    GetAgentPiDsReply, GetAgentPiDsRequest, GetSystemConfigReply, GetSystemConfigRequest, IsLocalWorkerDeadReply,
    IsLocalWorkerDeadRequest,
};
use ray_auth::require::Exempt;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

struct Node;

#[tonic::async_trait]
impl NodeManagerService for Node {
    async fn get_system_config(
        &self,
        _: Request<GetSystemConfigRequest>,
    ) -> Result<Response<GetSystemConfigReply>, Status> {
        Ok(Response::new(GetSystemConfigReply { system_config: "{}".to_owned() }))
    }

    async fn is_local_worker_dead(
        &self,
        _: Request<IsLocalWorkerDeadRequest>,
    ) -> Result<Response<IsLocalWorkerDeadReply>, Status> {
        Ok(Response::new(IsLocalWorkerDeadReply { is_dead: true }))
    }

    async fn get_agent_pi_ds(&self, _: Request<GetAgentPiDsRequest>) -> Result<Response<GetAgentPiDsReply>, Status> {
        Ok(Response::new(GetAgentPiDsReply::default()))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6380".to_owned()).parse()?;
    let auth = ClusterAuth::from_env()?;
    let (_, health) = tonic_health::server::health_reporter();
    println!("serving on {address}");
    Server::builder()
        .layer(auth.require_token().exempt(Exempt::grpc_health()))
        .add_service(NodeManagerServiceServer::new(Node))
        .add_service(health)
        .serve(address)
        .await?;
    Ok(())
}
