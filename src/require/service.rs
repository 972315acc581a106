//! The service: one decision a call, then one match.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::server::NamedService;
use tower_service::Service;

use super::decide::{judge, present};
use super::exempt::Exempted;
use super::future::{Later, ResponseFuture};
use super::layer::Settings;
use crate::keyring::Keyring;
use crate::reject::Rejection;
use crate::verify::{AnyKind, AnyVerifier, Call, Identity, Pending, Verdict, Verify};

/// Calls `S` for requests that carry an accepted token, and refuses the others. Made by
/// [`RequireTokenLayer`](super::RequireTokenLayer).
#[derive(Debug)]
pub struct RequireToken<S, V = Keyring> {
    inner: S,
    /// One pointer, since servers clone their service for each request.
    settings: Arc<Settings<V>>,
}

impl<S, V> RequireToken<S, V> {
    pub(super) fn new(inner: S, settings: Settings<V>) -> Self {
        Self { inner, settings: Arc::new(settings) }
    }
}

impl<S: Clone, V> Clone for RequireToken<S, V> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), settings: Arc::clone(&self.settings) }
    }
}

impl<S: NamedService, V> NamedService for RequireToken<S, V> {
    const NAME: &'static str = S::NAME;
}

impl<S, Q, B> Service<Request<Q>> for RequireToken<S, Keyring>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        match self.settings.decide_by(&self.settings.verifier, &mut request) {
            Ok(()) => ResponseFuture::inner(self.inner.call(request)),
            Err(rejection) => ResponseFuture::refused(Ok(self.settings.refuse(rejection, &request))),
        }
    }
}

impl<S, Q, B> Service<Request<Q>> for RequireToken<S, AnyVerifier>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    Q: Send + 'static,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let decided = match &self.settings.verifier.0 {
            AnyKind::PassThrough => Ok(()),
            AnyKind::Keyring(keyring) => self.settings.decide_by(keyring, &mut request),
            AnyKind::Nobody => self.settings.exempts(&mut request).ok_or(Rejection::Unavailable),
            AnyKind::Other(verifier) => match self.settings.ask(verifier.as_ref(), &mut request) {
                Asked::Decided(decided) => decided,
                Asked::Later(pending) => return ResponseFuture::later(self.later(pending, request)),
            },
        };
        match decided {
            Ok(()) => ResponseFuture::inner(self.inner.call(request)),
            Err(rejection) => ResponseFuture::refused(Ok(self.settings.refuse(rejection, &request))),
        }
    }
}

impl<S> RequireToken<S, AnyVerifier> {
    /// Waits for the verifier, and then calls the service that was ready.
    fn later<Q, B>(&mut self, pending: Pending, mut request: Request<Q>) -> Later<Result<Response<B>, S::Error>>
    where
        S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        Q: Send + 'static,
        B: Default,
    {
        let another = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, another);
        let settings = Arc::clone(&self.settings);
        Box::pin(async move {
            match pending.await {
                Ok(identity) => {
                    settings.introduce(identity, &mut request);
                    ready.call(request).await
                }
                Err(rejection) => Ok(settings.refuse(rejection, &request)),
            }
        })
    }
}

/// What a verifier of unknown kind said.
enum Asked {
    Decided(Result<(), Rejection>),
    Later(Pending),
}

impl<V> Settings<V> {
    /// The shared secret's decision. The exemptions are looked at only for requests it refuses.
    #[inline]
    fn decide_by<Q>(&self, keyring: &Keyring, request: &mut Request<Q>) -> Result<(), Rejection> {
        match judge(keyring, request.headers_mut(), self.strict) {
            Ok(identity) => {
                self.introduce(identity, request);
                Ok(())
            }
            Err(rejection) => self.exempts(request).ok_or(rejection),
        }
    }

    /// The decision of somebody who may have to ask a backend, and is not bothered with exempt paths.
    fn ask<Q>(&self, verifier: &dyn Verify, request: &mut Request<Q>) -> Asked {
        if self.exempts(request).is_some() {
            return Asked::Decided(Ok(()));
        }
        let path = request.uri().clone();
        let verdict = match present(request.headers_mut(), self.strict) {
            Ok(credential) => verifier.verify(Call::new(credential, path.path())),
            Err(rejection) => Verdict::Now(Err(rejection)),
        };
        match verdict {
            Verdict::Now(decided) => Asked::Decided(decided.map(|identity| self.introduce(identity, request))),
            Verdict::Later(pending) => Asked::Later(pending),
        }
    }

    /// Some if the request's path is exempt; the request is then marked as let in without a token.
    fn exempts<Q>(&self, request: &mut Request<Q>) -> Option<()> {
        self.exempt.contains(request.uri().path()).then(|| {
            request.extensions_mut().insert(Exempted);
        })
    }

    #[inline]
    fn introduce<Q>(&self, identity: Identity, request: &mut Request<Q>) {
        if self.identity {
            request.extensions_mut().insert(identity);
        }
    }

    #[cold]
    fn refuse<Q, B: Default>(&self, rejection: Rejection, request: &Request<Q>) -> Response<B> {
        self.refusals.record(rejection, Some(request.uri().path()), request.extensions());
        rejection.into_grpc_response()
    }
}
