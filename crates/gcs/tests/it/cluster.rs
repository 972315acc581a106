//! The check of the cluster's identifier, beyond the table of observed behaviour.

use ray_auth_gcs::{ClusterId, Gcs, NodeManager, Server};
use ray_auth_testing::raw_http2::{Outcome, Request};

use crate::support::{BOUND, call, start};

const KEYS: &str = "/ray.rpc.InternalKVGcsService/InternalKVKeys";
const MESSAGE: &str = "WrongClusterID: Perhaps the client is accessing GCS after it has restarted.";

#[tokio::test]
async fn a_refusal_is_one_header_frame_with_rays_text() {
    let server = start(Server::builder().gcs(&Gcs::builder().build().unwrap())).await;
    // Left open: the refusal does not wait for a body.
    let request = call(KEYS).add("ray_cluster_id", "12").no_body().leave_open();
    let outcome = server.raw().await.ask(&request, BOUND).await.unwrap();
    let response = outcome.response().unwrap();
    assert_eq!(response.http_status, 200);
    assert!(response.end_stream_on_first_headers);
    assert_eq!(response.header("content-type"), Some(&b"application/grpc"[..]));
    assert_eq!(response.header("grpc-status"), Some(&b"16"[..]));
    assert_eq!(response.grpc_message_bytes(), Some(MESSAGE.as_bytes()), "blanks stand as they are");
    assert_eq!(response.header("content-length"), None);
}

#[tokio::test]
async fn which_calls_are_checked() {
    let gcs = Gcs::builder().cluster_id(ClusterId::from_bytes([7; 28])).build().unwrap();
    let (right, wrong, nil) = ("07".repeat(28), "08".repeat(28), "ff".repeat(28));
    let server = start(Server::builder().gcs(&gcs).node_manager(NodeManager::new()).echo()).await;
    let mut connection = server.raw().await;
    let with =
        |path, values: &[&str]| values.iter().fold(call(path), |request, value| request.add("ray_cluster_id", *value));
    let get_id = "/ray.rpc.NodeInfoGcsService/GetClusterId";
    let cases: [(&str, Request, u32); 13] = [
        ("no identifier", with(KEYS, &[]), 0),
        ("the right one", with(KEYS, &[&right]), 0),
        ("the wrong one", with(KEYS, &[&wrong]), 16),
        ("the first decides: right", with(KEYS, &[&right, &wrong]), 0),
        ("the first decides: wrong", with(KEYS, &[&wrong, &right]), 16),
        ("joined", with(KEYS, &[&format!("{right},{right}")]), 16),
        ("right, with a blank", with(KEYS, &[&format!("{right} x")]), 16),
        ("none yet, asking for it", with(get_id, &[&nil]), 0),
        ("the right one, asking for it", with(get_id, &[&right]), 16),
        ("a method there is not", with("/ray.rpc.NodeInfoGcsService/Nothing", &[&wrong]), 16),
        ("another service", with("/ray_auth.testing.v1.Echo/Unary", &[&wrong]), 0),
        ("a node's service", with("/ray.rpc.NodeManagerService/GetSystemConfig", &[&wrong]), 0),
        ("health", with("/grpc.health.v1.Health/Check", &[&wrong]), 0),
    ];
    for (what, request, status) in cases {
        let outcome = connection.ask(&request, BOUND).await.unwrap();
        assert_eq!(outcome.grpc_status(), Some(status), "{what}: {outcome:?}");
        if status == 16 {
            assert_eq!(outcome.grpc_message().as_deref(), Some(MESSAGE), "{what}");
        }
    }
}

#[tokio::test]
async fn the_token_comes_first_and_routing_last() {
    let server = start(Server::builder().gcs(&Gcs::builder().build().unwrap())).await;
    let mut connection = server.raw().await;
    let refused = Some("InvalidAuthToken: Authentication token is missing or incorrect".to_owned());
    let cases = [
        ("no token, wrong cluster", Request::grpc(KEYS).add("ray_cluster_id", "12"), 16),
        ("no token, no such service", Request::grpc("/no.such.Service/Method"), 16),
        ("token, no such service", call("/no.such.Service/Method"), 12),
        ("token, no such method", call("/ray.rpc.NodeInfoGcsService/Nothing"), 12),
        ("token, a service of others", call("/ray.rpc.NodeManagerService/GetSystemConfig"), 12),
    ];
    for (what, request, status) in cases {
        let outcome: Outcome = connection.ask(&request, BOUND).await.unwrap();
        assert_eq!(outcome.grpc_status(), Some(status), "{what}");
        if status == 16 {
            assert_eq!(outcome.grpc_message(), refused, "{what}");
        }
    }
}
