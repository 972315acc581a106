//! The health service, without a token.

use ray_auth_gcs::{Gcs, NodeManager, Server};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{Running, start};

async fn started() -> Running {
    start(Server::builder().gcs(&Gcs::builder().build().unwrap())).await
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test]
async fn known_services_are_well_and_others_unknown() {
    let server = started().await;
    let mut health = HealthClient::new(server.channel().await);
    let cases = [
        ("", true),
        ("ray.rpc.NodeInfoGcsService", true),
        ("ray.rpc.InternalKVGcsService", true),
        ("ray.rpc.NodeManagerService", false),
        ("foo", false),
    ];
    for (service, known) in cases {
        let status = if known { ServingStatus::Serving } else { ServingStatus::ServiceUnknown };
        let mut watched = health.watch(of(service)).await.unwrap().into_inner();
        assert_eq!(watched.message().await.unwrap().unwrap().status(), status, "watch {service:?}");
        match health.check(of(service)).await {
            Ok(response) => assert_eq!((response.into_inner().status(), known), (status, true), "check {service:?}"),
            Err(error) => {
                assert_eq!((error.code(), error.message()), (Code::NotFound, "service name unknown"), "{service:?}");
                assert!(!known, "check {service:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_node_knows_its_own_services() {
    let server = start(Server::builder().node_manager(NodeManager::new()).echo()).await;
    let mut health = HealthClient::new(server.channel().await);
    for (service, known) in [
        ("", true),
        ("ray.rpc.NodeManagerService", true),
        ("ray_auth.testing.v1.Echo", true),
        ("ray.rpc.NodeInfoGcsService", false),
    ] {
        assert_eq!(health.check(of(service)).await.is_ok(), known, "{service:?}");
    }
}

#[tokio::test]
async fn who_watches_hears_of_the_end() {
    let server = started().await;
    let mut health = HealthClient::new(server.channel().await);
    let mut watched = health.watch(of("")).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let (last, ()) = tokio::join!(async { (watched.message().await, watched.message().await) }, server.stop());
    assert_eq!(last.0.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(last.1.unwrap(), None);
}

#[tokio::test]
async fn a_long_request_is_refused() {
    let server = started().await;
    let mut health = HealthClient::new(server.channel().await);
    let refused = health.check(of(&"x".repeat(5_000))).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let refused = health.watch(of(&"x".repeat(5_000))).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
}
