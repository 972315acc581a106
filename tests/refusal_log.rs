//! What operators see of refused calls in the log, and how little a peer can make of it. Alone in its file: what a
//! subscriber of one thread sees of a log line depends on whether another thread met it first.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::convert::Infallible;

use http::{Request, Response};
use ray_auth::require::LOG_TARGET;
use ray_auth::{Keyring, RequireTokenLayer, Token};
use ray_auth_testing::logs::LogCapture;
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, ServiceExt, service_fn};

const CALL: &str = "/ray.rpc.NodeInfoGcsService/CheckAlive";
const SECRET: &str = "the-cluster-secret-nobody-may-see";
const GUESS: &str = "a-guess-that-may-be-a-real-secret-elsewhere";
const WRONG: u64 = 500;

#[tokio::test]
async fn a_refusal_is_logged_once_with_its_reason_and_a_flood_is_summed_up() {
    let logs = LogCapture::global().unwrap();
    let layer = RequireTokenLayer::new(Keyring::new(Token::parse(SECRET).unwrap()));
    let peer = TcpConnectInfo { local_addr: None, remote_addr: Some("192.0.2.7:4242".parse().unwrap()) };
    let refuse = async |request: http::request::Builder| {
        let request = request.extension(peer.clone()).body(()).unwrap();
        let service = layer.layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(()))));
        assert_eq!(service.oneshot(request).await.unwrap().headers()["grpc-status"], "16");
    };
    for _ in 0..WRONG {
        refuse(Request::post(CALL).header("authorization", format!("Bearer {GUESS}"))).await;
    }
    refuse(Request::post(format!("/a.B/{}", "x".repeat(10_000)))).await;
    drop(layer);

    let events = logs.events_at(LOG_TARGET);
    let wrong: Vec<_> = events.iter().filter(|event| event.field("reason") == Some("wrong_token")).collect();
    let single = wrong.iter().filter(|event| event.field("suppressed").is_none()).count();
    let summed: u64 = wrong.iter().filter_map(|event| event.field("suppressed")?.parse::<u64>().ok()).sum();
    assert_eq!(single as u64 + summed, WRONG, "every refusal is told of, one by one or in a sum");
    assert!(wrong.len() < 100, "{WRONG} refusals made {} lines", wrong.len());

    let missing = events.iter().find(|event| event.field("reason") == Some("missing")).unwrap();
    assert_eq!(missing.field("client.addr"), Some("192.0.2.7:4242"), "another reason has its own allowance");
    assert_eq!(missing.field("rpc.method").unwrap().len(), 256 + "...".len());
    logs.assert_absent("the cluster's token", SECRET);
    logs.assert_absent("what a peer presented", GUESS);
}
