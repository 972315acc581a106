//! Which kinds of call are sent once more.

use std::time::Duration;

use ray_auth::AddTokenLayer;
use ray_auth::attach::retry::RetryTokenLayer;
use ray_auth::interceptor::RequireTokenInterceptor;
use ray_auth::proto::testing::EchoStreamRequest;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::proto::testing::echo_server::EchoServer;
use ray_auth_gcs::Echo;
use tokio::net::TcpListener;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::Endpoint;
use tonic::{Code, Request};
use tower::Layer;

use super::support::{BOUND, NEW, OLD, Server, echo, keyring, staged};

/// A client before its `promote`, for a server that was restarted with the new token.
fn layer() -> RetryTokenLayer {
    AddTokenLayer::new(staged()).retry_with_accepted()
}

#[tokio::test]
async fn calls_of_one_request_are_sent_once_more_whatever_their_answer_is() {
    let server = Server::start(keyring(NEW)).await;
    let mut client = server.client(&layer()).await;
    assert_eq!(client.unary(echo("ping")).await.unwrap().into_inner().payload, "ping");
    assert_eq!(server.presented(), [OLD, NEW]);

    let request = EchoStreamRequest { payload: "ping".into(), count: 3 };
    let replies = client.server_stream(request).await.unwrap().into_inner();
    assert_eq!(replies.collect::<Result<Vec<_>, _>>().await.unwrap().len(), 3);
    assert_eq!(server.presented(), [OLD, NEW]);
}

#[tokio::test]
async fn streams_of_requests_are_not_sent_once_more() {
    let server = Server::start(keyring(NEW)).await;
    let mut client = server.client(&layer()).await;
    let outcomes = async {
        let several = tokio_stream::iter([echo("one"), echo("two"), echo("three")]);
        let all_at_once = client.client_stream(several).await.map(drop);
        let (_more, messages) = tokio::sync::mpsc::channel(1);
        let nothing_yet = client.client_stream(ReceiverStream::new(messages)).await.map(drop);
        let (more, messages) = tokio::sync::mpsc::channel(1);
        more.send(echo("one")).await.unwrap();
        let one_so_far = client.bidi(ReceiverStream::new(messages)).await.map(drop);
        [("all at once", all_at_once), ("nothing yet", nothing_yet), ("one so far", one_so_far)]
    };
    for (name, outcome) in tokio::time::timeout(BOUND, outcomes).await.expect("a refusal does not wait") {
        assert_eq!(outcome.unwrap_err().code(), Code::Unauthenticated, "{name}");
    }
    assert_eq!(server.presented(), [OLD, OLD, OLD]);
}

#[tokio::test]
async fn streams_go_through_as_they_do_without_the_layer() {
    let server = Server::start(keyring(OLD)).await;
    let mut client = server.client(&layer()).await;
    let (more, messages) = tokio::sync::mpsc::channel(1);
    let mut replies = client.bidi(ReceiverStream::new(messages)).await.unwrap().into_inner();
    for number in 0..10 {
        // Each is answered before the next is sent.
        more.send(echo(number.to_string())).await.unwrap();
        let reply = tokio::time::timeout(BOUND, replies.message()).await.expect("no message is held back");
        assert_eq!(reply.unwrap().unwrap().payload, number.to_string());
    }
    drop(more);
    assert!(replies.message().await.unwrap().is_none());
    let many = tokio_stream::iter((0..1_000).map(|_| echo(vec![b'x'; 1_000])));
    assert_eq!(client.client_stream(many).await.unwrap().into_inner().payload.len(), 1_000_000);
    assert_eq!(server.presented(), [OLD, OLD]);
}

#[tokio::test]
async fn large_messages_go_through_and_are_not_sent_once_more() {
    let server = Server::start(keyring(NEW)).await;
    let mut client = server.client(&layer()).await;
    // A message has a field's tag and length, and the prefix, besides its payload.
    let fits = RetryTokenLayer::DEFAULT_BODY_LIMIT - 9;
    for (len, presented) in [(fits, &[OLD, NEW][..]), (fits + 1, &[OLD]), (1 << 20, &[OLD])] {
        let payload = bytes::Bytes::from(vec![b'x'; len]);
        let outcome = client.unary(echo(payload.clone())).await;
        assert_eq!(server.presented(), presented, "{len} bytes");
        match outcome {
            Ok(reply) => assert!(reply.into_inner().payload == payload),
            Err(status) => assert_eq!(status.code(), Code::Unauthenticated, "{len} bytes"),
        }
    }
    let server = Server::start(keyring(OLD)).await;
    let reply = server.client(&layer()).await.unary(echo(vec![b'x'; 1 << 20])).await.unwrap();
    assert_eq!(reply.into_inner().payload.len(), 1 << 20);
}

#[tokio::test]
async fn the_callers_own_value_is_not_replaced() {
    let server = Server::start(keyring(NEW)).await;
    let mut request = Request::new(echo("ping"));
    request.metadata_mut().insert("authorization", "Bearer mine".parse().unwrap());
    let status = server.client(&layer()).await.unary(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(server.presented(), ["mine"]);
}

#[tokio::test]
async fn a_deadline_and_metadata_come_along() {
    let server = Server::start(keyring(NEW)).await;
    let mut request = Request::new(echo("ping"));
    request.set_timeout(Duration::from_secs(15));
    request.metadata_mut().insert_bin("trace-bin", tonic::metadata::MetadataValue::from_bytes(b"\0\x01"));
    server.client(&layer()).await.unary(request).await.unwrap();
    assert_eq!(server.presented(), [OLD, NEW]);
}

#[tokio::test]
async fn the_refusal_of_an_interceptor_counts_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let service = EchoServer::with_interceptor(Echo, RequireTokenInterceptor::new(keyring(NEW)));
        let server = tonic::transport::Server::builder().add_service(service);
        server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
    });
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    EchoClient::new(layer().layer(channel)).unary(echo("ping")).await.unwrap();
    serving.abort();
}
