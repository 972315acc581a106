use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::*;
use crate::credential::Credential;
use crate::require::Exempted;
use crate::verify::AnyVerifier;
use crate::{Exempt, Keyring, Rejection, RequireTokenLayer, Token};

mod answers;
mod logging_in;

const PATH: &str = "/api/jobs/";
const CALL: &str = "/ray.rpc.JobInfoGcsService/GetAllJobInfo";
const MISSING: (u16, &str) = (401, "Unauthorized: Missing authentication token");
const INVALID: (u16, &str) = (403, "Forbidden: Invalid authentication token");
const ORIGIN: (u16, &str) = (403, "Forbidden: Cross-origin request");
const LET_IN: (u16, &str) = (200, "let in");
const EXEMPT: (u16, &str) = (200, "exempt");
/// gRPC's answer to a refused call.
const STATUS_16: (u16, &str) = (16, "");

type Headers<'a> = &'a [(&'a str, &'a str)];

fn keyring() -> Keyring {
    let keyring = Keyring::new(Token::parse("primary").unwrap());
    keyring.stage(Token::parse("next").unwrap()).unwrap();
    keyring
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The cookie that a token vouches for, for an hour.
fn cookie_of(token: &str) -> String {
    cookie_until(token, now() + 3_600)
}

fn cookie_until(token: &str, end: u64) -> String {
    format!("ray-authentication-token={}", *Token::parse(token).unwrap().session(end))
}

/// Says whether a request was let in by its credential.
fn handler()
-> impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    service_fn(async |request: Request<()>| {
        let exempted = request.extensions().get::<Exempted>().is_some();
        Ok(Response::new(Full::from(if exempted { "exempt" } else { "let in" })))
    })
}

fn request(method: &Method, path: &str, headers: Headers<'_>) -> Request<()> {
    let request = Request::builder().method(method).uri(path);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
}

