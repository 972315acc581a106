//! The services of a node: the three methods that only read, and one method of each kind of call.

use bytes::Bytes;
use ray_auth::proto::node_manager_service_client::NodeManagerServiceClient;
use ray_auth::proto::testing::{EchoMessage, EchoStreamRequest};
use ray_auth::proto::{GetAgentPiDsRequest, GetSystemConfigRequest, IsLocalWorkerDeadRequest};
use ray_auth_gcs::{Echo, Limits, NodeManager, Server};
use tonic::Code;

use crate::support::{start, start_echo_within};

fn message(payload: &'static str) -> EchoMessage {
    EchoMessage { payload: payload.into() }
}

#[tokio::test]
async fn a_node_answers_what_it_was_made_with() {
    let node = NodeManager::new()
        .with_system_config(r#"{"a":1}"#)
        .with_agent_pids(Some(11), None)
        .add_worker(&b"worker-1"[..]);
    let server = start(Server::builder().node_manager(node)).await;
    let mut node = NodeManagerServiceClient::new(server.known().await);
    let config = node.get_system_config(GetSystemConfigRequest {}).await.unwrap().into_inner();
    assert_eq!(config.system_config, r#"{"a":1}"#);
    let pids = node.get_agent_pi_ds(GetAgentPiDsRequest {}).await.unwrap().into_inner();
    assert_eq!((pids.dashboard_agent_pid, pids.runtime_env_agent_pid), (Some(11), None));
    for (worker, dead) in [("worker-1", false), ("worker-2", true), ("", true)] {
        let request = IsLocalWorkerDeadRequest { worker_id: worker.into() };
        assert_eq!(node.is_local_worker_dead(request).await.unwrap().into_inner().is_dead, dead, "{worker:?}");
    }
}

#[tokio::test]
async fn a_node_without_a_configuration_has_an_empty_one() {
    let server = start(Server::builder().node_manager(NodeManager::default())).await;
    let mut node = NodeManagerServiceClient::new(server.known().await);
    let config = node.get_system_config(GetSystemConfigRequest {}).await.unwrap().into_inner();
    assert_eq!(config.system_config, "{}");
}

#[tokio::test]
async fn every_kind_of_call_gives_back_what_it_was_given() {
    let server = start_echo_within(Limits::default()).await;
    let mut echo = server.echo().await;
    assert_eq!(echo.unary(message("one")).await.unwrap().into_inner(), message("one"));

    let many = tokio_stream::iter(["one", "", "two"].map(message));
    assert_eq!(echo.client_stream(many).await.unwrap().into_inner(), message("onetwo"));

    let request = EchoStreamRequest { payload: "again".into(), count: 3 };
    let mut answers = echo.server_stream(request).await.unwrap().into_inner();
    for _ in 0..3 {
        assert_eq!(answers.message().await.unwrap(), Some(message("again")));
    }
    assert_eq!(answers.message().await.unwrap(), None);

    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let receiver = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut answers = echo.bidi(receiver).await.unwrap().into_inner();
    for text in ["one", "two"] {
        sender.send(message(text)).await.unwrap();
        assert_eq!(answers.message().await.unwrap(), Some(message(text)), "each as it comes");
    }
    drop(sender);
    assert_eq!(answers.message().await.unwrap(), None);
}

#[tokio::test]
async fn what_one_stream_collects_is_bounded() {
    let server = start_echo_within(Limits::default()).await;
    let mut echo = server.echo().await;
    let piece = EchoMessage { payload: Bytes::from(vec![0; 1 << 20]) };
    let three = tokio_stream::iter(vec![piece.clone(); 3]);
    assert_eq!(echo.client_stream(three).await.unwrap().into_inner().payload.len(), 3 << 20);
    let refused = echo.client_stream(tokio_stream::iter(vec![piece; 4])).await.unwrap_err();
    let limit = Echo::MAX_COLLECTED;
    let message = format!("the stream has more than {limit} bytes in all; send less in one stream");
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, message.as_str()));
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let server = start_echo_within(Limits::default()).await;
    let error = Server::builder().bind(server.address).await.unwrap_err();
    let expected =
        format!("cannot listen at {}; choose an address of this machine and a port that is free", server.address);
    assert_eq!(error.to_string(), expected);
    assert!(std::error::Error::source(&error).is_some());
}
