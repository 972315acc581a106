//! The layers of other crates that a user could pick for the same work, set up as their documents say. None of them can
//! change its token while it runs; those of tonic and tonic-middleware are given the comparison of `subtle`, since a
//! server that compares with `==` is not an alternative. (tower-http's does, and is shown for what that is worth.)

use http::HeaderValue;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tonic::service::interceptor::InterceptorLayer;
use tonic::{Request, Status};
use tonic_middleware::{RequestInterceptor, RequestInterceptorLayer};
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::auth::AddAuthorizationLayer;
use tower_http::set_header::SetRequestHeaderLayer;
use tower_http::validate_request::ValidateRequestHeaderLayer;

use super::case::{Call, Case, to};
use super::no_op::NoOp;
use super::request::{Sent, USUAL, bearer, token};

/// Ray's text.
const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    let right = Sent::WithToken(USUAL);
    let wrong = Sent::WithWrongToken;
    vec![
        Case::peer("attach/tonic interceptor, parsed per call", Sent::ByClient, |_| {
            let text = format!("Bearer {}", token(USUAL).expose_secret());
            to(InterceptorLayer::new(move |mut request: Request<()>| {
                let value: MetadataValue<_> = text.parse().expect("a token is valid metadata");
                request.metadata_mut().insert("authorization", value);
                Ok(request)
            })
            .layer(NoOp))
        }),
        Case::peer("attach/tonic interceptor, cloned", Sent::ByClient, |_| {
            let value: MetadataValue<_> =
                format!("Bearer {}", token(USUAL).expose_secret()).parse().expect("a token is valid metadata");
            to(InterceptorLayer::new(move |mut request: Request<()>| {
                request.metadata_mut().insert("authorization", value.clone());
                Ok(request)
            })
            .layer(NoOp))
        }),
        Case::peer("attach/tower-http AddAuthorization", Sent::ByClient, |_| {
            to(AddAuthorizationLayer::bearer(token(USUAL).expose_secret()).as_sensitive(true).layer(NoOp))
        }),
        Case::peer("attach/tower-http SetRequestHeader, if not present", Sent::ByClient, |_| {
            to(SetRequestHeaderLayer::if_not_present(AUTHORIZATION, bearer(&token(USUAL))).layer(NoOp))
        }),
        Case::peer("accept/tonic interceptor, subtle", right, tonic_interceptor),
        Case::peer("accept/tonic-middleware, subtle", right, tonic_middleware),
        Case::peer("accept/tower-http bearer, ==", right, tower_http),
        Case::peer("identity/a value inserted by hand", right, |_| {
            to(MapRequestLayer::new(|mut request: http::Request<Body>| {
                request.extensions_mut().insert([1_u64; 4]);
                request
            })
            .layer(NoOp))
        }),
        Case::peer("refuse/tonic interceptor, subtle", wrong, tonic_interceptor),
        Case::peer("refuse/tonic-middleware, subtle", wrong, tonic_middleware),
        Case::peer("refuse/tower-http bearer, ==", wrong, tower_http),
    ]
}

fn tonic_interceptor(_: &Case) -> Call {
    let expected = bearer(&token(USUAL));
    to(InterceptorLayer::new(move |request: Request<()>| {
        let presented = request.metadata().get("authorization");
        judge(&expected, presented.map(AsRef::as_ref)).map(|()| request)
    })
    .layer(NoOp))
}

fn tonic_middleware(_: &Case) -> Call {
    to(RequestInterceptorLayer::new(Expected(bearer(&token(USUAL)))).layer(NoOp))
}

#[expect(deprecated, reason = "it is what people find when they look for this, deprecated as it is")]
fn tower_http(_: &Case) -> Call {
    to(ValidateRequestHeaderLayer::bearer(token(USUAL).expose_secret()).layer(NoOp))
}

/// What tonic-middleware asks to judge.
#[derive(Clone)]
struct Expected(HeaderValue);

#[tonic::async_trait]
impl RequestInterceptor for Expected {
    async fn intercept(&self, request: http::Request<Body>) -> Result<http::Request<Body>, Status> {
        judge(&self.0, request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes)).map(|()| request)
    }
}

fn judge(expected: &HeaderValue, presented: Option<&[u8]>) -> Result<(), Status> {
    let right = presented.is_some_and(|presented| bool::from(expected.as_bytes().ct_eq(presented)));
    if right { Ok(()) } else { Err(Status::unauthenticated(MESSAGE)) }
}
