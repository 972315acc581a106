//! Whether a browser sent a request because somebody else made it.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::header::{HOST, HeaderName, ORIGIN, UPGRADE};
use http::{Method, Request, Response};
use tower_http::csrf::{Csrf, CsrfLayer, ProtectionError};
use tower_layer::Layer;
use tower_service::Service;

use super::hosts::Hosts;
use crate::reject::Rejection;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request whose credential is the cookie must pass.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) hosts: Hosts,
    origins: CsrfLayer,
}

impl Default for Guard {
    fn default() -> Self {
        Self { hosts: Hosts::default(), origins: CsrfLayer::new() }
    }
}

impl Guard {
    pub(super) fn trust(&mut self, origin: &str) -> Result<(), TrustedOriginError> {
        // What browsers never write would never be met.
        let default = origin.strip_prefix("https://").is_some_and(|rest| rest.ends_with(":443"))
            || origin.strip_prefix("http://").is_some_and(|rest| rest.ends_with(":80"));
        if default || origin.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(TrustedOriginError(format!(
                "{origin:?} has upper case, or the port that its scheme has anyway"
            )));
        }
        match self.origins.clone().add_trusted_origin(origin) {
            Ok(origins) => {
                self.origins = origins;
                Ok(())
            }
            Err(error) => Err(TrustedOriginError(error.to_string())),
        }
    }

    pub(super) fn check<Q>(&self, request: &Request<Q>) -> Result<(), Rejection> {
        if !self.hosts.allows(request) {
            return Err(Rejection::UntrustedHost);
        }
        let reads = matches!(*request.method(), Method::GET | Method::HEAD) && !request.headers().contains_key(UPGRADE);
        if reads || self.is_same_origin(request) { Ok(()) } else { Err(Rejection::CrossOrigin) }
    }

    /// tower-http's rules, asked about a request that changes something: it has no other way to be asked, and lets GET pass,
    /// which opens WebSockets.
    fn is_same_origin<Q>(&self, request: &Request<Q>) -> bool {
        let mut asked = Request::new(());
        *asked.method_mut() = Method::POST;
        *asked.uri_mut() = request.uri().clone();
        for name in [HOST, ORIGIN, SEC_FETCH_SITE] {
            let mut values = request.headers().get_all(&name).into_iter();
            if let Some(value) = values.next() {
                asked.headers_mut().insert(name, value.clone());
            }
            // No browser sends it twice, and who does would be judged by the better one.
            if values.next().is_some() {
                return false;
            }
        }
        let mut csrf: Csrf<Passed> = self.origins.layer(Passed);
        let answer = pin!(csrf.call(asked)).poll(&mut Context::from_waker(Waker::noop()));
        matches!(answer, Poll::Ready(Ok(answer)) if answer.extensions().get::<ProtectionError>().is_none())
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// The service behind tower-http's layer: whoever reaches it passed.
#[derive(Clone)]
struct Passed;

impl Service<Request<()>> for Passed {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

/// Text that is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write it as browsers do, like https://dashboard.example")]
pub struct TrustedOriginError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_changes_something_must_come_from_here() {
        let mut guard = Guard::default();
        guard.trust("https://proxy.example").unwrap();
        let here = ("host", "localhost:8265");
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let table: &[(&str, Method, Headers<'_>, Result<(), Rejection>)] = &[
            ("reads", Method::GET, &[here, ("sec-fetch-site", "cross-site")], Ok(())),
            ("reads a head", Method::HEAD, &[here, ("origin", "http://evil.test")], Ok(())),
            ("no browser", Method::POST, &[here], Ok(())),
            ("this origin", Method::POST, &[here, ("sec-fetch-site", "same-origin")], Ok(())),
            ("the user's own doing", Method::POST, &[here, ("sec-fetch-site", "none")], Ok(())),
            ("this origin, by an old browser", Method::DELETE, &[here, ("origin", "http://localhost:8265")], Ok(())),
            (
                "trusted",
                Method::POST,
                &[here, ("origin", "https://proxy.example"), ("sec-fetch-site", "cross-site")],
                Ok(()),
            ),
            ("another site", Method::POST, &[here, ("sec-fetch-site", "cross-site")], Err(Rejection::CrossOrigin)),
            ("another port", Method::POST, &[here, ("sec-fetch-site", "same-site")], Err(Rejection::CrossOrigin)),
            ("another port, old", Method::PUT, &[here, ("origin", "http://localhost:1")], Err(Rejection::CrossOrigin)),
            ("no origin to tell", Method::POST, &[here, ("origin", "null")], Err(Rejection::CrossOrigin)),
            ("a word unknown", Method::POST, &[here, ("sec-fetch-site", "Same-Origin")], Err(Rejection::CrossOrigin)),
            (
                "said twice",
                Method::POST,
                &[here, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
                Err(Rejection::CrossOrigin),
            ),
            ("preflight", Method::OPTIONS, &[here, ("origin", "http://evil.test")], Err(Rejection::CrossOrigin)),
            (
                "a WebSocket from elsewhere",
                Method::GET,
                &[here, ("upgrade", "websocket"), ("origin", "http://evil.test")],
                Err(Rejection::CrossOrigin),
            ),
            (
                "a WebSocket from here",
                Method::GET,
                &[here, ("upgrade", "websocket"), ("origin", "http://localhost:8265")],
                Ok(()),
            ),
            ("a WebSocket of no browser", Method::GET, &[here, ("upgrade", "websocket")], Ok(())),
            (
                "a WebSocket over HTTP/2",
                Method::CONNECT,
                &[here, ("origin", "http://evil.test")],
                Err(Rejection::CrossOrigin),
            ),
            ("another name", Method::GET, &[("host", "rebind.test")], Err(Rejection::UntrustedHost)),
            (
                "another name, same origin",
                Method::POST,
                &[("host", "rebind.test"), ("origin", "http://rebind.test")],
                Err(Rejection::UntrustedHost),
            ),
        ];
        for (name, method, headers, expected) in table {
            let request = Request::builder().method(method).uri("/");
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            assert_eq!(guard.check(&request.body(()).unwrap()), *expected, "{name}");
        }
    }

    #[test]
    fn only_an_origin_can_be_trusted() {
        for origin in [
            "",
            "https://Dashboard.example",
            "https://a:443",
            "http://a:80",
            "dashboard.example",
            "https://dashboard.example/",
            "ftp://a",
            "null",
            "*",
        ] {
            let error = Guard::default().trust(origin).unwrap_err();
            assert!(error.to_string().contains("https://dashboard.example"), "{error}");
        }
    }
}
