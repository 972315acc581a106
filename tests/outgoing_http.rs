//! Outgoing HTTP over loopback: the token reaches the origin that the layer was built for, and no other, whatever servers
//! redirect to and whichever side of the layer redirects are followed on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use axum::Router;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::get;
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ray_auth::{AddTokenLayer, Keyring, Token};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_http::follow_redirect::FollowRedirectLayer;

type Body = Empty<&'static [u8]>;

/// A server that says what it was sent as `authorization`, or redirects to where it is told.
async fn server() -> Uri {
    let seen = async |headers: HeaderMap| {
        let values = headers.get_all("authorization").into_iter().map(|value| value.to_str().unwrap().to_owned());
        values.collect::<Vec<_>>().join(" and ")
    };
    let go = async |Query(to): Query<Vec<(String, String)>>| Redirect::temporary(&to[0].1);
    let router = Router::new().route("/", get(seen)).route("/go", get(go));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

fn client() -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new()).build(HttpConnector::new())
}

fn layer(token: &str, origin: &Uri) -> AddTokenLayer {
    AddTokenLayer::new(Keyring::new(Token::parse(token).unwrap())).for_origin(origin).unwrap()
}

async fn ask<S, B>(client: S, uri: impl AsRef<str>, own: Option<&str>) -> String
where
    S: Service<Request<Body>, Response = http::Response<B>, Error: std::fmt::Debug>,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let mut request = Request::get(uri.as_ref());
    if let Some(own) = own {
        request = request.header("AUTHORIZATION", own);
    }
    let response = client.oneshot(request.body(Body::new()).unwrap()).await.unwrap();
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn redirects_take_the_token_nowhere() {
    let (ours, other) = (server().await, server().await);
    let above = ServiceBuilder::new().layer(FollowRedirectLayer::new()).layer(layer("secret", &ours)).service(client());
    let below = ServiceBuilder::new().layer(layer("secret", &ours)).layer(FollowRedirectLayer::new()).service(client());
    let there_and_back = format!("{ours}go?to={other}go?to={ours}");
    let table = [
        ("no redirect", format!("{ours}"), "Bearer secret", "Bearer secret"),
        ("within the origin", format!("{ours}go?to=/"), "Bearer secret", "Bearer secret"),
        ("to another port", format!("{ours}go?to={other}"), "", ""),
        ("to another name", format!("{ours}go?to=http://localhost:{}/", other.port().unwrap()), "", ""),
        ("to this port by another name", format!("{ours}go?to=http://localhost:{}/", ours.port().unwrap()), "", ""),
        // Who follows above asks the layer anew; who follows below has dropped the token and does not get it back.
        ("there and back", there_and_back, "Bearer secret", ""),
        ("another origin at once", format!("{other}"), "", ""),
    ];
    for (name, uri, seen_above, seen_below) in table {
        assert_eq!(ask(above.clone(), &uri, None).await, seen_above, "{name}, followed above");
        assert_eq!(ask(below.clone(), &uri, None).await, seen_below, "{name}, followed below");
    }
}

#[tokio::test]
async fn two_clusters_in_one_client_each_get_their_own_token() {
    let (a, b, neither) = (server().await, server().await, server().await);
    let both = ServiceBuilder::new()
        .layer(FollowRedirectLayer::new())
        .layer(layer("token-of-a", &a))
        .layer(layer("token-of-b", &b))
        .service(client());
    let table = [
        ("a", format!("{a}"), "Bearer token-of-a"),
        ("b", format!("{b}"), "Bearer token-of-b"),
        ("neither", format!("{neither}"), ""),
        ("a to b", format!("{a}go?to={b}"), "Bearer token-of-b"),
        ("b to a", format!("{b}go?to={a}"), "Bearer token-of-a"),
        ("a to neither", format!("{a}go?to={neither}"), ""),
    ];
    for (name, uri, seen) in table {
        assert_eq!(ask(both.clone(), &uri, None).await, seen, "{name}");
    }
}

#[tokio::test]
async fn a_header_that_the_caller_set_stays() {
    let ours = server().await;
    let client = ServiceBuilder::new().layer(layer("secret", &ours)).service(client());
    for own in ["Bearer of-the-caller", "Basic Y2FsbGVy", "anything"] {
        assert_eq!(ask(client.clone(), ours.to_string(), Some(own)).await, own);
    }
}
