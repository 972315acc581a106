//! What operators can count: refused calls by reason and method, with labels that peers cannot multiply.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::convert::Infallible;

use http::{Request, Response};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use ray_auth::{Keyring, RequireTokenLayer, Token};
use tower::{Layer, ServiceExt, service_fn};

const CALL: &str = "/ray.rpc.NodeInfoGcsService/CheckAlive";
const SECRET: &str = "the-cluster-secret-nobody-may-see";
const GUESS: &str = "a-guess-that-may-be-a-real-secret-elsewhere";

fn layer() -> RequireTokenLayer {
    RequireTokenLayer::new(Keyring::new(Token::parse(SECRET).unwrap())).count_methods([CALL])
}

/// Sends the calls one after the other, and says how many were refused.
fn send(layer: &RequireTokenLayer, calls: impl IntoIterator<Item = (String, Option<String>)>) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let service = layer.layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(()))));
    runtime.block_on(async {
        let mut refused = 0;
        for (path, credential) in calls {
            let mut request = Request::post(path);
            if let Some(value) = credential {
                request = request.header("authorization", value);
            }
            let response = service.clone().oneshot(request.body(()).unwrap()).await.unwrap();
            refused += usize::from(response.headers().contains_key("grpc-status"));
        }
        refused
    })
}

/// The counters as `name reason method value`, sorted.
fn counters(snapshotter: &Snapshotter) -> Vec<String> {
    let mut lines: Vec<String> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let labels: Vec<&str> = key.key().labels().map(metrics::Label::value).collect();
            let DebugValue::Counter(value) = value else { panic!("{key:?} is no counter") };
            format!("{} {} {value}", key.key().name(), labels.join(" "))
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn refusals_are_counted_by_reason_and_by_methods_that_were_named() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let invented = (0..1_000).map(|number| (format!("/made.Up{number}/Call"), None));
    metrics::with_local_recorder(&recorder, || {
        let wrong = || Some(format!("Bearer {GUESS}"));
        let calls = [(CALL, None), (CALL, wrong()), (CALL, wrong()), (CALL, Some("Basic x".to_owned()))];
        let calls = calls.into_iter().map(|(path, credential)| (path.to_owned(), credential));
        assert_eq!(send(&layer(), calls.chain(invented)), 1_004);
        assert_eq!(send(&layer(), [(CALL.to_owned(), Some(format!("Bearer {SECRET}")))]), 0);
    });
    assert_eq!(
        counters(&snapshotter),
        [
            format!("ray_auth_refused_total malformed {CALL} 1"),
            format!("ray_auth_refused_total missing {CALL} 1"),
            "ray_auth_refused_total missing other 1000".to_owned(),
            format!("ray_auth_refused_total wrong_token {CALL} 2"),
        ]
    );
}

#[test]
fn a_call_that_is_let_in_by_the_first_of_differing_credentials_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let service = layer().layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(()))));
        let request = Request::post(CALL)
            .header("authorization", format!("Bearer {SECRET}"))
            .header("authorization", format!("Bearer {GUESS}"));
        let response = runtime.block_on(service.oneshot(request.body(()).unwrap())).unwrap();
        assert!(!response.headers().contains_key("grpc-status"));
    });
    assert_eq!(counters(&snapshotter), ["ray_auth_ambiguous_total  1"]);
}
