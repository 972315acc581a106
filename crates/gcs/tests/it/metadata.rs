//! What Ray's command line asks a GCS for before anything else.

use ray_auth::proto::{GcsStatus, GetClusterIdRequest};
use ray_auth_gcs::{BoundError, Bounds, ClusterId, Gcs, Server};

use crate::support::start;

fn metadata(gcs: &Gcs) -> serde_json::Value {
    serde_json::from_slice(&gcs.get("cluster", "CLUSTER_METADATA").unwrap()).unwrap()
}

#[test]
fn the_versions_are_where_ray_looks_for_them() {
    let cases = [
        (Gcs::builder(), "2.60.0", "3.11.7"),
        (Gcs::builder().ray_version("2.61.0").python_version("3.12.1"), "2.61.0", "3.12.1"),
        (Gcs::builder().ray_version("a \"quoted\" one"), "a \"quoted\" one", "3.11.7"),
    ];
    for (builder, ray, python) in cases {
        let gcs = builder.build().unwrap();
        assert_eq!(metadata(&gcs), serde_json::json!({ "ray_version": ray, "python_version": python }));
        assert_eq!(gcs.ray_version(), ray);
    }
}

#[test]
fn entries_of_the_caller_come_last() {
    let gcs =
        Gcs::builder().add_entry("cluster", "CLUSTER_METADATA", "{}").add_entry("n", "k", "1").add_entry("n", "k", "2");
    let gcs = gcs.build().unwrap();
    assert_eq!(metadata(&gcs), serde_json::json!({}));
    assert_eq!(gcs.get("n", "k").as_deref(), Some(&b"2"[..]));
    let shared = gcs.clone();
    assert_eq!(gcs.put("n", "k", "3"), Ok(false));
    assert_eq!(shared.get("n", "k").as_deref(), Some(&b"3"[..]), "clones share the state");
}

#[test]
fn a_seed_that_passes_a_bound_is_refused() {
    let bounds = Bounds { keys: 1, ..Bounds::default() };
    let refused = Gcs::builder().bounds(bounds).add_entry("n", "k", "v").build().unwrap_err();
    assert_eq!(refused, BoundError::Keys { limit: 1 });
}

#[test]
fn nothing_stored_shows_in_debug_output() {
    let builder = Gcs::builder().add_entry("n", "hunter2-key", "hunter2-value").internal_config("hunter2-config");
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("keys: 2"), "{shown}");
}

#[tokio::test]
async fn the_cluster_says_who_it_is() {
    let cluster_id = ClusterId::from_bytes([0xab; 28]);
    let gcs = Gcs::builder().cluster_id(cluster_id).build().unwrap();
    let server = start(Server::builder().gcs(&gcs)).await;
    let reply = server.nodes().await.get_cluster_id(GetClusterIdRequest {}).await.unwrap().into_inner();
    assert_eq!((reply.status, &reply.cluster_id[..]), (Some(GcsStatus::default()), &[0xab; 28][..]));
    assert_ne!(Gcs::builder().build().unwrap().cluster_id(), Gcs::builder().build().unwrap().cluster_id());
}
