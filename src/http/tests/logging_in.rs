use std::time::Duration;

use super::*;
use crate::ClusterAuth;
use crate::credential::Form;
use crate::verify::{AnyVerifier, Call, Identity, Verdict, Verify};

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
        assert_eq!(response.headers().contains_key("www-authenticate"), expected.0 == 401, "{name}");
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
