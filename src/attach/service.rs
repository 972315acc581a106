//! The service: attaches and passes on.

use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request};
use tonic::server::NamedService;
use tower_service::Service;

use super::origin::{Origin, may_go_to};
use crate::keyring::Keyring;
use crate::token::Indexing;

/// Attaches the token and calls `S`. Made by [`AddTokenLayer`](super::AddTokenLayer).
#[derive(Clone, Debug)]
pub struct AddToken<S> {
    inner: S,
    keyring: Option<Keyring>,
    origin: Option<Origin>,
    indexing: Indexing,
}

impl<S> AddToken<S> {
    pub(super) fn new(inner: S, keyring: Option<Keyring>, origin: Option<Origin>, indexing: Indexing) -> Self {
        Self { inner, keyring, origin, indexing }
    }
}

impl<S, Q> Service<Request<Q>> for AddToken<S>
where
    S: Service<Request<Q>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        if let Some(keyring) = &self.keyring
            && may_go_to(self.origin.as_ref(), request.uri())
        {
            attach(keyring, self.indexing, request.headers_mut());
        }
        self.inner.call(request)
    }
}

impl<S: NamedService> NamedService for AddToken<S> {
    const NAME: &'static str = S::NAME;
}

/// Adds the primary token to `headers`, unless they have an `authorization` value already: of several, the first stays.
#[inline]
pub(crate) fn attach(keyring: &Keyring, indexing: Indexing, headers: &mut HeaderMap) {
    insert(headers, keyring.snapshot().header_value(indexing));
}

/// Adds `value` as `authorization`, unless there is one already, and says whether it did.
///
/// Inserting first and putting the caller's value back costs less in the usual case, in which there is none, than asking
/// first.
#[inline]
pub(super) fn insert(headers: &mut HeaderMap, value: HeaderValue) -> bool {
    match headers.try_insert(AUTHORIZATION, value) {
        Ok(None) => true,
        Ok(Some(callers)) => {
            put_back(headers, callers);
            false
        }
        // The map is full, which no request on the wire can be; the call then goes out without a token and the server
        // refuses it.
        Err(_) => false,
    }
}

#[cold]
#[inline(never)]
fn put_back(headers: &mut HeaderMap, mut callers: HeaderValue) {
    callers.set_sensitive(true);
    headers.insert(AUTHORIZATION, callers);
}
