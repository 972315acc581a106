//! The token, and whatever peers present in its place, is in nothing that is printed: no public type's `Debug` or
//! `Display`, no error, and no log line of a whole run, whichever crate writes it. Alone in its file, since the capture
//! of logs is the process's.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::{Debug, Display};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use ray_auth::credential::Credential;
use ray_auth::http::{Http, Login};
use ray_auth::interceptor::{AddTokenInterceptor, RequireTokenInterceptor};
use ray_auth::keyring_file::{Change, KeyringFile};
use ray_auth::proto::GetClusterIdRequest;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::reload::Follow;
use ray_auth::require::Exempt;
use ray_auth::source::KeyringText;
use ray_auth::status::UsageWatch;
use ray_auth::token::TokenSet;
use ray_auth::verify::AnyVerifier;
use ray_auth::{AddTokenLayer, ClusterAuth, Keyring, RequireTokenLayer, Token, TokenSource};
use ray_auth_gcs::{Gcs, Server};
use ray_auth_testing::logs::LogCapture;
use ray_auth_testing::raw_http2;
use tower::Layer;

/// Longer than what is shown of anything, and of no text that could stand in a log by chance.
const SECRET: &str = "5ecre7-of-the-cluster-that-nobody-may-see-5ecre7";
const GUESS: &str = "gue55-that-may-be-a-real-secret-elsewhere-gue55";

fn assert_hidden(what: &str, shown: &str) {
    assert!(!shown.is_empty(), "{what} shows nothing");
    for (name, secret) in [("the token", SECRET), ("the guess", GUESS)] {
        // The panic must not show it either.
        assert!(!shown.contains(secret), "{what} shows {name}");
        assert!(!shown.contains(&secret[..12]), "{what} shows the beginning of {name}");
    }
}

fn debug(what: &str, value: &dyn Debug) {
    assert_hidden(what, &format!("{value:?}"));
    assert_hidden(what, &format!("{value:#?}"));
}

fn both(what: &str, value: &(impl Debug + Display)) {
    debug(what, value);
    assert_hidden(what, &value.to_string());
}

