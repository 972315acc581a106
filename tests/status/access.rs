//! Who is told.

use std::time::{Duration, SystemTime};

use ray_auth::require::{Exempt, ReportOnly};
use ray_auth::status::AskError;
use ray_auth::{AddTokenLayer, ClusterAuth, Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::{Limits, Server};
use ray_auth_testing::raw_http2::{Connection, Request, ask};
use tokio::net::{TcpListener, TcpSocket};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Code;
use tonic::transport::Endpoint;
use tower::Layer;

use super::support::{BOUND, GET_STATUS, Process};

/// What Ray says to whoever has no token.
const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

fn auth(token: &Token) -> ClusterAuth {
    ClusterAuth::with_keyring(Keyring::new(token.clone()))
}

#[tokio::test]
async fn whoever_has_no_token_is_refused_like_everywhere() {
    let token = Token::generate();
    let process = Process::start(&auth(&token)).await;
    let other = format!("Bearer {}", Token::generate().expose_secret());
    for (who, request) in [
        ("nobody", Request::grpc(GET_STATUS).message(b"")),
        ("a stranger", Request::grpc(GET_STATUS).message(b"").add("authorization", other)),
        ("who asks for what is not there", Request::grpc("/ray_auth.v1.KeyringService/Nothing")),
    ] {
        let outcome = ask(process.address, &request, BOUND).await.unwrap();
        assert_eq!((outcome.grpc_status(), outcome.grpc_message().as_deref()), (Some(16), Some(MESSAGE)), "{who}");
        assert!(outcome.response().unwrap().messages().is_empty(), "{who}");
    }
    assert_eq!(process.ask(None).await, Err(AskError::Refused));
    assert_eq!(process.ask(Some(&Token::generate())).await, Err(AskError::Refused));
    assert!(process.ask(Some(&token)).await.is_ok());
}

#[tokio::test]
async fn an_exempt_path_lets_nobody_in_here() {
    let token = Token::generate();
    let process = Process::start_with(&auth(&token), Exempt::path(GET_STATUS).unwrap()).await;
    let outcome = ask(process.address, &Request::grpc(GET_STATUS).message(b""), BOUND).await.unwrap();
    assert_eq!(outcome.grpc_status(), Some(16));
    assert_eq!(process.ask(None).await, Err(AskError::Refused));
    assert!(process.ask(Some(&token)).await.is_ok(), "the token works all the same");
}

#[tokio::test]
async fn strangers_are_told_nothing_while_the_layer_only_reports() {
    let token = Token::generate();
    let auth = auth(&token);
    let report_only = ReportOnly::until(SystemTime::now() + Duration::from_secs(3_600)).unwrap();
    let process = Process::start_behind(auth.require_token().dangerous_report_only(report_only.clone()), &auth).await;
    for stranger in [None, Some(&Token::generate())] {
        assert_eq!(process.ask(stranger).await, Err(AskError::Refused));
    }
    assert_eq!(report_only.report().callers[0].calls, 2, "the layer itself let them in");
    assert!(process.ask(Some(&token)).await.is_ok());
}

#[tokio::test]
async fn a_token_that_was_retired_is_told_nothing() {
    let (old, new) = (Token::generate(), Token::generate());
    let keyring = Keyring::new(old.clone());
    let process = Process::start(&ClusterAuth::with_keyring(keyring.clone())).await;
    assert!(process.ask(Some(&old)).await.is_ok());
    keyring.stage(new.clone()).unwrap();
    keyring.promote().unwrap();
    assert!(process.ask(Some(&old)).await.is_ok());
    keyring.retire().unwrap();
    assert_eq!(process.ask(Some(&old)).await, Err(AskError::Refused));
    assert!(process.ask(Some(&new)).await.is_ok());
}

#[tokio::test]
async fn the_embedded_server_tells_it_and_counts_who_asks_as_no_stranger() {
    let token = Token::generate();
    let auth = auth(&token);
    let limits = Limits { strangers: 2, ..Limits::default() };
    let server = Server::builder().keyring_status(&auth).limits(limits).bind("127.0.0.1:0".parse().unwrap());
    let server = server.await.unwrap();
    let address = server.local_addr();
    let layer = auth.require_token().exempt(Exempt::grpc_health());
    let serving = tokio::spawn(server.serve(layer, std::future::pending()));

    let mut connection = Connection::open(address, BOUND).await.unwrap();
    let request = Request::grpc(GET_STATUS).add("authorization", format!("Bearer {}", token.expose_secret()));
    assert_eq!(connection.ask(&request, BOUND).await.unwrap().grpc_status(), Some(0));
    let mut refused = Connection::open(address, BOUND).await.unwrap();
    assert_eq!(refused.ask(&Request::grpc(GET_STATUS), BOUND).await.unwrap().grpc_status(), Some(16));
    let _newer = [Connection::open(address, BOUND).await.unwrap(), Connection::open(address, BOUND).await.unwrap()];
    assert!(refused.closed(BOUND).await.unwrap(), "who was refused makes room for others");
    assert!(connection.ping(BOUND).await.unwrap(), "who was told stays");

    let long = request.message(&[0_u8; 8 << 10]);
    assert_eq!(connection.ask(&long, BOUND).await.unwrap().grpc_status(), Some(8), "a request has nothing in it");
    serving.abort();
}

#[tokio::test]
async fn a_process_without_the_service_and_one_that_is_gone_are_told_apart() {
    let token = Token::generate();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = RequireTokenLayer::new(Keyring::new(token.clone()));
    let serving = tokio::spawn(async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        let server = server.add_service(ray_auth_gcs::Echo.into_server());
        server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
    });
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let channel = AddTokenLayer::new(Keyring::new(token)).layer(channel);
    assert_eq!(ray_auth::status::ask(channel).await, Err(AskError::NotServed));
    serving.abort();
    assert!(serving.await.unwrap_err().is_cancelled());

    // A port that is taken, and that nobody listens at.
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gone = silent.local_addr().unwrap();
    let channel = Endpoint::from_shared(format!("http://{gone}")).unwrap().connect_lazy();
    let failed = ray_auth::status::ask(channel).await.unwrap_err();
    assert!(matches!(failed, AskError::Failed { code: Code::Unavailable, .. }), "{failed:?}");
}
