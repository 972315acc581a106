use std::convert::Infallible;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Uri};
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::{Keyring, Token};

async fn sent(layer: &AddTokenLayer, request: Request<()>) -> HeaderMap {
    let echo = service_fn(async |request: Request<()>| Ok::<_, Infallible>(request.into_parts().0.headers));
    layer.layer(echo).oneshot(request).await.unwrap()
}

fn layer() -> AddTokenLayer {
    AddTokenLayer::new(Keyring::new(Token::parse("secret").unwrap()))
}

#[tokio::test]
async fn the_token_goes_where_the_layer_was_built_for_and_nowhere_else() {
    let uri = |text: &str| text.parse::<Uri>().unwrap();
    let plain = layer();
    let http = layer().for_origin(&uri("http://Head.example:6379")).unwrap();
    let default_port = layer().for_origin(&uri("https://head.example")).unwrap();
    let table = [
        ("a path", &plain, "/a.B/C", true),
        ("the root path", &plain, "/", true),
        ("an absolute URI", &plain, "http://head.example:6379/a.B/C", false),
        ("an authority alone", &plain, "head.example:6379", false),
        ("a path, built for an origin", &http, "/a.B/C", true),
        ("the origin", &http, "http://head.example:6379/a.B/C", true),
        ("the origin in another case", &http, "HTTP://HEAD.example:6379/a.B/C", true),
        ("another port", &http, "http://head.example:6380/", false),
        ("no port", &http, "http://head.example/", false),
        ("another scheme", &http, "https://head.example:6379/", false),
        ("another host", &http, "http://head.example.evil:6379/", false),
        ("a host that ends like it", &http, "http://evilhead.example:6379/", false),
        ("a user in front of it", &http, "http://user@head.example:6379/", false),
        ("the origin as user of another host", &http, "http://head.example:6379@evil.example/", false),
        ("the default port left out", &default_port, "https://head.example/", true),
        ("the default port written out", &default_port, "https://head.example:443/", true),
        ("the other default port", &default_port, "https://head.example:80/", false),
    ];
    for (name, layer, target, attached) in table {
        let headers = sent(layer, Request::get(target).body(()).unwrap()).await;
        assert_eq!(headers.get(AUTHORIZATION).is_some_and(|value| value == "Bearer secret"), attached, "{name}");
        assert_eq!(headers.len(), usize::from(attached), "{name}");
    }
}

#[tokio::test]
async fn a_value_the_caller_set_stays() {
    for values in [&["Bearer mine"][..], &["Bearer mine", "Bearer other"], &[""]] {
        let mut request = Request::get("/a.B/C").header("te", "trailers");
        for value in values {
            request = request.header(AUTHORIZATION, *value);
        }
        let headers = sent(&layer(), request.body(()).unwrap()).await;
        assert_eq!(headers.get(AUTHORIZATION).unwrap(), values[0]);
        assert_eq!(headers.get_all(AUTHORIZATION).iter().count(), 1, "the first of several stays");
        assert!(headers[AUTHORIZATION].is_sensitive());
        assert_eq!(headers["te"], "trailers");
    }
}

#[tokio::test]
async fn the_next_call_carries_the_new_primary() {
    let keyring = Keyring::new(Token::parse("old").unwrap());
    let layer = AddTokenLayer::new(keyring.clone());
    let expected = ["Bearer old", "Bearer old", "Bearer new", "Bearer new"];
    let steps: [fn(&Keyring); 4] = [
        |_| (),
        |keyring| assert!(keyring.stage(Token::parse("new").unwrap()).is_ok()),
        |keyring| assert!(keyring.promote().is_ok()),
        |keyring| assert!(keyring.retire().is_ok()),
    ];
    for (step, expected) in steps.into_iter().zip(expected) {
        step(&keyring);
        let headers = sent(&layer, Request::get("/a.B/C").body(()).unwrap()).await;
        assert_eq!(headers[AUTHORIZATION], expected);
        assert!(headers[AUTHORIZATION].is_sensitive());
    }
}

#[tokio::test]
async fn a_disabled_layer_attaches_nothing() {
    assert!(sent(&AddTokenLayer::disabled(), Request::get("/a.B/C").body(()).unwrap()).await.is_empty());
}

#[test]
fn an_origin_needs_a_scheme_and_a_host() {
    for text in ["/path", "head.example:6379", "*"] {
        assert!(layer().for_origin(&text.parse().unwrap()).is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_token_is_indexed_only_if_somebody_asks_and_it_is_long_enough() {
    let strong = Token::parse([b'a'; Token::STRONG_LEN]).unwrap();
    let weak = Token::parse([b'b'; Token::STRONG_LEN - 1]).unwrap();
    let call = || Request::get("/a.B/C").body(()).unwrap();

    let keyring = Keyring::new(strong);
    let plain = AddTokenLayer::new(keyring.clone());
    let indexed = plain.clone().dangerous_indexed().unwrap();
    assert!(sent(&plain, call()).await[AUTHORIZATION].is_sensitive());
    assert!(!sent(&indexed, call()).await[AUTHORIZATION].is_sensitive());

    keyring.stage(weak.clone()).unwrap();
    keyring.promote().unwrap();
    assert!(sent(&indexed, call()).await[AUTHORIZATION].is_sensitive(), "a weak token that comes later is not indexed");

    let refused = AddTokenLayer::new(Keyring::new(weak)).dangerous_indexed().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the token has fewer than 32 characters, and compressed headers could give a short one away; use a longer one, for \
         example the output of `ray-auth get-auth-token --generate`, or do not let it be indexed"
    );
    assert!(AddTokenLayer::disabled().dangerous_indexed().is_ok(), "there is nothing to index");
}