#[test]
fn no_public_type_shows_the_token() {
    let token = Token::parse(SECRET).unwrap();
    debug("Token", &token);
    both("Fingerprint", &token.fingerprint());
    let set = TokenSet::new(token).with_next(Token::parse(GUESS).unwrap()).unwrap();
    debug("TokenSet", &set);
    let keyring = Keyring::with_tokens(set);
    debug("Keyring", &keyring);
    debug("KeyringStatus", &keyring.status());
    both("Label", &keyring.status().tokens[0].label);
    both("KeyringError", &keyring.stage(Token::generate()).unwrap_err());
    debug("AddTokenLayer", &AddTokenLayer::new(keyring.clone()));
    debug("AddToken", &AddTokenLayer::new(keyring.clone()).layer(()));
    debug("RequireTokenLayer", &RequireTokenLayer::new(keyring.clone()));
    debug("RequireToken", &RequireTokenLayer::new(keyring.clone()).layer(()));
    debug("AnyVerifier", &AnyVerifier::from(keyring.clone()));
    debug("AddTokenInterceptor", &AddTokenInterceptor::new(keyring.clone()));
    debug("RequireTokenInterceptor", &RequireTokenInterceptor::new(keyring.clone()));
    debug("ClusterAuth", &ClusterAuth::with_keyring(keyring.clone()));

    debug("RetryTokenLayer", &AddTokenLayer::new(keyring.clone()).retry_with_accepted());
    debug("RetryToken", &AddTokenLayer::new(keyring.clone()).retry_refused().layer(()));
    debug("CloseOnRevokeLayer", &RequireTokenLayer::new(keyring.clone()).close_on_revoke());
    debug("CloseOnRevoke", &RequireTokenLayer::new(keyring.clone()).close_on_revoke().layer(()));
    debug("an HTTP RequireTokenLayer", &RequireTokenLayer::new(keyring.clone()).http(Http::new()));
    debug("Login", &Login::new(keyring.clone(), Http::new().dangerous_raw_cookie()));
    debug("UsageWatch", &UsageWatch::new(keyring.clone()));
    debug("ProcessStatus", &UsageWatch::new(keyring).status());

    let text = format!("{SECRET}\nnext {GUESS}\nneither {GUESS}\n");
    debug("KeyringText", &KeyringText::parse(&text).unwrap());
    both("KeyringTextError", &KeyringText::parse(format!("{text}next {GUESS}x\n")).unwrap_err());
    debug("Change", &Change::Stage(Token::parse(SECRET).unwrap()));
    debug("Filtered", &Change::Promote(None).filter(&text).unwrap());
    both("FilterError", &Change::Retire(None).filter(&text).unwrap_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, &text).unwrap();
    let file = KeyringFile::new(&path);
    debug("KeyringFile", &file);
    debug("Changed", &file.promote(None).unwrap());
    both("KeyringFileError", &file.promote("0123456789ab".parse().ok()).unwrap_err());
    debug("Follow", &Follow::new(TokenSource::file(&path)));
    debug("a keyring that follows", &Keyring::follow(TokenSource::file(&path)).unwrap());

    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, format!("Bearer {SECRET}").parse().unwrap());
    headers.append(AUTHORIZATION, format!("Bearer {GUESS}").parse().unwrap());
    debug("Credential", &Credential::from_grpc(&mut headers).unwrap());
    debug("headers that were judged", &headers);

    let cookie = format!("ray-authentication-token={SECRET}; ray-authentication-token={GUESS}");
    let all = [("authorization", ""), ("x-ray-authorization", GUESS), ("cookie", &cookie)];
    let mut headers: HeaderMap =
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    debug("the Rejection of a bare token", &Credential::from_http(&mut headers, true).unwrap_err());
    headers.remove("x-ray-authorization");
    debug("the Credential of a cookie", &Credential::from_http(&mut headers, true).unwrap());
    debug("HTTP headers that were judged", &headers);

    let lookup = |value: &'static str| move |name: &str| (name == "RAY_AUTH_TOKEN").then(|| value.into());
    let source = TokenSource::from_vars(lookup(SECRET)).unwrap();
    both("TokenSource", &source);
    debug("Loaded", &source.load().unwrap());
    const BROKEN: &str = "5ecre7-of-the-cluster-that-nobody-may-see-5ecre7\u{7f}";
    both("SourceError", &TokenSource::from_vars(lookup(BROKEN)).unwrap_err());
    both("AuthError", &ClusterAuth::builder().from_vars(lookup(BROKEN)).unwrap_err());
    both("TokenError", &Token::parse(BROKEN).unwrap_err());
    let mode = |name: &str| (name == "RAY_AUTH_MODE").then(|| SECRET.into());
    both("ModeError", &ClusterAuth::builder().from_vars(mode).unwrap_err());
}

#[cfg(feature = "tls")]
#[test]
fn no_public_type_shows_the_private_key() {
    use ray_auth::tls::{Tls, TlsFiles};
    use ray_auth_testing::certificates::{Authority, Files, LOOPBACK};
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("ours").unwrap();
    let (issued, other) = (authority.issue(&LOOPBACK).unwrap(), authority.issue(&LOOPBACK).unwrap());
    let Files { certificate, key, authority: anchor } = &Files::in_folder(folder.path());
    std::fs::write(certificate, &issued.certificate).unwrap();
    std::fs::write(anchor, authority.pem()).unwrap();
    let files = TlsFiles::new(certificate, key, anchor);
    let mut shown = format!("{files:?} {files}");
    // Good, of another certificate, cut short, with a broken line, and in the other files' places.
    let half = &issued.key[..issued.key.len() / 2];
    let broken = issued.key.replace("-----END", "----- END");
    let text = issued.key.lines().nth(1).unwrap();
    for held in [issued.key.as_str(), &other.key, half, &broken, text, &format!("-----BEGIN {text}")] {
        std::fs::write(key, held).unwrap();
        match Tls::follow(files.clone()) {
            Ok(tls) => shown += &format!("{tls:?} {:#?} {:?} {:?}", tls, tls.status(), tls.connector()),
            Err(error) => shown += &format!("{error} {error:?} {error:#?}"),
        }
        for misplaced in [certificate, anchor] {
            let good = std::fs::read(misplaced).unwrap();
            std::fs::write(misplaced, held).unwrap();
            let error = Tls::follow(files.clone()).unwrap_err();
            shown += &format!("{error} {error:?}");
            std::fs::write(misplaced, good).unwrap();
        }
    }
    for line in issued.key.lines().chain(other.key.lines()).filter(|line| !line.starts_with('-')) {
        for part in [line, &line[..12.min(line.len())]] {
            assert!(!shown.contains(part), "a line of a key is shown");
        }
    }
}