/// The status, gRPC's where there is one, and the body.
async fn seen(response: Response<Full<Bytes>>) -> (u16, String) {
    let grpc = response.headers().get("grpc-status").map(|status| status.to_str().unwrap().parse().unwrap());
    let status = grpc.unwrap_or(response.status().as_u16());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn check(
    name: &str,
    service: impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible>,
    request: Request<()>,
    expected: (u16, &str),
) {
    let (status, body) = seen(service.oneshot(request).await.unwrap()).await;
    assert_eq!((status, body.as_str()), expected, "{name}");
}

#[tokio::test]
async fn the_first_credential_that_is_there_decides() {
    let plain = RequireTokenLayer::new(keyring()).http(Http::new()).layer(handler());
    let erased = RequireTokenLayer::new(AnyVerifier::from(keyring())).http(Http::new()).layer(handler());
    let closing = RequireTokenLayer::new(keyring()).http(Http::new()).close_on_revoke();
    let host = ("host", "localhost:8265");
    let raw = "ray-authentication-token=primary";
    let (session, next) = (cookie_of("primary"), cookie_of("next"));
    let (other, over) = (cookie_of("other"), cookie_until("primary", now() - 1));
    let wrong_then_right = format!("ray-authentication-token=wrong; {session}");
    let right_then_wrong = format!("{session}; ray-authentication-token=wrong");
    let ten = format!("a=1; b=2; c=3; d=4; e=5; {session}; f=6; g=7; h=8; i=9");
    let huge = format!("a={}; {session}", "x".repeat(65_536));
    let huge_token = format!("ray-authentication-token={}", "x".repeat(65_536));
    let table: &[(&str, Headers<'_>, (u16, &str))] = &[
        ("none", &[host], MISSING),
        ("authorization", &[("authorization", "Bearer primary")], LET_IN),
        ("authorization, staged", &[("authorization", "Bearer next")], LET_IN),
        ("authorization, wrong", &[("authorization", "Bearer wrong")], INVALID),
        ("authorization, empty", &[("authorization", "")], MISSING),
        ("authorization, lower case", &[("authorization", "bearer primary")], INVALID),
        ("authorization, no scheme", &[("authorization", "primary")], INVALID),
        ("authorization, basic", &[("authorization", "Basic cHJpbWFyeQ==")], INVALID),
        ("authorization, scheme only", &[("authorization", "Bearer ")], INVALID),
        ("authorization, a session value", &[("authorization", &format!("Bearer {}", &session[25..]))], INVALID),
        ("x-ray", &[("x-ray-authorization", "Bearer primary")], LET_IN),
        ("x-ray, wrong", &[("x-ray-authorization", "Bearer wrong")], INVALID),
        ("x-ray, a session value", &[("x-ray-authorization", &format!("Bearer {}", &session[25..]))], INVALID),
        ("empty, then x-ray", &[("authorization", ""), ("x-ray-authorization", "Bearer primary")], LET_IN),
        ("wrong, then x-ray", &[("authorization", "Bearer wrong"), ("x-ray-authorization", "Bearer primary")], INVALID),
        (
            "right, then x-ray wrong",
            &[("authorization", "Bearer primary"), ("x-ray-authorization", "Bearer wrong")],
            LET_IN,
        ),
        ("x-ray wrong, then cookie", &[host, ("x-ray-authorization", "Bearer wrong"), ("cookie", raw)], INVALID),
        ("authorization wrong, then cookie", &[host, ("authorization", "Bearer wrong"), ("cookie", &session)], INVALID),
        (
            "both empty, then cookie",
            &[host, ("authorization", ""), ("x-ray-authorization", ""), ("cookie", raw)],
            LET_IN,
        ),
        ("two values, first right", &[("authorization", "Bearer primary"), ("authorization", "Bearer wrong")], LET_IN),
        ("two values, first wrong", &[("authorization", "Bearer wrong"), ("authorization", "Bearer primary")], INVALID),
        ("cookie, Ray's", &[host, ("cookie", raw)], LET_IN),
        ("cookie, Ray's, quoted", &[host, ("cookie", "ray-authentication-token=\"primary\"")], LET_IN),
        ("cookie, Ray's, wrong", &[host, ("cookie", "ray-authentication-token=wrong")], INVALID),
        ("cookie, Ray's, with scheme", &[host, ("cookie", "ray-authentication-token=Bearer primary")], INVALID),
        ("cookie, empty", &[host, ("cookie", "ray-authentication-token=")], MISSING),
        ("cookie, empty, quoted", &[host, ("cookie", "ray-authentication-token=\"\"")], MISSING),
        ("cookie, another name", &[host, ("cookie", "xray-authentication-token=primary")], MISSING),
        ("cookie, another case", &[host, ("cookie", "Ray-Authentication-Token=primary")], MISSING),
        ("cookie, a longer name", &[host, ("cookie", "ray-authentication-token2=primary")], MISSING),
        ("cookie, in another's value", &[host, ("cookie", "a=ray-authentication-token=primary")], MISSING),
        ("cookie, ours", &[host, ("cookie", &session)], LET_IN),
        ("cookie, ours, staged", &[host, ("cookie", &next)], LET_IN),
        ("cookie, ours, of another token", &[host, ("cookie", &other)], INVALID),
        ("cookie, ours, over", &[host, ("cookie", &over)], INVALID),
        ("cookie twice, first wrong", &[host, ("cookie", &wrong_then_right)], INVALID),
        ("cookie twice, first right", &[host, ("cookie", &right_then_wrong)], LET_IN),
        ("two cookie headers", &[host, ("cookie", "a=b"), ("cookie", &session)], LET_IN),
        (
            "two cookie headers, first wrong",
            &[host, ("cookie", "ray-authentication-token=x"), ("cookie", &session)],
            INVALID,
        ),
        ("ten cookies", &[host, ("cookie", &ten)], LET_IN),
        ("64 KiB of cookies", &[host, ("cookie", &huge)], LET_IN),
        ("64 KiB of cookie", &[host, ("cookie", &huge_token)], INVALID),
        ("no host", &[("cookie", &session)], (403, Rejection::UntrustedHost.http_text())),
        ("another host", &[("host", "rebind.test"), ("cookie", &session)], (403, Rejection::UntrustedHost.http_text())),
        (
            "another host, wrong cookie",
            &[("host", "rebind.test"), ("cookie", &other)],
            (403, Rejection::UntrustedHost.http_text()),
        ),
        ("another host, no cookie", &[("host", "rebind.test"), ("authorization", "Bearer primary")], LET_IN),
    ];
    for (name, headers, expected) in table {
        let request = || request(&Method::GET, PATH, headers);
        check(name, plain.clone(), request(), *expected).await;
        check(name, erased.clone(), request(), *expected).await;
        let inner = service_fn(async |_: Request<crate::require::close::CallBody<Full<Bytes>>>| {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("let in")))
        });
        let response = closing.clone().layer(inner).oneshot(request().map(|()| Full::default())).await.unwrap();
        assert_eq!(response.status().as_u16(), expected.0, "{name}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), expected.1, "{name}");
    }
}

#[tokio::test]
async fn bytes_beyond_ascii_open_nothing_and_break_nothing() {
    let service = RequireTokenLayer::new(keyring()).http(Http::new()).layer(handler());
    let session = cookie_of("primary");
    let after = [b"\xff=\xfe; \x80; ", session.as_bytes()].concat();
    let table: [(&str, &[u8], (u16, &str)); 5] = [
        ("authorization", b"Bearer \xff", INVALID),
        ("authorization", b"\xff", INVALID),
        ("cookie", b"ray-authentication-token=\xff\xfe", INVALID),
        ("cookie", b"\xff; ;;=; =;", MISSING),
        ("cookie", &after, LET_IN),
    ];
    for (name, value, expected) in table {
        let request = Request::get(PATH).header("host", "localhost").header(name, value).body(()).unwrap();
        check(name, service.clone(), request, expected).await;
    }
}

#[tokio::test]
async fn a_cookie_opens_nothing_that_somebody_else_had_a_browser_send() {
    let service = RequireTokenLayer::new(keyring()).exempt(Exempt::ray_dashboard()).http(Http::new()).layer(handler());
    let cookie = cookie_of("primary");
    let base = [("host", "localhost:8265"), ("cookie", &*cookie)];
    let wrong = cookie_of("other");
    let table: &[(&str, Method, &str, Headers<'_>, (u16, &str))] = &[
        ("reads", Method::GET, PATH, &[("sec-fetch-site", "cross-site")], LET_IN),
        ("head", Method::HEAD, PATH, &[], LET_IN),
        ("a program", Method::POST, PATH, &[], LET_IN),
        ("same origin", Method::POST, PATH, &[("sec-fetch-site", "same-origin")], LET_IN),
        ("another port", Method::POST, PATH, &[("sec-fetch-site", "same-site")], ORIGIN),
        ("another site", Method::DELETE, PATH, &[("sec-fetch-site", "cross-site")], ORIGIN),
        ("by origin", Method::POST, PATH, &[("origin", "http://localhost:1")], ORIGIN),
        ("options", Method::OPTIONS, PATH, &[("origin", "http://evil.test")], ORIGIN),
        ("a WebSocket", Method::GET, PATH, &[("upgrade", "websocket"), ("origin", "http://evil.test")], ORIGIN),
        ("any user agent", Method::POST, PATH, &[("user-agent", "curl"), ("sec-fetch-site", "cross-site")], ORIGIN),
        (
            "a browser's",
            Method::POST,
            PATH,
            &[("user-agent", "Mozilla/5.0"), ("origin", "http://localhost:8265")],
            LET_IN,
        ),
        ("an exempt path", Method::POST, "/api/authenticate", &[("sec-fetch-site", "cross-site")], EXEMPT),
    ];
    for (name, method, path, headers, expected) in table {
        let headers = [&base[..], headers].concat();
        check(name, service.clone(), request(method, path, &headers), *expected).await;
    }
    // The answer says nothing about the cookie.
    let headers = [("host", "localhost"), ("cookie", &wrong), ("sec-fetch-site", "cross-site")];
    check("wrong cookie", service.clone(), request(&Method::POST, PATH, &headers), ORIGIN).await;
    // Who presents the token did not have it put in by a browser.
    let headers = [("authorization", "Bearer primary"), ("sec-fetch-site", "cross-site"), ("host", "rebind.test")];
    check("a token", service, request(&Method::POST, PATH, &headers), LET_IN).await;
}

#[tokio::test]
async fn what_is_open_is_what_ray_has_open_and_no_spelling_of_something_else() {
    let dashboard =
        RequireTokenLayer::new(keyring()).exempt(Exempt::ray_dashboard()).http(Http::new()).layer(handler());
    let agent = RequireTokenLayer::new(keyring()).exempt(Exempt::ray_agent()).http(Http::new()).layer(handler());
    let open = [
        "/",
        "/favicon.ico",
        "/api/authentication_mode",
        "/api/authenticate",
        "/api/healthz",
        "/api/gcs_healthz",
        "/api/local_raylet_healthz",
        "/-/healthz",
        "/static/",
        "/static/js/main.js",
        "/static/a?x=/../",
        "/api/healthz?x",
        "/?x=%2f..",
        "http://host/static/main.js",
    ];
    for path in open {
        check(path, dashboard.clone(), request(&Method::GET, path, &[]), EXEMPT).await;
    }
    let closed = [
        "/api/version",
        "/api/healthz/",
        "//api/healthz",
        "/api//healthz",
        "/api/healthz%00",
        "/api/healthz%2f",
        "/api%2fhealthz",
        "/API/HEALTHZ",
        "/api/./healthz",
        "/x/../api/healthz",
        "/.",
        "//",
        "/%2f",
        "/static",
        "/Static/a",
        "/static/../api/version",
        "/static/..",
        "/static/%2e%2e/api/version",
        "/static//x",
        "//static/x",
        "/static/a//b",
        "/static/a%2fb",
        "/static/..%2fapi",
        "/static\\x",
        "/static/\\..\\api",
        "/static/ÿ",
        "/metrics",
        "/favicon.ico/",
        "*",
        "/api/authenticate/",
        "/api/authentication_mode/x",
    ];
    for path in closed {
        check(path, dashboard.clone(), request(&Method::GET, path, &[]), MISSING).await;
        check(path, agent.clone(), request(&Method::GET, path, &[]), MISSING).await;
    }
    for path in ["/api/healthz", "/api/local_raylet_healthz"] {
        check(path, agent.clone(), request(&Method::GET, path, &[]), EXEMPT).await;
    }
    for path in ["/", "/static/a", "/api/gcs_healthz", "/api/authenticate"] {
        check(path, agent.clone(), request(&Method::GET, path, &[]), MISSING).await;
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE, Method::CONNECT] {
        check("files", dashboard.clone(), request(&method, "/static/js/main.js", &[]), MISSING).await;
        check("a path", dashboard.clone(), request(&method, "/api/healthz", &[]), EXEMPT).await;
    }
    for folder in ["", "/", "static/", "/static", "/static//", "/static/../", "/%73tatic/", "/a*/", "//"] {
        assert!(Exempt::files(folder).is_err(), "{folder:?}");
    }
}

proptest! {
    #[test]
    fn the_decision_is_that_of_a_plain_model(
        list in proptest::collection::vec((
            "(authorization|x-ray-authorization|cookie)",
            "(|Bearer (primary|next|other)|bearer primary|primary|(a=b; ?)?ray-authentication-token=(primary|other|\"next\"|)(; ray-authentication-token=next)?)",
        ), 0..5),
    ) {
        let mut headers: HeaderMap = list.iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let first = |wanted: &str| list.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty());
        let bearer = |value: &str| match value.strip_prefix("Bearer ") {
            Some("primary" | "next") => Ok(()),
            Some(_) => Err(Rejection::WrongToken),
            None => Err(Rejection::Malformed),
        };
        let expected = if let Some(value) = first("authorization").or_else(|| first("x-ray-authorization")) {
            bearer(value)
        } else {
            let mut values = list.iter().filter(|(name, _)| name == "cookie").flat_map(|(_, value)| value.split(';'));
            let cookie = values.find_map(|pair| {
                let value = pair.trim().strip_prefix("ray-authentication-token=")?.trim_matches('"');
                (!value.is_empty()).then_some(value)
            });
            match cookie {
                Some("primary" | "next") => Ok(()),
                Some(_) => Err(Rejection::WrongToken),
                None => Err(Rejection::Missing),
            }
        };
        let credential = Credential::from_http(&mut headers, true);
        prop_assert_eq!(crate::require::judge(&keyring(), credential, false, |_, _| ()), expected);
        prop_assert!(headers.values().all(http::HeaderValue::is_sensitive));
    }

    #[test]
    fn no_bytes_break_the_reading_of_cookies(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(value) = http::HeaderValue::from_bytes(&value) {
            let mut headers = HeaderMap::from_iter([(http::header::COOKIE, value)]);
            let judged = crate::require::judge(&keyring(), Credential::from_http(&mut headers, true), false, |_, _| ());
            prop_assert!(judged.is_err());
        }
    }
}
