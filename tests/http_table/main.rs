//! Every HTTP request of the table that was put to Ray's dashboard and agent, put to our server to the byte: answered
//! the same wherever authentication or login speaks, but for the differences that the rows name. And the same requests with
//! other credentials.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;

use std::net::SocketAddr;

use axum::Router;
use ray_auth::http::Http;
use ray_auth::{ClusterAuth, Exempt, Keyring, Token};
use ray_auth_testing::vectors::{self, HttpOutcome, HttpRow, HttpServer, SERVER_TOKEN, cookie_parts};
use tokio::net::TcpListener;

use self::client::{Answer, ask};

/// What is let in without a credential, at the servers that want one: targets to the byte.
const OPEN: [&str; 12] = [
    "/",
    "http://localhost",
    "/favicon.ico",
    "/api/healthz",
    "/api/healthz?x",
    "/api/healthz#x",
    "http://localhost/api/healthz",
    "/api/gcs_healthz",
    "/-/healthz",
    "/static/x",
    "/static/",
    "/static/ÿ",
];
const OPEN_AT_AGENTS: [&str; 2] = ["/api/healthz", "/api/local_raylet_healthz"];

const GOOD: &[u8] = b"GET /good HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer owntoken\r\n\r\n";

struct Servers {
    dashboard: SocketAddr,
    agent: SocketAddr,
    disabled: SocketAddr,
}

impl Servers {
    async fn start() -> Self {
        let auth = || ClusterAuth::with_keyring(Keyring::new(Token::parse(SERVER_TOKEN).unwrap()));
        Self {
            dashboard: serve(&auth(), Exempt::ray_dashboard(), true).await,
            agent: serve(&auth(), Exempt::ray_agent(), false).await,
            disabled: serve(&ClusterAuth::disabled(), Exempt::ray_dashboard(), true).await,
        }
    }

    fn of(&self, row: &HttpRow) -> SocketAddr {
        match row.server {
            HttpServer::Dashboard => self.dashboard,
            HttpServer::Agent => self.agent,
            HttpServer::Disabled => self.disabled,
        }
    }

    /// What a row's request is answered, after which the server must still be there for others.
    async fn ask(&self, row: &HttpRow) -> (Answer, HttpOutcome) {
        let answer = ask(self.of(row), &row.wire()).await;
        let good = ask(self.of(row), GOOD).await;
        assert_eq!((good.status, good.body.as_str()), (Some(200), "let in"), "after {}", row.name);
        let outcome = seen(row, &answer);
        (answer, row.compared(&outcome))
    }
}

