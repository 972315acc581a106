//! A client of a cluster: asks the GCS which cluster it is and which nodes it has.
//!
//! ```text
//! RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=token cargo run -p ray-auth --example client -- 127.0.0.1:6379
//! ```

use ray_auth::ClusterAuth;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::{GetAllNodeInfoRequest, GetClusterIdRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    let auth = ClusterAuth::from_env()?;
    let mut gcs = NodeInfoGcsServiceClient::new(auth.connect(&address).await?);

    let cluster = gcs.get_cluster_id(GetClusterIdRequest {}).await?.into_inner();
    println!("the cluster id has {} bytes", cluster.cluster_id.len());
    let nodes = gcs.get_all_node_info(GetAllNodeInfoRequest::default()).await?.into_inner();
    for node in nodes.node_info_list {
        println!("{} at {}:{}", node.node_name, node.node_manager_address, node.node_manager_port);
    }
    Ok(())
}
