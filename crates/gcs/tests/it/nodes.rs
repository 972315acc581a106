//! The nodes, as a client sees them.

use bytes::Bytes;
use ray_auth::proto::gcs_node_info::GcsNodeState;
use ray_auth::proto::get_all_node_info_request::{NodeSelector, node_selector};
use ray_auth::proto::node_death_info::Reason;
use ray_auth::proto::node_snapshot::State;
use ray_auth::proto::{
    CheckAliveRequest, DrainNodeData, DrainNodeRequest, GcsNodeAddressAndLiveness, GcsNodeInfo, GcsStatus,
    GetAllNodeAddressAndLivenessRequest, GetAllNodeInfoRequest, NodeDeathInfo, RegisterNodeRequest,
    UnregisterNodeRequest,
};
use ray_auth_gcs::{Bounds, Gcs, Server};
use tonic::Code;

use crate::support::{start, start_gcs_within};

const OK: Option<GcsStatus> = Some(GcsStatus { code: 0, message: String::new() });

fn id(number: u8) -> Bytes {
    Bytes::from(vec![number; 28])
}

fn node(number: u8) -> GcsNodeInfo {
    GcsNodeInfo {
        node_id: id(number),
        node_name: format!("node-{number}"),
        node_manager_address: "127.0.0.1".to_owned(),
        node_manager_port: 7_000 + i32::from(number),
        object_manager_port: 8_000 + i32::from(number),
        is_head_node: number == 0,
        labels: [("zone".to_owned(), "a".to_owned())].into(),
        resources_total: [("CPU".to_owned(), 2.0)].into(),
        ..GcsNodeInfo::default()
    }
}

fn death() -> NodeDeathInfo {
    NodeDeathInfo { reason: Reason::AutoscalerDrainIdle.into(), reason_message: "idle".to_owned() }
}

#[tokio::test]
async fn a_node_comes_works_drains_and_goes() {
    let gcs = Gcs::builder().add_node(node(0)).build().unwrap();
    let server = start(Server::builder().gcs(&gcs)).await;
    let mut nodes = server.nodes().await;

    let reply = nodes.register_node(RegisterNodeRequest { node_info: Some(node(1)) }).await.unwrap();
    assert_eq!(reply.into_inner().status, OK);
    let reply = nodes.get_all_node_info(GetAllNodeInfoRequest::default()).await.unwrap().into_inner();
    assert_eq!((reply.status, reply.total, reply.num_filtered), (OK, 2, 0));
    assert_eq!(reply.node_info_list, [node(0), node(1)], "as they were registered");

    let drain_node_data = vec![DrainNodeData { node_id: id(1) }, DrainNodeData { node_id: id(9) }];
    let reply = nodes.drain_node(DrainNodeRequest { drain_node_data }).await.unwrap().into_inner();
    let answered: Vec<Bytes> = reply.drain_node_status.into_iter().map(|status| status.node_id).collect();
    assert_eq!((reply.status, answered), (OK, vec![id(1), id(9)]));
    let by_name = NodeSelector { node_selector: Some(node_selector::NodeSelector::NodeName("node-1".to_owned())) };
    let request = GetAllNodeInfoRequest { node_selectors: vec![by_name], ..Default::default() };
    let reply = nodes.get_all_node_info(request.clone()).await.unwrap().into_inner();
    assert_eq!((reply.total, reply.num_filtered), (2, 1));
    assert_eq!(reply.node_info_list[0].state_snapshot.as_ref().unwrap().state(), State::Draining);
    assert_eq!(reply.node_info_list[0].state(), GcsNodeState::Alive);

    let request_end = UnregisterNodeRequest { node_id: id(1), node_death_info: Some(death()) };
    assert_eq!(nodes.unregister_node(request_end).await.unwrap().into_inner().status, OK);
    let dead = nodes.get_all_node_info(request).await.unwrap().into_inner().node_info_list.remove(0);
    assert_eq!((dead.state(), dead.death_info), (GcsNodeState::Dead, Some(death())));
    assert!(dead.end_time_ms > 0);

    let request = CheckAliveRequest { node_ids: vec![id(1), id(0), id(9), id(0)] };
    let reply = nodes.check_alive(request).await.unwrap().into_inner();
    assert_eq!((reply.status, &reply.ray_version[..]), (OK, "2.60.0"));
    assert_eq!(reply.raylet_alive, [false, true, false, true]);
}

#[tokio::test]
async fn addresses_are_enough_to_reach_a_node() {
    let gcs = Gcs::builder().add_node(node(0)).add_node(node(1)).add_node(node(2)).build().unwrap();
    let server = start(Server::builder().gcs(&gcs)).await;
    let mut nodes = server.nodes().await;
    let end = UnregisterNodeRequest { node_id: id(2), node_death_info: Some(death()) };
    nodes.unregister_node(end).await.unwrap();

    let address = |number: u8, state: GcsNodeState, death_info| GcsNodeAddressAndLiveness {
        node_id: id(number),
        node_manager_address: "127.0.0.1".to_owned(),
        node_manager_port: 7_000 + i32::from(number),
        object_manager_port: 8_000 + i32::from(number),
        state: state.into(),
        death_info,
    };
    let request = GetAllNodeAddressAndLivenessRequest { node_ids: vec![id(2), id(1)], ..Default::default() };
    let reply = nodes.get_all_node_address_and_liveness(request).await.unwrap().into_inner();
    let expected = [address(1, GcsNodeState::Alive, None), address(2, GcsNodeState::Dead, Some(death()))];
    assert_eq!((reply.status, reply.node_info_list), (OK, expected.to_vec()));

    let request = GetAllNodeAddressAndLivenessRequest { limit: Some(1), ..Default::default() };
    let reply = nodes.get_all_node_address_and_liveness(request).await.unwrap().into_inner();
    assert_eq!(reply.node_info_list, [address(0, GcsNodeState::Alive, None)]);
}

#[tokio::test]
async fn what_passes_a_bound_is_an_error_of_the_call() {
    let server = start_gcs_within(Bounds { nodes: 1, node_bytes: 128, ..Bounds::default() }).await;
    let mut nodes = server.nodes().await;
    let register = |node_info| RegisterNodeRequest { node_info };
    nodes.register_node(register(Some(node(1)))).await.unwrap();
    let long = GcsNodeInfo { temp_dir: "x".repeat(128), node_id: id(2), ..GcsNodeInfo::default() };
    let cases = [
        (None, Code::InvalidArgument, "the node identifier has 0 bytes; it must have 28"),
        (
            Some(long),
            Code::InvalidArgument,
            "the node's description has 162 bytes and 128 are allowed; register it with fewer labels or resources",
        ),
        (
            Some(node(2)),
            Code::ResourceExhausted,
            "the cluster has 1 live nodes, as many as it may; unregister some first",
        ),
    ];
    for (node_info, code, message) in cases {
        let refused = nodes.register_node(register(node_info)).await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (code, message));
    }
    let reply = nodes.get_all_node_info(GetAllNodeInfoRequest::default()).await.unwrap().into_inner();
    assert_eq!(reply.node_info_list, [node(1)]);
}
