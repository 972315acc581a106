//! The subset of Ray's wire contract that this crate speaks, as generated messages, clients and servers.
//!
//! Messages and services of Ray's package `ray.rpc` are here directly, this project's own are in [`v1`] and
//! [`testing`]. The `.proto` files are in the crate's folder `proto/`: written for this project, with Ray's packages,
//! names and field numbers, so what they make interoperates with Ray 2.60. What Ray has and they have not is skipped
//! when it is read and answered with UNIMPLEMENTED when it is called.
//!
//! | Ray's service | client | server |
//! |---|---|---|
//! | `NodeInfoGcsService` | [`node_info_gcs_service_client`] | [`node_info_gcs_service_server`] |
//! | `InternalKVGcsService` | [`internal_kv_gcs_service_client`] | [`internal_kv_gcs_service_server`] |
//! | `NodeManagerService` (three methods) | [`node_manager_service_client`] | [`node_manager_service_server`] |
//! | `ray_auth.v1.KeyringService` (ours) | [`v1::keyring_service_client`] | [`v1::keyring_service_server`] |
//! | `ray_auth.testing.v1.Echo` (ours) | [`testing::echo_client`] | [`testing::echo_server`] |
//!
//! Fields of type `bytes` are [`Bytes`](bytes::Bytes). One that was decoded may share the memory of the whole message
//! it came in: copy what is to be kept.
//!
//! The clients carry no token of their own: give them a service that attaches it.
//!
//! ```
//! use ray_auth::proto::GcsNodeInfo;
//! use ray_auth::proto::gcs_node_info::GcsNodeState;
//!
//! let node = GcsNodeInfo { node_name: "worker-1".into(), ..GcsNodeInfo::default() };
//! assert_eq!(node.state(), GcsNodeState::Alive);
//! ```

// What tonic and prost generate documents messages and methods from the `.proto` comments, but not every item around them.
#[allow(missing_docs, unreachable_pub, clippy::all)]
mod rpc {
    tonic::include_proto!("ray.rpc");
}

pub use rpc::*;

/// What a process tells about its tokens. [`status`](crate::status) speaks it.
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub mod v1 {
    tonic::include_proto!("ray_auth.v1");
}

/// A service with one method of each kind that gRPC knows, for tests, demonstrations and benchmarks.
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub mod testing {
    tonic::include_proto!("ray_auth.testing.v1");
}
