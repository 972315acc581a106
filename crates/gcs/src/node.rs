//! The service of a node, as far as it only reads: enough for a demonstration or a test that has several of them.

use std::collections::HashSet;

use bytes::Bytes;
use ray_auth::proto::node_manager_service_server::{NodeManagerService, NodeManagerServiceServer};
use ray_auth::proto::{
    GetAgentPiDsReply, GetAgentPiDsRequest, GetSystemConfigReply, GetSystemConfigRequest, IsLocalWorkerDeadReply,
    IsLocalWorkerDeadRequest,
};
use tonic::{Request, Response, Status};

/// Bytes of a request; it holds one identifier at most.
const MAX_REQUEST_LEN: usize = 4 * 1_024;

/// An equivalent of the service every Ray node runs, with the three methods that cost next to nothing.
///
/// Unlike a GCS, a node does not look at the `ray_cluster_id` of a call.
#[derive(Clone, Debug)]
pub struct NodeManager {
    system_config: String,
    dashboard_agent_pid: Option<i32>,
    runtime_env_agent_pid: Option<i32>,
    workers: HashSet<Bytes>,
}

impl NodeManager {
    /// A node without workers and agents, and with an empty configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `GetSystemConfig` answers: one JSON object. Default: an empty one.
    #[must_use]
    pub fn with_system_config(mut self, config: impl Into<String>) -> Self {
        self.system_config = config.into();
        self
    }

    /// Process identifiers of the dashboard's agent and of the one that prepares runtime environments. Default: none.
    #[must_use]
    pub fn with_agent_pids(mut self, dashboard: Option<i32>, runtime_env: Option<i32>) -> Self {
        self.dashboard_agent_pid = dashboard;
        self.runtime_env_agent_pid = runtime_env;
        self
    }

    /// Adds a worker that is alive. All others count as dead.
    #[must_use]
    pub fn add_worker(mut self, worker_id: impl Into<Bytes>) -> Self {
        self.workers.insert(worker_id.into());
        self
    }

    /// The service.
    #[must_use]
    pub fn into_server(self) -> NodeManagerServiceServer<Self> {
        NodeManagerServiceServer::new(self).max_decoding_message_size(MAX_REQUEST_LEN)
    }
}

impl Default for NodeManager {
    fn default() -> Self {
        Self {
            system_config: "{}".to_owned(),
            dashboard_agent_pid: None,
            runtime_env_agent_pid: None,
            workers: HashSet::new(),
        }
    }
}

#[tonic::async_trait]
impl NodeManagerService for NodeManager {
    async fn get_system_config(
        &self,
        _request: Request<GetSystemConfigRequest>,
    ) -> Result<Response<GetSystemConfigReply>, Status> {
        Ok(Response::new(GetSystemConfigReply { system_config: self.system_config.clone() }))
    }

    async fn is_local_worker_dead(
        &self,
        request: Request<IsLocalWorkerDeadRequest>,
    ) -> Result<Response<IsLocalWorkerDeadReply>, Status> {
        let is_dead = !self.workers.contains(&request.get_ref().worker_id);
        Ok(Response::new(IsLocalWorkerDeadReply { is_dead }))
    }

    async fn get_agent_pi_ds(
        &self,
        _request: Request<GetAgentPiDsRequest>,
    ) -> Result<Response<GetAgentPiDsReply>, Status> {
        Ok(Response::new(GetAgentPiDsReply {
            dashboard_agent_pid: self.dashboard_agent_pid,
            runtime_env_agent_pid: self.runtime_env_agent_pid,
        }))
    }
}