#[tokio::test]
async fn no_log_line_of_a_whole_run_shows_the_token() {
    let logs = LogCapture::global().unwrap();
    let auth = ClusterAuth::builder().from_vars(|name| (name == "RAY_AUTH_TOKEN").then(|| SECRET.into())).unwrap();
    let gcs = Gcs::builder().build().unwrap();
    let server = Server::builder().gcs(&gcs).echo().bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.local_addr();
    let layer = auth.require_token().with_identity().exempt(Exempt::grpc_health());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(layer, async move { drop(stopped.await) }));

    let call = async |auth: &ClusterAuth| {
        let channel = auth.connect(address.to_string()).await.unwrap();
        NodeInfoGcsServiceClient::new(channel).get_cluster_id(GetClusterIdRequest {}).await
    };
    call(&auth).await.unwrap();
    let guess = ClusterAuth::with_keyring(Keyring::new(Token::parse(GUESS).unwrap()));
    let status = call(&guess).await.unwrap_err();
    debug("Status", &status);
    call(&ClusterAuth::disabled()).await.unwrap_err();

    // What no client of ours sends: the secret in the wrong places, twice, and in ill-formed frames.
    let path = "/ray.rpc.NodeInfoGcsService/GetClusterId";
    let bound = std::time::Duration::from_secs(20);
    for request in [
        raw_http2::Request::grpc(path).add("authorization", format!("bearer {SECRET}")),
        raw_http2::Request::grpc(path).add("authorization", SECRET),
        raw_http2::Request::grpc(path).add("authorization", format!("Bearer {GUESS}")).add("authorization", SECRET),
        raw_http2::Request::grpc(path).add("authorization", format!("Bearer {SECRET}\0")),
        raw_http2::Request::grpc(path).add("Authorization", format!("Bearer {SECRET}")),
    ] {
        let outcome = raw_http2::ask(address, &request, bound).await.unwrap();
        assert_ne!(outcome.grpc_status(), Some(0));
    }
    over_http(&auth).await;
    let keyring = Keyring::new(Token::parse(SECRET).unwrap());
    keyring.stage(Token::parse(GUESS).unwrap()).unwrap();
    keyring.promote().unwrap();
    keyring.retire().unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();

    for present in ["token authentication is on", "call refused", "keyring changed"] {
        logs.assert_present("a line of ours", present);
    }
    logs.assert_absent("the token", SECRET);
    logs.assert_absent("the guess", GUESS);
}

/// Logs in, and presents the secret, the cookie and the guess in every way HTTP has.
async fn over_http(auth: &ClusterAuth) {
    let http = Http::new().with_login_page().dangerous_raw_cookie();
    let login = auth.login(http.clone());
    debug("Login", &login);
    let router = axum::Router::new().route("/jobs", axum::routing::get(async || "none"));
    let router =
        router.route_service("/api/authenticate", login).layer(auth.require_token().exempt(Exempt::login()).http(http));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build::<_, http_body_util::Empty<&[u8]>>(hyper_util::client::legacy::connect::HttpConnector::new());
    let ask = async |method: &str, path: &str, name: &str, value: String, status: u16| {
        let request = http::Request::builder().method(method).uri(format!("http://{address}{path}"));
        let request = request.header(name, value).body(http_body_util::Empty::new()).unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(response.status(), status, "{method} {path} {name}");
        response.into_parts().0
    };
    let bearer = |token: &str| format!("Bearer {token}");
    let cookie = |token: &str| format!("a=b; ray-authentication-token={token}");
    ask("POST", "/api/authenticate", "authorization", bearer(SECRET), 200).await;
    for (name, value, status) in [
        ("authorization", bearer(SECRET), 200),
        ("authorization", bearer(GUESS), 403),
        ("authorization", format!("Basic {SECRET}"), 403),
        ("x-ray-authorization", bearer(SECRET), 200),
        ("x-ray-authorization", SECRET.to_owned(), 403),
        ("cookie", cookie(SECRET), 200),
        ("cookie", cookie(GUESS), 403),
    ] {
        debug("an answer", &ask("GET", "/jobs", name, value, status).await);
    }
    serving.abort();
}
