//! What a call over TLS says of itself, and where it goes.

use ray_auth::auth::ConnectError;
use ray_auth_testing::certificates::Authority;
use tonic::transport::Endpoint;

use super::support::{BOUND, Outcome, Process, Server, ask, call, plain_auth};

#[tokio::test]
async fn scheme_authority_and_the_clients_address_are_right() {
    let authority = Authority::new("ours").unwrap();
    let auth = Process::good(&authority).auth();
    let server = Server::start(&auth).await;
    let port = server.address.port();
    for (address, expected) in [
        (format!("127.0.0.1:{port}"), format!("127.0.0.1:{port}")),
        (format!("https://localhost:{port}"), format!("localhost:{port}")),
    ] {
        assert!(matches!(call(&auth, &address).await, Outcome::Answered), "{address}");
        let (scheme, authority, from) = server.seen.lock().unwrap().pop().unwrap();
        assert_eq!((scheme.as_deref(), authority), (Some("https"), Some(expected)), "{address}");
        assert!(from.is_some_and(|from| from.ip().is_loopback()), "{address}");
    }
    let plain = Server::start(&plain_auth()).await;
    assert!(matches!(call(&plain_auth(), &plain.address.to_string()).await, Outcome::Answered));
    assert_eq!(plain.seen.lock().unwrap().pop().unwrap().0.as_deref(), Some("http"));
}

#[tokio::test]
async fn every_way_to_a_channel_encrypts() {
    let authority = Authority::new("ours").unwrap();
    let auth = Process::good(&authority).auth();
    let server = Server::start(&auth).await;
    let address = server.address.to_string();
    assert!(matches!(ask(auth.connect_lazy(&address).unwrap()).await, Outcome::Answered));
    let endpoint = Endpoint::from_shared(format!("https://{address}")).unwrap();
    assert!(matches!(ask(auth.connect_to(endpoint).await.unwrap()).await, Outcome::Answered));
    let channel = auth.connect_with(&address, |endpoint| endpoint.timeout(BOUND)).await.unwrap();
    assert!(matches!(ask(channel).await, Outcome::Answered));
    let tls = auth.tls().unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    assert!(endpoint.connect_with_connector(tls.connector()).await.is_ok(), "a connector never makes plaintext");

    let elsewhere = auth.connect_with(&address, |_| Endpoint::from_static("http://127.0.0.1:1")).await;
    assert!(matches!(elsewhere, Err(ConnectError::Endpoint)));
    for plain in ["http://head.example:6379", "http://10.0.0.1:6379"] {
        assert!(matches!(auth.connect_lazy(plain), Err(ConnectError::Unencrypted { .. })), "{plain}");
        let endpoint = Endpoint::from_static(plain);
        assert!(matches!(auth.connect_to(endpoint).await, Err(ConnectError::Unencrypted { .. })), "{plain}");
    }
    let unencrypted = call(&auth, &format!("http://{address}")).await;
    assert!(!matches!(unencrypted, Outcome::Answered), "loopback may be asked, and this server wants TLS");
}

#[tokio::test]
async fn no_error_and_no_debug_output_shows_a_token_or_a_key() {
    let authority = Authority::new("ours").unwrap();
    let process = Process::good(&authority);
    let key = std::fs::read_to_string(&process.files.key).unwrap();
    let auth = process.auth();
    let server = Server::start(&auth).await;
    let foreign = Process::good(&Authority::new("another").unwrap()).auth();
    let refused = call(&foreign, &server.address.to_string()).await;
    let tls = auth.tls().unwrap();
    let listener = tls.listen(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let stream = tls.connect("localhost", stream).await.unwrap();
    let shown = format!(
        "{auth:?} {tls:?} {:?} {:?} {listener:?} {stream:?} {refused:?} {}",
        tls.status(),
        tls.connector(),
        refused.text()
    );
    assert!(!shown.contains(super::support::SECRET));
    for line in key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!shown.contains(line), "a line of the key");
    }
    assert!(stream.peer_certificate().is_some_and(|certificate| !certificate.is_empty()));
}
