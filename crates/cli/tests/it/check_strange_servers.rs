//! `check` against what is no server of a Ray cluster: an honest text, within the time, and never our token.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::{Gcs, Server};
use serde_json::{Value, json};

use crate::support::{Listening, Tool};

const TOKEN: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

/// Checks, with one second of time, and returns what is said to be wrong.
async fn problem(address: &str, reachable: bool) -> String {
    let tool = Tool::new().var("RAY_AUTH_TOKEN", TOKEN);
    let ran = tool.run(&["check", address, "--json", "--timeout", "1"]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let mut said: Value = serde_json::from_str(&ran.stdout).unwrap();
    let problem = said["problem"].take();
    let unknown = json!({
        "address": address,
        "reachable": reachable,
        "enforced": null,
        "accepted": null,
        "cluster_id": null,
        "problem": null,
    });
    assert_eq!(said, unknown);
    problem.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn other_protocols_are_called_by_their_names() {
    let table: [(&[u8], &str); 5] = [
        (b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", "it speaks HTTP/1 and no gRPC; "),
        // A fatal alert: unexpected message.
        (b"\x15\x03\x01\x00\x02\x02\x0a", "it speaks TLS, and this process does not; set RAY_USE_TLS=1 here, "),
        (b"", "it closes the connection without a word, as a server with TLS does; "),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it does not speak gRPC: \"SSH-2.0-OpenSSH_9.2"),
        // An empty SETTINGS, and then GOAWAY with ENHANCE_YOUR_CALM.
        (b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\x0b", "it broke off: "),
    ];
    for (bytes, expected) in table {
        let server = Listening::saying(Some(bytes)).await;
        let said = problem(&server.address.to_string(), true).await;
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn silence_ends_with_the_time() {
    let server = Listening::saying(None).await;
    let address = server.address.to_string();
    let began = Instant::now();
    let said = problem(&address, true).await;
    assert!(said.starts_with(&format!("{address} takes the connection and did not answer within 1 s; ")), "{said}");
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn nobody_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let said = problem(&address, false).await;
    let expected = format!(
        "cannot connect to {address}: Connection refused (os error 111); check the address, and that the server is up"
    );
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_name_that_is_none() {
    let said = problem("no-such-host.invalid:6379", false).await;
    assert!(
        said.starts_with("cannot connect to no-such-host.invalid:6379: ") || said.contains("did not answer"),
        "{said}"
    );
}

#[tokio::test]
async fn an_http_error_is_no_refusal_whatever_grpc_status_stands_beside_it() {
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::parse(TOKEN).unwrap()));
    let server = Server::builder().gcs(&Gcs::builder().build().unwrap());
    let server = Listening::serve(server, &auth, |mut response| {
        *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        response
    })
    .await;
    let said = problem(&server.address.to_string(), true).await;
    assert!(said.contains("it answers with HTTP status 401 instead of gRPC; "), "{said}");
    assert_eq!(server.heard.turns(TOKEN), ["none"]);
}

#[tokio::test]
async fn a_page_is_no_answer() {
    let server = Server::builder().gcs(&Gcs::builder().build().unwrap());
    let server = Listening::serve(server, &ClusterAuth::disabled(), |_| {
        let mut page = http::Response::new(tonic::body::Body::empty());
        page.headers_mut().insert("content-type", http::HeaderValue::from_static("text/html"));
        page
    })
    .await;
    let said = problem(&server.address.to_string(), true).await;
    assert!(said.contains("it answers with HTTP status 200 instead of gRPC; "), "{said}");
}

#[tokio::test]
async fn a_grpc_server_of_something_else() {
    let server = Listening::serve(Server::builder().echo(), &ClusterAuth::disabled(), |response| response).await;
    let said = problem(&server.address.to_string(), true).await;
    assert!(said.contains("it has the services of neither a GCS nor a node; "), "{said}");
    assert_eq!(server.heard.turns(TOKEN), ["none", "none"]);
}
