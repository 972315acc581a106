//! What the layers cost per call, by the clock: attach and accept around a service that does nothing.
//!
//! `cargo bench --bench overhead`. Compare the rows of one run with each other; times of different runs, or machines, say
//! little.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use ray_auth::token::TokenSet;
use ray_auth::verify::AnyVerifier;
use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer, Token};
use tower::{Layer, Service};

/// Answers at once, so that what is measured is what stands around it.
#[derive(Clone)]
struct NoOp;

impl Service<Request<()>> for NoOp {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        ready(Ok(Response::new(())))
    }
}

/// What a gRPC client sends, with the credential if there is one.
fn request(credential: Option<&HeaderValue>) -> Request<()> {
    let mut request = Request::post("/ray.rpc.NodeInfoGcsService/CheckAlive")
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .body(())
        .expect("the request is valid");
    if let Some(credential) = credential {
        request.headers_mut().insert(AUTHORIZATION, credential.clone());
    }
    request
}

fn bearer(token: &Token) -> HeaderValue {
    format!("Bearer {}", token.expose_secret()).parse().expect("a token is a valid header value")
}

fn measure<S: Service<Request<()>>>(
    criterion: &mut Criterion,
    name: &str,
    mut service: S,
    credential: Option<&HeaderValue>,
) {
    criterion.bench_function(name, |bencher| {
        bencher.iter_batched(
            || request(credential),
            |request| drop(black_box(service.call(request))),
            BatchSize::SmallInput,
        );
    });
}

/// A keyring of `count` tokens, of which the last is returned: every one is compared in any case.
fn keyring(count: usize) -> (Keyring, Token) {
    let last = Token::generate();
    let mut tokens = TokenSet::new(if count == 1 { last.clone() } else { Token::generate() });
    for position in 2..=count {
        let token = if position == count { last.clone() } else { Token::generate() };
        tokens = tokens.add_accepted(token).expect("a set holds eight");
    }
    (Keyring::with_tokens(tokens), last)
}

fn attach(criterion: &mut Criterion) {
    let (keyring, token) = keyring(1);
    measure(criterion, "no-op", NoOp, None);
    measure(criterion, "attach", AddTokenLayer::new(keyring.clone()).layer(NoOp), None);
    measure(criterion, "attach/callers value kept", AddTokenLayer::new(keyring).layer(NoOp), Some(&bearer(&token)));
}

fn accept(criterion: &mut Criterion) {
    for count in [1, 3, 8] {
        let (keyring, token) = keyring(count);
        let service = RequireTokenLayer::new(keyring).layer(NoOp);
        measure(criterion, &format!("accept/{count} tokens"), service, Some(&bearer(&token)));
    }
    let (keyring, token) = keyring(1);
    let erased = RequireTokenLayer::new(AnyVerifier::from(keyring.clone())).layer(NoOp);
    measure(criterion, "accept/any verifier", erased, Some(&bearer(&token)));
    let identity = RequireTokenLayer::new(keyring).with_identity().layer(NoOp);
    measure(criterion, "accept/with identity", identity, Some(&bearer(&token)));
}

fn refuse(criterion: &mut Criterion) {
    let (keyring, _) = keyring(1);
    let service = RequireTokenLayer::new(keyring).layer(NoOp);
    measure(criterion, "refuse/missing", service.clone(), None);
    measure(criterion, "refuse/wrong token", service, Some(&bearer(&Token::generate())));
}

criterion_group!(benches, attach, accept, refuse);
criterion_main!(benches);