async fn serve(auth: &ClusterAuth, exempt: Exempt, login: bool) -> SocketAddr {
    let mut router = Router::new().fallback(async || "let in");
    if login {
        let login = auth.login(Http::new());
        router =
            router.route_service("/api/authentication_mode", login.clone()).route_service("/api/authenticate", login);
    }
    let router = router.layer(auth.require_token().exempt(exempt).http(Http::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn seen(row: &HttpRow, answer: &Answer) -> HttpOutcome {
    let let_in = match (answer.status, answer.body.as_str()) {
        (None | Some(400 | 414 | 431), _) => None,
        (Some(200), "let in") => Some(true),
        (Some(200), "") if row.method == "HEAD" => Some(true),
        (Some(401), "Unauthorized: Token authentication is not enabled") if row.is_login() => Some(true),
        (Some(401 | 403), _) => Some(false),
        (Some(200 | 405), _) if row.is_login() => Some(true),
        other => panic!("{}: {other:?}", row.name),
    };
    HttpOutcome {
        status: answer.status,
        let_in,
        body: Some(answer.body.clone()),
        content_type: answer.header("content-type").map(str::to_owned),
        set_cookie: answer.all("set-cookie").map(|value| cookie_parts(&without_session(value))).collect(),
        www_authenticate: answer.header("www-authenticate").map(str::to_owned),
    }
}

/// The table's word for a value that differs each time.
fn without_session(cookie: &str) -> String {
    let Some((name, rest)) = cookie.split_once("=v1.") else { return cookie.to_owned() };
    let (value, attributes) = rest.split_once(';').unwrap();
    let (expiry, code) = value.split_once('.').unwrap();
    assert!(expiry.parse::<u64>().is_ok() && code.len() == 64 && code.bytes().all(|byte| byte.is_ascii_hexdigit()));
    format!("{name}=v1.<expiry>.<64 hex>;{attributes}")
}

#[tokio::test]
async fn every_observed_request_is_answered_as_ray_does_or_as_the_row_says() {
    let servers = Servers::start().await;
    let mut wrong = Vec::new();
    for row in vectors::http().unwrap() {
        let (_, outcome) = servers.ask(&row).await;
        let expected = row.compared(&row.expected);
        let wanted = row.ours.as_ref().map_or_else(|| expected.clone(), |(_, ours)| row.compared(ours));
        if row.ours.is_some() && wanted == expected {
            wrong.push(format!("{}: names no difference", row.name));
        }
        if outcome != wanted {
            wrong.push(format!("{}: {outcome:?} and not {wanted:?}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The row with each occurrence of some bytes in its headers and its body replaced, if there is one.
fn replaced(row: &HttpRow, what: &str, with: &str) -> Option<HttpRow> {
    let replace = |bytes: &[u8]| {
        let mut out = Vec::new();
        let mut rest = bytes;
        while let Some(at) = rest.windows(what.len()).position(|window| window == what.as_bytes()) {
            out.extend([&rest[..at], with.as_bytes()].concat());
            rest = &rest[at + what.len()..];
        }
        [&out, rest].concat()
    };
    let headers = row.headers.iter().map(|(name, value)| (name.clone(), replace(value))).collect();
    let other = HttpRow { headers, body: replace(&row.body), ..row.clone() };
    (other.wire() != row.wire()).then_some(other)
}

#[tokio::test]
async fn nothing_is_let_in_without_the_token() {
    let servers = Servers::start().await;
    let mut opened = 0;
    for row in vectors::http().unwrap().iter().filter(|row| row.server != HttpServer::Disabled) {
        let open: &[&str] = if row.server == HttpServer::Agent { &OPEN_AT_AGENTS } else { &OPEN };
        for token in ["badtoken", "owntokem", "", "owntokenowntoken", "OWNTOKEN", "owntoke"] {
            let row = replaced(row, SERVER_TOKEN, token).unwrap_or_else(|| row.clone());
            let (answer, outcome) = servers.ask(&row).await;
            let let_in = answer.body == "let in" || (outcome.let_in == Some(true) && !row.is_login());
            if let_in {
                assert!(open.contains(&row.target.as_str()), "{} with {token:?}", row.name);
                opened += 1;
            }
            let sets = answer.all("set-cookie").find(|value| !value.contains("Max-Age=0"));
            assert_eq!(sets, None, "{} with {token:?}", row.name);
            // Not by what hides behind the first request either.
            let first = usize::from(answer.status.is_some_and(|status| status < 300));
            assert_eq!(answer.successes, first, "{} with {token:?}", row.name);
        }
    }
    assert!(opened > OPEN.len(), "{opened}");
}

#[tokio::test]
async fn one_credential_opens_one_request() {
    let servers = Servers::start().await;
    for row in vectors::http().unwrap().iter().filter(|row| row.server != HttpServer::Disabled) {
        // Another request on the same connection, which presents nothing.
        let wire = [row.wire(), b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()].concat();
        let answer = ask(servers.of(row), &wire).await;
        assert!(answer.successes <= 1, "{}: {answer:?}", row.name);
    }
}

#[tokio::test]
async fn the_cookie_set_at_login_opens_what_one_with_the_token_does_and_nothing_else() {
    let servers = Servers::start().await;
    let login = "POST /api/authenticate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer owntoken\r\n\r\n";
    let answer = ask(servers.dashboard, login.as_bytes()).await;
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let (_, session) = cookie.split_once('=').unwrap();
    let mut tried = 0;
    for row in vectors::http().unwrap() {
        if let Some(other) = replaced(&row, "ray-authentication-token=owntoken", &cookie) {
            let (_, outcome) = servers.ask(&other).await;
            let (_, expected) = servers.ask(&row).await;
            assert_eq!(outcome, expected, "{}", row.name);
            tried += 1;
        }
        // As a bearer it opens nothing.
        if let Some(other) = replaced(&row, "Bearer owntoken", &format!("Bearer {session}")) {
            let (answer, _) = servers.ask(&other).await;
            let open = OPEN.contains(&row.target.as_str()) || row.server == HttpServer::Disabled;
            assert!(open || answer.successes == 0, "{}: {answer:?}", row.name);
        }
    }
    assert!(tried > 30, "{tried}");
}
