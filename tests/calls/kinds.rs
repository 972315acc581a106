//! The four kinds of call, with the right token, a wrong one and none.

use ray_auth::interceptor::{AddTokenInterceptor, RequireTokenInterceptor};
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::proto::testing::echo_server::EchoServer;
use ray_auth::proto::testing::{EchoMessage, EchoStreamRequest};
use ray_auth::{Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::Echo;
use tokio_stream::StreamExt;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::{Code, Status};

use super::support::{BOUND, Server, keyring};

const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

async fn server(keyring: Keyring) -> Server {
    Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(RequireTokenLayer::new(keyring));
        server.add_service(Echo.into_server()).serve_with_incoming(incoming).await.unwrap();
    })
    .await
}

fn message() -> EchoMessage {
    EchoMessage { payload: "ping".into() }
}

/// Messages without an end: a refusal must not wait for it.
fn endless() -> impl tokio_stream::Stream<Item = EchoMessage> + Send + 'static {
    tokio_stream::iter(std::iter::repeat_with(message)).throttle(std::time::Duration::from_millis(1))
}

/// What each kind of call comes to.
async fn all_kinds<C>(mut client: EchoClient<C>, streams_end: bool) -> [(&'static str, Result<usize, Status>); 4]
where
    C: GrpcService<Body>,
    C::ResponseBody:
        http_body::Body<Data = bytes::Bytes, Error: Into<tonic::codegen::StdError> + Send> + Send + 'static,
    C::Error: Into<tonic::codegen::StdError>,
{
    let calls = async {
        let unary = client.unary(message()).await.map(|_| 1);
        let requests = endless().take(if streams_end { 3 } else { usize::MAX });
        let client_stream = client.client_stream(requests).await.map(|reply| reply.into_inner().payload.len() / 4);
        let request = EchoStreamRequest { payload: "ping".into(), count: 3 };
        let server_stream = match client.server_stream(request).await {
            Ok(replies) => replies.into_inner().collect::<Result<Vec<_>, _>>().await.map(|replies| replies.len()),
            Err(status) => Err(status),
        };
        let requests = endless().take(if streams_end { 3 } else { usize::MAX });
        let bidi = match client.bidi(requests).await {
            Ok(replies) => replies.into_inner().collect::<Result<Vec<_>, _>>().await.map(|replies| replies.len()),
            Err(status) => Err(status),
        };
        [("unary", unary), ("client stream", client_stream), ("server stream", server_stream), ("bidi", bidi)]
    };
    tokio::time::timeout(BOUND, calls).await.expect("no call hangs")
}

#[tokio::test]
async fn every_kind_of_call_is_let_in_with_the_token() {
    let keyring = keyring();
    let server = server(keyring.clone()).await;
    for (kind, outcome) in all_kinds(server.client(&keyring).await, true).await {
        let expected = if kind == "unary" { 1 } else { 3 };
        assert_eq!(outcome.unwrap_or_else(|status| panic!("{kind}: {status}")), expected, "{kind}");
    }
}

#[tokio::test]
async fn every_kind_of_call_is_refused_without_it_even_while_the_client_keeps_sending() {
    let server = server(keyring()).await;
    let other = Keyring::new(Token::generate());
    for (who, client) in [("none", server.stranger().await), ("wrong", server.client(&other).await)] {
        for (kind, outcome) in all_kinds(client, false).await {
            let status = outcome.expect_err(kind);
            assert_eq!((status.code(), status.message()), (Code::Unauthenticated, MESSAGE), "{kind}, {who} token");
        }
    }
}

#[tokio::test]
async fn the_interceptors_do_the_same() {
    let keyring = keyring();
    let required = RequireTokenInterceptor::new(keyring.clone());
    let server = Server::start(|incoming| async move {
        let service = EchoServer::with_interceptor(Echo, required);
        tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming).await.unwrap();
    })
    .await;
    let client = EchoClient::with_interceptor(server.channel().await, AddTokenInterceptor::new(keyring));
    for (kind, outcome) in all_kinds(client, true).await {
        assert!(outcome.is_ok(), "{kind}: {outcome:?}");
    }
    for (kind, outcome) in all_kinds(server.stranger().await, false).await {
        let status = outcome.expect_err(kind);
        assert_eq!((status.code(), status.message()), (Code::Unauthenticated, MESSAGE), "{kind}");
    }
}
