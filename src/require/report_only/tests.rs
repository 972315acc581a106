use std::convert::Infallible;

use http::{Request, Response};
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::verify::{AnyVerifier, Identity};
use crate::{Keyring, RequireTokenLayer, Token};

const CALL: &str = "/a.B/C";

fn keyring() -> Keyring {
    Keyring::new(Token::parse("secret").unwrap())
}

fn for_a_minute() -> ReportOnly {
    ReportOnly::until(SystemTime::now() + Duration::from_secs(60)).unwrap()
}

#[test]
fn it_must_end_later_than_now_and_within_thirty_days() {
    let day = Duration::from_secs(24 * 3600);
    assert!(ReportOnly::until(SystemTime::now() - day).is_err());
    for (time, valid) in [(Duration::ZERO, false), (day, true), (30 * day, true), (31 * day, false)] {
        assert_eq!(ReportOnly::until(SystemTime::now() + time).is_ok(), valid, "{time:?}");
    }
}

#[tokio::test]
async fn what_would_be_refused_is_let_in_and_counted_by_method_and_peer_without_an_identity() {
    let report_only = for_a_minute();
    let handler = service_fn(async |request: Request<()>| {
        Ok::<_, Infallible>(Response::new(request.extensions().get::<Identity>().is_some().to_string()))
    });
    let call = |path: &str, credential: Option<&str>, peer: &str| {
        let mut request = Request::post(path);
        if let Some(credential) = credential {
            request = request.header("authorization", credential);
        }
        let peer = TcpConnectInfo { local_addr: None, remote_addr: Some(peer.parse().unwrap()) };
        request.extension(peer).body(()).unwrap()
    };
    let calls = || {
        [
            (call(CALL, None, "192.0.2.1:1000"), "false"),
            (call(CALL, Some("Bearer wrong"), "192.0.2.1:2000"), "false"),
            (call("/made.Up/Path", None, "192.0.2.2:1000"), "false"),
            (call(CALL, Some("Bearer secret"), "192.0.2.3:1000"), "true"),
        ]
    };
    let plain = RequireTokenLayer::new(keyring()).count_methods([CALL]).with_identity();
    let plain = plain.dangerous_report_only(report_only.clone());
    for (request, identity) in calls() {
        let response = plain.layer(handler).oneshot(request).await.unwrap();
        assert_eq!(response.body(), identity);
    }
    let any = RequireTokenLayer::new(AnyVerifier::from(keyring())).count_methods([CALL]).with_identity();
    let any = any.dangerous_report_only(report_only.clone());
    for (request, identity) in calls() {
        let response = any.layer(handler).oneshot(request).await.unwrap();
        assert_eq!(response.body(), identity);
    }
    let report = report_only.report();
    let callers: Vec<_> = report.callers.iter().map(|caller| (&*caller.method, caller.peer, caller.calls)).collect();
    let peer = |text: &str| Some(text.parse().unwrap());
    assert_eq!(callers, [(CALL, peer("192.0.2.1"), 4), ("other", peer("192.0.2.2"), 2)]);
    assert_eq!(report.other, 0);
}

#[tokio::test]
async fn after_its_end_the_layer_enforces() {
    let ended = |ends: SystemTime, ends_at_the_latest: Instant| ReportOnly {
        shared: Arc::new(Shared { ends, ends_at_the_latest, counts: Mutex::default(), _reminder: channel().0 }),
    };
    let later = Duration::from_secs(60);
    let by_date = ended(SystemTime::now(), Instant::now() + later);
    let by_time = ended(SystemTime::now() + later, Instant::now());
    let handler = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    for over in [by_date, by_time] {
        let service = RequireTokenLayer::new(keyring()).dangerous_report_only(over).layer(handler);
        let refused = service.oneshot(Request::post(CALL).body(()).unwrap()).await.unwrap();
        assert_eq!(refused.headers()["grpc-status"], "16");
    }
}

#[test]
fn callers_that_peers_make_up_cost_a_bounded_amount() {
    let report_only = for_a_minute();
    let address = |number: u32| Some(IpAddr::from(std::net::Ipv4Addr::from(number)));
    for number in 0..10_000 {
        assert!(report_only.lets_in(Rejection::Missing, "other", address(number)));
    }
    for _ in 0..3 {
        report_only.lets_in(Rejection::Missing, "other", address(7));
    }
    let report = report_only.report();
    assert_eq!(report.callers.len(), REPORTED);
    assert_eq!((report.callers[0].peer, report.callers[0].calls), (address(7), 4), "the largest first");
    let all = report.other + report.callers.iter().map(|caller| caller.calls).sum::<u64>();
    assert_eq!(all, 10_003, "none is lost");
    assert_eq!(report_only.shared.counts.lock().unwrap().callers.len(), COUNTED);
}

#[tokio::test]
async fn a_call_that_is_let_in_unasked_is_marked_so_for_whoever_must_know() {
    let handler = service_fn(async |request: Request<()>| {
        Ok::<_, Infallible>(Response::new(request.extensions().get::<crate::require::Exempted>().is_some()))
    });
    let layer = RequireTokenLayer::new(keyring()).dangerous_report_only(for_a_minute());
    for (credential, unasked) in [("Bearer wrong", true), ("Bearer secret", false)] {
        let request = Request::post(CALL).header("authorization", credential).body(()).unwrap();
        assert_eq!(*layer.layer(handler).oneshot(request).await.unwrap().body(), unasked, "{credential}");
    }
}

#[tokio::test]
async fn no_open_call_is_ended_while_nothing_is_enforced() {
    let keyring = keyring();
    keyring.stage(Token::parse("next").unwrap()).unwrap();
    let layer = RequireTokenLayer::new(keyring.clone()).dangerous_report_only(for_a_minute()).close_on_revoke();
    let (release, released) = tokio::sync::watch::channel(false);
    let service = layer.layer(service_fn(move |_: Request<crate::require::close::CallBody<String>>| {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            Ok::<_, Infallible>(Response::new(String::from("answered")))
        }
    }));
    let request = Request::post(CALL).header("authorization", "Bearer secret").body(String::new()).unwrap();
    let call = tokio::spawn(service.oneshot(request));
    tokio::task::yield_now().await;
    keyring.promote().unwrap();
    keyring.retire().unwrap();
    tokio::task::yield_now().await;
    release.send(true).unwrap();
    assert!(!call.await.unwrap().unwrap().headers().contains_key("grpc-status"), "the handler answered");
}
