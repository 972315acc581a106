use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use proptest::prelude::*;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::*;
use crate::credential::Credential;
use crate::verify::{AnyVerifier, Call, Identity, Verdict, Verify};
use crate::{Keyring, Rejection, Token};

const CALL: &str = "/ray.rpc.NodeInfoGcsService/CheckAlive";
const CHECK: &str = "/grpc.health.v1.Health/Check";

fn keyring() -> Keyring {
    let keyring = Keyring::new(Token::parse("primary").unwrap());
    keyring.stage(Token::parse("next").unwrap()).unwrap();
    keyring
}

/// Answers with what the handler saw: the identity, and whether it was exempt.
fn handler()
-> impl Service<Request<()>, Response = Response<String>, Error = Infallible, Future: Send> + Clone + Send + 'static {
    service_fn(async |request: Request<()>| {
        let identity = request.extensions().get::<Identity>().map(|identity| format!("{identity:?}"));
        let exempted = request.extensions().get::<Exempted>().is_some();
        Ok(Response::new(format!("{} exempt={exempted}", identity.unwrap_or_else(|| "nobody".to_owned()))))
    })
}

fn request(path: &str, credentials: &[&str]) -> Request<()> {
    let mut request = Request::post(path);
    for credential in credentials {
        request = request.header(AUTHORIZATION, *credential);
    }
    request.body(()).unwrap()
}

