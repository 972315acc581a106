use super::*;

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
        (
            "disguised, below a folder, cookie",
            &format!("/grpc{CALL}"),
            &[kind("text/plain"), host, ("cookie", &cookie)],
            MISSING,
        ),
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
