use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::*;
use crate::credential::{Credential, Form};
use crate::require::Exempted;
use crate::verify::{AnyVerifier, Call, Identity, Verdict, Verify};
use crate::{ClusterAuth, Exempt, Keyring, Rejection, RequireTokenLayer, Token};

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
async fn grpc_is_answered_as_grpc_and_never_opened_by_a_cookie() {
    let cookie = cookie_of("primary");
    let host = ("host", "localhost:8265");
    let raw = ("cookie", "ray-authentication-token=primary");
    let bearer = ("authorization", "Bearer primary");
    let x_ray = ("x-ray-authorization", "Bearer primary");
    let kind = |kind: &'static str| ("content-type", kind);
    let table: &[(&str, &str, Headers<'_>, (u16, &str))] = &[
        ("token", CALL, &[kind("application/grpc"), bearer], LET_IN),
        ("none", CALL, &[kind("application/grpc")], STATUS_16),
        ("cookie", CALL, &[kind("application/grpc"), host, ("cookie", &cookie)], STATUS_16),
        ("raw cookie", CALL, &[kind("application/grpc+proto"), host, raw], STATUS_16),
        ("x-ray", CALL, &[kind("application/grpc"), x_ray], STATUS_16),
        ("empty, then x-ray", CALL, &[kind("application/grpc"), ("authorization", ""), x_ray], STATUS_16),
        ("web, token", CALL, &[kind("application/grpc-web+proto"), bearer], LET_IN),
        ("web, cookie", CALL, &[kind("application/grpc-web+proto"), host, raw], STATUS_16),
        ("web text, cookie", CALL, &[kind("application/grpc-web-text"), host, raw], STATUS_16),
        ("upper case, cookie", PATH, &[kind("Application/GRPC"), host, raw], STATUS_16),
        ("two types, cookie", PATH, &[kind("text/plain"), kind("application/grpc"), host, raw], STATUS_16),
        ("disguised, cookie", CALL, &[kind("text/plain"), host, ("cookie", &cookie)], MISSING),
        ("no type, cookie", CALL, &[host, raw], MISSING),
        ("disguised, token", CALL, &[kind("text/plain"), bearer], LET_IN),
        ("disguised, x-ray", CALL, &[kind("text/plain"), x_ray], LET_IN),
    ];
    let service = RequireTokenLayer::new(keyring()).http(Http::new().with_login_page()).layer(handler());
    for (name, path, headers, expected) in table {
        check(name, service.clone(), request(&Method::POST, path, headers), *expected).await;
    }
    for (asked, answered) in [
        ("application/grpc", "application/grpc"),
        ("application/grpc-web", "application/grpc-web+proto"),
        ("application/grpc-web-text+proto", "application/grpc-web-text+proto"),
    ] {
        let refused = service.clone().oneshot(request(&Method::POST, CALL, &[kind(asked)])).await.unwrap();
        assert_eq!(refused.headers()["content-type"], answered);
    }
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

#[tokio::test]
async fn answers_are_rays_with_what_is_missing_there() {
    let service = RequireTokenLayer::new(keyring()).http(Http::new()).layer(handler());
    let ask = async |headers: Headers<'_>| {
        let (parts, _) = service.clone().oneshot(request(&Method::GET, PATH, headers)).await.unwrap().into_parts();
        parts
    };
    let cleared = "ray-authentication-token=\"\"; Max-Age=0; Path=/";
    let html = ("accept", "text/html");
    let table: &[(&str, Headers<'_>, Rejection, bool, Option<&str>)] = &[
        ("none", &[], Rejection::Missing, true, None),
        ("none, page not asked for", &[html], Rejection::Missing, true, None),
        ("wrong", &[("authorization", "Bearer x")], Rejection::WrongToken, false, None),
        ("malformed", &[("authorization", "x")], Rejection::Malformed, false, None),
        (
            "stale cookie",
            &[("host", "localhost"), ("cookie", "ray-authentication-token=x")],
            Rejection::WrongToken,
            false,
            Some(cleared),
        ),
        (
            "stale cookie elsewhere",
            &[("host", "a.test"), ("cookie", "ray-authentication-token=x")],
            Rejection::UntrustedHost,
            false,
            None,
        ),
        (
            "a wrong token beside",
            &[("authorization", "Bearer x"), ("cookie", "ray-authentication-token=x")],
            Rejection::WrongToken,
            false,
            None,
        ),
    ];
    for (name, headers, rejection, challenge, cookie) in table {
        let parts = ask(headers).await;
        assert_eq!(parts.status, rejection.http_status(), "{name}");
        assert_eq!(parts.headers["content-type"], "text/plain; charset=utf-8", "{name}");
        assert_eq!(parts.headers.get("www-authenticate").is_some_and(|value| value == "Bearer"), *challenge, "{name}");
        assert_eq!(parts.headers.get("set-cookie").map(|value| value.to_str().unwrap()), *cookie, "{name}");
        assert_eq!(parts.extensions.get(), Some(rejection), "{name}");
        let fields = 1 + usize::from(*challenge) + usize::from(cookie.is_some());
        assert_eq!(parts.headers.len(), fields, "{name}: {:?}", parts.headers);
    }
}

#[tokio::test]
async fn the_page_is_for_browsers_that_a_token_would_help() {
    let service = RequireTokenLayer::new(keyring()).http(Http::new().with_login_page()).layer(handler());
    let browser = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    let host = ("host", "localhost");
    let stale = ("cookie", "ray-authentication-token=x");
    let table: &[(&str, Method, Headers<'_>, u16, bool)] = &[
        ("a browser", Method::GET, &[browser], 401, true),
        ("upper case", Method::GET, &[("accept", "TEXT/HTML;q=1")], 401, true),
        ("its head", Method::HEAD, &[browser], 401, true),
        ("stale cookie", Method::GET, &[browser, host, stale], 403, true),
        ("a script", Method::GET, &[("accept", "*/*")], 401, false),
        ("a program", Method::GET, &[], 401, false),
        ("json", Method::GET, &[("accept", "application/json, text/htmlx")], 401, false),
        ("a form", Method::POST, &[browser], 401, false),
        ("a wrong token", Method::GET, &[browser, ("authorization", "Bearer x")], 403, false),
        ("another host", Method::GET, &[browser, ("host", "rebind.test"), stale], 403, false),
    ];
    for (name, method, headers, status, page) in table {
        let response = service.clone().oneshot(request(method, PATH, headers)).await.unwrap();
        assert_eq!(response.status(), *status, "{name}");
        assert_eq!(response.headers().contains_key("www-authenticate"), *status == 401, "{name}");
        assert_eq!(response.headers()["content-type"] == "text/html; charset=utf-8", *page, "{name}");
        assert_eq!(response.headers().contains_key("content-security-policy"), *page, "{name}");
        assert_eq!(response.headers().contains_key("set-cookie"), *status == 403 && *page, "{name}");
        assert_eq!(seen(response).await.1.contains("data-path=\"/api/jobs/\""), *page, "{name}");
    }
}

/// Logs in with `token` and gives the cookie.
async fn log_in(login: &Login, token: &str) -> String {
    let headers = [("host", "localhost"), ("authorization", &*format!("Bearer {token}"))];
    let response = login.clone().oneshot(request(&Method::POST, "/api/authenticate", &headers)).await.unwrap();
    assert!(response.headers()["set-cookie"].is_sensitive());
    response.headers()["set-cookie"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn logging_in_is_as_with_ray_but_for_what_the_cookie_holds() {
    let shared = ClusterAuth::with_keyring(keyring()).login(Http::new());
    let disabled = ClusterAuth::disabled().login(Http::new());
    let (mode, enter) = ("/api/authentication_mode", "/api/authenticate");
    let host = ("host", "localhost:8265");
    let not_enabled = (401, "Unauthorized: Token authentication is not enabled");
    let not_allowed = (405, "405: Method Not Allowed");
    let entered = (200, "{\"status\": \"authenticated\", \"message\": \"Token is valid\"}");
    let cookie = cookie_of("primary");
    type Row<'a> = (&'a str, &'a Login, Method, &'a str, Headers<'a>, (u16, &'a str), Option<&'a str>);
    let cleared = Some("ray-authentication-token=\"\"; Max-Age=0; Path=/");
    let table: &[Row<'_>] = &[
        ("mode", &shared, Method::GET, mode, &[], (200, "{\"authentication_mode\": \"token\"}"), None),
        (
            "mode, disabled",
            &disabled,
            Method::GET,
            mode,
            &[],
            (200, "{\"authentication_mode\": \"disabled\"}"),
            cleared,
        ),
        ("mode, posted", &shared, Method::POST, mode, &[], not_allowed, None),
        ("right", &shared, Method::POST, enter, &[host, ("authorization", "Bearer primary")], entered, Some("v1.")),
        ("staged", &shared, Method::POST, enter, &[host, ("authorization", "Bearer next")], entered, Some("v1.")),
        ("wrong", &shared, Method::POST, enter, &[host, ("authorization", "Bearer x")], INVALID, None),
        ("lower case", &shared, Method::POST, enter, &[host, ("authorization", "bearer primary")], INVALID, None),
        ("none", &shared, Method::POST, enter, &[host], MISSING, None),
        ("empty", &shared, Method::POST, enter, &[host, ("authorization", "")], MISSING, None),
        ("x-ray only", &shared, Method::POST, enter, &[host, ("x-ray-authorization", "Bearer primary")], MISSING, None),
        ("cookie only", &shared, Method::POST, enter, &[host, ("cookie", &cookie)], MISSING, None),
        ("got", &shared, Method::GET, enter, &[host, ("authorization", "Bearer primary")], not_allowed, None),
        ("disabled", &disabled, Method::POST, enter, &[host, ("authorization", "Bearer primary")], not_enabled, None),
        (
            "another host",
            &shared,
            Method::POST,
            enter,
            &[("host", "rebind.test"), ("authorization", "Bearer primary")],
            (403, Rejection::UntrustedHost.http_text()),
            None,
        ),
        (
            "another path",
            &shared,
            Method::POST,
            "/api/authenticate/",
            &[host, ("authorization", "Bearer primary")],
            (404, "404: Not Found"),
            None,
        ),
    ];
    for (name, login, method, path, headers, expected, cookie) in table {
        let response = (*login).clone().oneshot(request(method, path, headers)).await.unwrap();
        let set = response.headers().get("set-cookie").map(|value| value.to_str().unwrap().to_owned());
        let set = set.map(|set| if set.contains("=v1.") { "v1.".to_owned() } else { set });
        assert_eq!(set.as_deref(), *cookie, "{name}");
        let (status, body) = seen(response).await;
        assert_eq!((status, body.as_str()), *expected, "{name}");
    }
}

#[tokio::test]
async fn the_cookie_opens_this_server_until_its_token_is_retired() {
    let keyring = keyring();
    let login = Login::new(keyring.clone(), Http::new());
    let service = RequireTokenLayer::new(keyring.clone()).http(Http::new()).layer(handler());
    let set = log_in(&login, "primary").await;
    let (value, attributes) = set.split_once(';').unwrap();
    assert_eq!(attributes, " HttpOnly; Max-Age=2592000; Path=/; SameSite=Strict");
    let end: u64 = value.split('.').nth(1).unwrap().parse().unwrap();
    assert!((now() + 2_591_990..=now() + 2_592_000).contains(&end), "{end}");
    assert!(!set.contains("primary"));

    let headers = [("host", "localhost"), ("cookie", value)];
    check("before", service.clone(), request(&Method::GET, PATH, &headers), LET_IN).await;
    keyring.promote().unwrap();
    check("its token is old", service.clone(), request(&Method::GET, PATH, &headers), LET_IN).await;
    keyring.retire().unwrap();
    let refused = service.oneshot(request(&Method::GET, PATH, &headers)).await.unwrap();
    assert_eq!(refused.headers()["set-cookie"], "ray-authentication-token=\"\"; Max-Age=0; Path=/");
    assert_eq!(refused.status(), 403);
}

#[tokio::test]
async fn settings_say_what_the_cookie_is() {
    let secure = log_in(&Login::new(keyring(), Http::new().behind_tls()), "primary").await;
    assert!(secure.ends_with("; SameSite=Strict; Secure"), "{secure}");
    let raw = log_in(&Login::new(keyring(), Http::new().dangerous_raw_cookie()), "primary").await;
    assert_eq!(raw, "ray-authentication-token=primary; HttpOnly; Max-Age=2592000; Path=/; SameSite=Strict");
    let short = log_in(&Login::new(keyring(), Http::new().with_session(Duration::from_secs(60))), "next").await;
    assert!(short.contains("; Max-Age=60;"), "{short}");
    let long = log_in(&Login::new(keyring(), Http::new().with_session(Duration::MAX)), "next").await;
    assert!(long.contains("; Max-Age=2592000;"), "{long}");
    // What a cookie cannot carry is not cut in it.
    let odd = Keyring::new(Token::parse("a;b \"c\"").unwrap());
    let odd = log_in(&Login::new(odd, Http::new().dangerous_raw_cookie()), "a;b \"c\"").await;
    assert!(odd.starts_with("ray-authentication-token=v1."), "{odd}");
    let by_https = Request::post("https://localhost/api/authenticate").header("authorization", "Bearer primary");
    let response = Login::new(keyring(), Http::new()).oneshot(by_https.body(()).unwrap()).await.unwrap();
    assert!(response.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"));
}

/// Knows one token, now or later.
struct Known(bool);

impl Verify for Known {
    fn verify(&self, call: Call<'_>) -> Verdict {
        assert_eq!(call.credential().form(), Form::Authorization);
        let decided = match call.credential().token() {
            b"ada" => Ok(Identity::user("ada")),
            b"down" => Err(Rejection::Unavailable),
            _ => Err(Rejection::WrongToken),
        };
        if self.0 { Verdict::Later(Box::pin(async { decided })) } else { Verdict::Now(decided) }
    }
}

#[tokio::test]
async fn a_verifier_logs_in_with_rays_cookie_or_not_at_all() {
    let unavailable = (503, Rejection::Unavailable.http_text());
    let entered = (200, "{\"status\": \"authenticated\", \"message\": \"Token is valid\"}");
    for later in [false, true] {
        let raw = Login::new(AnyVerifier::new(Known(later)), Http::new().dangerous_raw_cookie());
        assert!(log_in(&raw, "ada").await.starts_with("ray-authentication-token=ada; HttpOnly"));
        let ours = Login::new(AnyVerifier::new(Known(later)), Http::new());
        for (login, token, expected) in
            [(&raw, "ada", entered), (&raw, "bob", INVALID), (&raw, "down", unavailable), (&ours, "ada", unavailable)]
        {
            let headers = [("host", "localhost"), ("authorization", &*format!("Bearer {token}"))];
            check(token, login.clone(), request(&Method::POST, "/api/authenticate", &headers), expected).await;
        }
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