#[tokio::test]
async fn a_request_is_let_in_or_refused_by_its_first_credential() {
    let plain = || RequireTokenLayer::new(keyring()).exempt(Exempt::grpc_health());
    type Row<'a> = (&'a str, bool, &'a str, &'a [&'a str], Result<bool, Rejection>);
    let table: &[Row<'_>] = &[
        ("the primary", false, CALL, &["Bearer primary"], Ok(false)),
        ("the next", false, CALL, &["Bearer next"], Ok(false)),
        ("first right", false, CALL, &["Bearer next", "Bearer wrong"], Ok(false)),
        ("first wrong", false, CALL, &["Bearer wrong", "Bearer next"], Err(Rejection::WrongToken)),
        ("none", false, CALL, &[], Err(Rejection::Missing)),
        ("malformed", false, CALL, &["bearer primary"], Err(Rejection::Malformed)),
        ("wrong", false, CALL, &["Bearer primarx"], Err(Rejection::WrongToken)),
        ("strict, differing", true, CALL, &["Bearer next", "Bearer wrong"], Err(Rejection::Ambiguous)),
        ("strict, both right", true, CALL, &["Bearer next", "Bearer primary"], Err(Rejection::Ambiguous)),
        ("strict, the same twice", true, CALL, &["Bearer next", "Bearer next"], Ok(false)),
        ("exempt, none", false, CHECK, &[], Ok(true)),
        ("exempt, wrong", false, CHECK, &["Bearer wrong"], Ok(true)),
        ("exempt, right", false, CHECK, &["Bearer next"], Ok(false)),
    ];
    for (name, strict, path, credentials, expected) in table {
        let layer = if *strict { plain().strict() } else { plain() };
        let plain = layer.clone().layer(handler()).oneshot(request(path, credentials)).await.unwrap();
        let erased = RequireTokenLayer::new(AnyVerifier::from(keyring())).exempt(Exempt::grpc_health());
        let erased = if *strict { erased.strict() } else { erased };
        let erased = erased.layer(handler()).oneshot(request(path, credentials)).await.unwrap();
        for response in [plain, erased] {
            match expected {
                Ok(exempt) => assert_eq!(*response.body(), format!("nobody exempt={exempt}"), "{name}"),
                Err(rejection) => {
                    assert_eq!(response.extensions().get(), Some(rejection), "{name}");
                    assert_eq!(response.headers()["grpc-status"], "16", "{name}");
                    assert_eq!(response.body(), "", "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_answer_keeps_nothing_of_what_the_request_carried() {
    #[derive(Clone)]
    struct Marker;
    let mut refused = request(CALL, &["Bearer wrong"]);
    refused.extensions_mut().insert(Marker);
    let response = RequireTokenLayer::new(keyring()).layer(handler()).oneshot(refused).await.unwrap();
    assert!(response.extensions().get::<Marker>().is_none());
    assert_eq!(response.extensions().get(), Some(&Rejection::WrongToken));
    assert_eq!(response.extensions().len(), 1);
}

#[tokio::test]
async fn exemptions_are_compared_exactly_with_the_path() {
    let service = RequireTokenLayer::new(keyring()).exempt(Exempt::grpc_health()).layer(handler());
    let table = [
        (CHECK, true),
        ("/grpc.health.v1.Health/Watch", true),
        ("/grpc.health.v1.Health/Check?a=b", true),
        ("/grpc.health.v1.Health/Check/", false),
        ("//grpc.health.v1.Health/Check", false),
        ("/grpc.health.v1.Health//Check", false),
        ("/grpc.health.v1.Health%2fCheck", false),
        ("/grpc.health.v1.Health%2FCheck", false),
        ("/grpc.health.v1.Health/./Check", false),
        ("/x/../grpc.health.v1.Health/Check", false),
        ("/grpc.health.v1.Health/Check/../../ray.rpc.NodeInfoGcsService/CheckAlive", false),
        ("/grpc.health.v1.Health/check", false),
        ("/GRPC.health.v1.Health/Check", false),
        ("/grpc.health.v1.Health/Che%63k", false),
        ("/grpc.health.v1.Health/CheckAll", false),
        ("/grpc.health.v1.Health/Chec", false),
        ("/grpc.health.v1.Health", false),
        ("/", false),
        ("*", false),
        ("http://host/grpc.health.v1.Health/Check", true),
    ];
    for (path, exempt) in table {
        let response = service.clone().oneshot(request(path, &[])).await.unwrap();
        assert_eq!(response.headers().get("grpc-status").is_none(), exempt, "{path}");
    }
}

#[test]
fn an_exemption_is_one_whole_path() {
    for path in ["", "a/b", "/a/*", "/a/{method}", "/a?b", "/a#b", "/a b", "/a\n", "/ä"] {
        assert!(Exempt::path(path).is_err(), "{path:?}");
    }
    let exempt = Exempt::path("/a.B/C").unwrap().and(Exempt::grpc_health());
    let contains = |path| exempt.contains(&Method::POST, path);
    assert!(contains("/a.B/C") && contains(CHECK) && !contains("/a.B"));
    assert!(!Exempt::none().contains(&Method::GET, "/") && !Exempt::none().contains(&Method::GET, ""));
}

#[tokio::test]
async fn the_handler_learns_who_called_only_when_the_layer_was_told_to_say() {
    let keyring = Keyring::new(Token::parse("t".repeat(64)).unwrap());
    let fingerprint = keyring.tokens().primary().fingerprint();
    let credential = format!("Bearer {}", "t".repeat(64));
    let seen = service_fn(async |request: Request<()>| {
        let identity = request.extensions().get::<Identity>().cloned();
        Ok::<_, Infallible>(Response::new(
            identity.map(|identity| (identity.token().unwrap().to_string(), identity.generation())),
        ))
    });
    let told = RequireTokenLayer::new(keyring.clone()).with_identity().layer(seen);
    let response = told.oneshot(request(CALL, &[&credential])).await.unwrap();
    assert_eq!(*response.body(), Some((fingerprint.to_string(), Some(1))));
    let untold = RequireTokenLayer::new(keyring).layer(seen);
    assert_eq!(*untold.oneshot(request(CALL, &[&credential])).await.unwrap().body(), None);
}

/// Lets in `now` at once and `later` after a while; everything else is refused the same way.
#[derive(Clone, Default)]
struct Slow(Arc<AtomicUsize>);

impl Verify for Slow {
    fn verify(&self, call: Call<'_>) -> Verdict {
        self.0.fetch_add(1, Ordering::Relaxed);
        let judge = |token: &[u8]| match token {
            b"ada" => Ok(Identity::user("ada")),
            b"backend-down" => Err(Rejection::Unavailable),
            _ => Err(Rejection::WrongToken),
        };
        match call.credential().token().strip_prefix(b"later-") {
            Some(token) => {
                let decided = judge(token);
                Verdict::Later(Box::pin(async move {
                    tokio::task::yield_now().await;
                    decided
                }))
            }
            None => Verdict::Now(judge(call.credential().token())),
        }
    }
}

#[tokio::test]
async fn a_verifier_decides_now_or_later_and_its_failure_is_not_the_callers() {
    let verifier = Slow::default();
    let asked = Arc::clone(&verifier.0);
    let service = RequireTokenLayer::new(AnyVerifier::new(verifier))
        .with_identity()
        .exempt(Exempt::grpc_health())
        .layer(handler());
    let table = [
        ("now", CALL, "Bearer ada", Ok("ada")),
        ("later", CALL, "Bearer later-ada", Ok("ada")),
        ("wrong now", CALL, "Bearer bob", Err("16")),
        ("wrong later", CALL, "Bearer later-bob", Err("16")),
        ("the backend is down", CALL, "Bearer later-backend-down", Err("14")),
        ("malformed is not asked", CALL, "ada", Err("16")),
        ("exempt is not asked", CHECK, "Bearer bob", Ok("nobody exempt=true")),
    ];
    for (name, path, credential, expected) in table {
        let response = service.clone().oneshot(request(path, &[credential])).await.unwrap();
        match expected {
            Ok(seen) => assert!(response.body().contains(seen), "{name}: {}", response.body()),
            Err(status) => assert_eq!(response.headers()["grpc-status"], status, "{name}"),
        }
    }
    assert_eq!(asked.load(Ordering::Relaxed), 5, "each credential is asked about once");
}

#[tokio::test]
async fn refused_calls_never_reach_the_service_and_errors_of_the_service_pass_through() {
    let (service, mut handle) = tower_test::mock::pair::<Request<()>, Response<String>>();
    handle.allow(1);
    let service = RequireTokenLayer::new(keyring()).layer(service);
    let refused = service.clone().oneshot(request(CALL, &[])).await.unwrap();
    assert_eq!(refused.extensions().get(), Some(&Rejection::Missing));

    let call = tokio::spawn(service.oneshot(request(CALL, &["Bearer primary"])));
    let (seen, respond) = handle.next_request().await.expect("the accepted call arrives first");
    assert!(seen.headers()[AUTHORIZATION].is_sensitive());
    respond.send_error("the service's own error");
    assert_eq!(call.await.unwrap().unwrap_err().to_string(), "the service's own error");
}

proptest! {
    #[test]
    fn the_decision_is_that_of_a_plain_model(
        list in proptest::collection::vec(
            ("(authorization|x-ray-authorization|cookie|te)", "(Bearer (primary|next|primar|nextx| next|)|primary|bearer next|[ -~]{0,10})"), 0..5),
        strict in any::<bool>(),
    ) {
        let mut headers: HeaderMap = list.iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let values: Vec<&str> = list.iter().filter(|(name, _)| name == "authorization").map(|(_, value)| value.as_str()).collect();
        let differ = values.iter().any(|value| *value != values[0]);
        let expected = match values.first() {
            None => Err(Rejection::Missing),
            Some(first) if !first.starts_with("Bearer ") || first.len() == 7 => Err(Rejection::Malformed),
            Some(_) if strict && differ => Err(Rejection::Ambiguous),
            Some(&("Bearer primary" | "Bearer next")) => Ok(()),
            Some(_) => Err(Rejection::WrongToken),
        };
        let credential = Credential::from_grpc(&mut headers);
        prop_assert_eq!(judge(&keyring(), credential, strict, |_, _| ()), expected);
    }
}
