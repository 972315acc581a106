//! The nodes, and the cluster's identity, as a gRPC service.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use ray_auth::proto::node_info_gcs_service_server::NodeInfoGcsService;
use ray_auth::proto::{
    CheckAliveReply, CheckAliveRequest, DrainNodeReply, DrainNodeRequest, DrainNodeStatus, GcsNodeAddressAndLiveness,
    GcsNodeInfo, GetAllNodeAddressAndLivenessReply, GetAllNodeAddressAndLivenessRequest, GetAllNodeInfoReply,
    GetAllNodeInfoRequest, GetClusterIdReply, GetClusterIdRequest, RegisterNodeReply, RegisterNodeRequest,
    UnregisterNodeReply, UnregisterNodeRequest,
};
use tonic::{Request, Response, Status};

use super::{Found, Query};
use crate::gcs::Gcs;
use crate::status;

#[tonic::async_trait]
impl NodeInfoGcsService for Gcs {
    async fn get_cluster_id(
        &self,
        _request: Request<GetClusterIdRequest>,
    ) -> Result<Response<GetClusterIdReply>, Status> {
        let cluster_id = Bytes::copy_from_slice(self.cluster_id().as_bytes());
        Ok(Response::new(GetClusterIdReply { status: status::ok(), cluster_id }))
    }

    async fn register_node(
        &self,
        request: Request<RegisterNodeRequest>,
    ) -> Result<Response<RegisterNodeReply>, Status> {
        self.nodes().register(request.into_inner().node_info.unwrap_or_default())?;
        Ok(Response::new(RegisterNodeReply { status: status::ok() }))
    }

    async fn unregister_node(
        &self,
        request: Request<UnregisterNodeRequest>,
    ) -> Result<Response<UnregisterNodeReply>, Status> {
        let request = request.into_inner();
        self.nodes().unregister(&request.node_id, request.node_death_info.unwrap_or_default());
        Ok(Response::new(UnregisterNodeReply { status: status::ok() }))
    }

    async fn drain_node(&self, request: Request<DrainNodeRequest>) -> Result<Response<DrainNodeReply>, Status> {
        let drained = request.into_inner().drain_node_data;
        drained.iter().for_each(|node| self.nodes().drain(&node.node_id));
        let drain_node_status = drained.into_iter().map(|node| DrainNodeStatus { node_id: node.node_id }).collect();
        Ok(Response::new(DrainNodeReply { status: status::ok(), drain_node_status }))
    }

    async fn get_all_node_info(
        &self,
        request: Request<GetAllNodeInfoRequest>,
    ) -> Result<Response<GetAllNodeInfoReply>, Status> {
        let Found { nodes, total } = self.nodes().find(&Query::from(request.into_inner()), Message::encoded_len)?;
        let left_out = total - nodes.len();
        Ok(Response::new(GetAllNodeInfoReply {
            status: status::ok(),
            node_info_list: nodes.into_iter().map(Arc::unwrap_or_clone).collect(),
            total: i64::try_from(total).unwrap_or(i64::MAX),
            num_filtered: i64::try_from(left_out).unwrap_or(i64::MAX),
        }))
    }

    async fn get_all_node_address_and_liveness(
        &self,
        request: Request<GetAllNodeAddressAndLivenessRequest>,
    ) -> Result<Response<GetAllNodeAddressAndLivenessReply>, Status> {
        let query = Query::from(request.into_inner());
        let found = self.nodes().find(&query, |node| address_and_liveness(node).encoded_len())?;
        let node_info_list = found.nodes.iter().map(|node| address_and_liveness(node)).collect();
        Ok(Response::new(GetAllNodeAddressAndLivenessReply { status: status::ok(), node_info_list }))
    }

    async fn check_alive(&self, request: Request<CheckAliveRequest>) -> Result<Response<CheckAliveReply>, Status> {
        let node_ids = request.into_inner().node_ids;
        Ok(Response::new(CheckAliveReply {
            status: status::ok(),
            ray_version: self.ray_version().to_owned(),
            raylet_alive: node_ids.iter().map(|id| self.nodes().is_alive(id)).collect(),
            is_leader: None,
        }))
    }
}

fn address_and_liveness(node: &GcsNodeInfo) -> GcsNodeAddressAndLiveness {
    GcsNodeAddressAndLiveness {
        node_id: node.node_id.clone(),
        node_manager_address: node.node_manager_address.clone(),
        node_manager_port: node.node_manager_port,
        object_manager_port: node.object_manager_port,
        state: node.state,
        death_info: node.death_info.clone(),
    }
}
