//! Calls between processes of one machine, over a Unix socket: with the token, without TLS, and without a warning.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(all(unix, feature = "connect", feature = "proto"))]

use std::sync::{Arc, Mutex};

use http::Request;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::Echo;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::Code;

#[tokio::test]
async fn the_token_is_required_and_travels_under_every_policy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gcs.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let keyring = Keyring::new(Token::generate());
    let auth = ClusterAuth::builder().strict().with_keyring(keyring);
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let note = {
        let seen = Arc::clone(&seen);
        move |request: Request<tonic::body::Body>| {
            seen.lock().unwrap().push(request.uri().to_string());
            request
        }
    };
    let layers = tower::ServiceBuilder::new().map_request(note).layer(auth.require_token());
    let server = tonic::transport::Server::builder().layer(layers).add_service(Echo.into_server());
    let serving = tokio::spawn(server.serve_with_incoming(UnixListenerStream::new(listener)));

    let path = path.to_str().unwrap();
    let call = async |channel| EchoClient::new(channel).unary(EchoMessage { payload: "hello".into() }).await;
    for address in [format!("unix://{path}"), format!("unix:{path}")] {
        assert!(call(auth.connect(&address).await.unwrap()).await.is_ok(), "{address}");
        assert!(call(auth.connect_lazy(&address).unwrap()).await.is_ok(), "{address}");
    }
    let other = ClusterAuth::with_keyring(Keyring::new(Token::generate()));
    let refused = call(other.connect(format!("unix://{path}")).await.unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    for uri in seen.lock().unwrap().iter() {
        assert_eq!(uri, "http://localhost/ray_auth.testing.v1.Echo/Unary");
    }
    serving.abort();

    let nowhere = auth.connect(format!("unix://{path}.not-there")).await.unwrap_err().to_string();
    assert!(nowhere.starts_with("could not connect; check the address, and that the server is up: "), "{nowhere}");
}
