//! Who gets a connection, who does not, and what they are told.

use ray_auth::ClusterAuth;
use ray_auth_testing::certificates::{Authority, Kind, LOOPBACK};
use tokio::net::TcpListener;

use super::support::{BOUND, Outcome, Process, Server, call, plain_auth};

#[tokio::test]
async fn both_ends_prove_who_issued_their_certificates() {
    let authority = Authority::new("ours").unwrap();
    let other = Authority::new("another").unwrap();
    let good = Process::good(&authority);
    let kind = |kind| Process::new(&authority.issue_as(&LOOPBACK, kind).unwrap(), &authority);
    let elsewhere = Process::new(&authority.issue(&["elsewhere.example"]).unwrap(), &authority);
    let foreign = Process::good(&other);
    let wrong_token = Process::good(&authority).with_token("another-secret-of-some-cluster-0123456789");

    let server = Server::start(&good.auth()).await;
    let address = server.address.to_string();
    let table: [(&str, ClusterAuth, &str); 6] = [
        ("a certificate of its own", Process::good(&authority).auth(), "answered"),
        ("the server's certificate", good.auth(), "answered"),
        ("a certificate for clients only", kind(Kind::ClientOnly).auth(), "answered"),
        ("a certificate for servers only", kind(Kind::ServerOnly).auth(), "refuses this process's certificate"),
        ("the right certificate and a wrong token", wrong_token.auth(), "Unauthenticated InvalidAuthToken: "),
        ("another authority", foreign.auth(), "was not issued by the authority in RAY_TLS_CA_CERT; give both"),
    ];
    for (name, auth, expected) in table {
        let outcome = call(&auth, &address).await;
        assert!(outcome.text().contains(expected), "{name}: {}", outcome.text());
    }
    for address in [format!("https://{address}"), format!("https://localhost:{}", server.address.port())] {
        assert!(matches!(call(&good.auth(), &address).await, Outcome::Answered), "{address}");
    }

    let misnamed = Server::start(&elsewhere.auth()).await;
    let text = call(&good.auth(), &misnamed.address.to_string()).await.text();
    assert!(
        text.starts_with("could not connect: the server's certificate is not for \"127.0.0.1\", but for "),
        "{text}"
    );
    assert!(text.contains("elsewhere.example"), "{text}");
}

/// A server with whatever certificate: our own refuses to start with one that is not valid.
async fn careless_server(authority: &Authority, kind: Kind) -> std::net::SocketAddr {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let issued = authority.issue_as(&LOOPBACK, kind).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // It fails as the client tells it to.
            let _ = acceptor.accept(stream).await;
        }
    });
    address
}

#[tokio::test]
async fn a_client_says_why_it_does_not_believe_a_server() {
    let authority = Authority::new("ours").unwrap();
    let auth = Process::good(&authority).auth();
    let table = [
        (Kind::Expired, "could not connect: the server's certificate expired on 2002-02-03 00:00:00 UTC; issue"),
        (Kind::NotYetValid, "could not connect: the server's certificate is valid from 4001-01-01 00:00:00 UTC on, "),
        (Kind::ClientOnly, "could not connect: the server's certificate cannot be used: "),
        (Kind::Good, "could not connect: the server speaks TLS and no HTTP/2 in it; "),
    ];
    for (kind, expected) in table {
        let address = careless_server(&authority, kind).await;
        let text = call(&auth, &address.to_string()).await.text();
        assert!(text.starts_with(expected), "{kind:?}: {text}");
    }
}

#[tokio::test]
async fn without_tls_on_one_side_there_is_no_connection() {
    let authority = Authority::new("ours").unwrap();
    let auth = Process::good(&authority).auth();
    let plain = Server::start(&plain_auth()).await;
    let text = call(&auth, &plain.address.to_string()).await.text();
    assert!(text.starts_with("could not connect: the server speaks no TLS; start it with RAY_USE_TLS=1"), "{text}");

    let server = Server::start(&auth).await;
    let refused = call(&plain_auth(), &server.address.to_string()).await;
    assert!(!matches!(refused, Outcome::Answered));
    assert!(matches!(call(&auth, &server.address.to_string()).await, Outcome::Answered), "the listener goes on");

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let text = call(&auth, &address.to_string()).await.text();
    assert!(text.starts_with("could not connect; check the address, and that the server is up: "), "{text}");

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let hang_up = async { drop(silent.accept().await.unwrap()) };
    let (text, ()) = tokio::join!(async { call(&auth, &address.to_string()).await.text() }, hang_up);
    assert!(text.contains("the server closed the connection during the handshake; "), "{text}");
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    use rustls::pki_types::pem::PemObject;
    let authority = Authority::new("ours").unwrap();
    let server = Server::start(&Process::good(&authority).auth()).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        let tcp = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let refused = async {
            let mut stream = connector.connect("localhost".try_into().unwrap(), tcp).await?;
            tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await
        };
        let error = tokio::time::timeout(BOUND, refused).await.unwrap().unwrap_err();
        assert!(
            error.to_string().contains("CertificateRequired") || error.to_string().contains("HandshakeFailure"),
            "{version:?}: {error}"
        );
    }
}

#[tokio::test]
async fn tls_is_there_in_every_mode() {
    let authority = Authority::new("ours").unwrap();
    let process = Process::good(&authority);
    let mut variables = process.files.variables().to_vec();
    variables.push(("RAY_AUTH_MODE", "disabled".into()));
    let found = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone().into());
    let open = ClusterAuth::builder().from_vars(found).unwrap();
    let server = Server::start(&open).await;
    assert!(matches!(call(&open, &server.address.to_string()).await, Outcome::Answered));
    let without = call(&ClusterAuth::disabled(), &server.address.to_string()).await;
    assert!(!matches!(without, Outcome::Answered));

    let half: Vec<_> = variables.iter().filter(|(name, _)| *name != "RAY_TLS_CA_CERT").cloned().collect();
    let found = |name: &str| half.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone().into());
    assert!(ClusterAuth::builder().from_vars(found).unwrap_err().to_string().contains("RAY_TLS_CA_CERT is not set"));
}
