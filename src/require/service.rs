//! The service: one decision a call, then one match.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::server::NamedService;
use tower_service::Service;

use super::future::{Later, ResponseFuture};
use super::settings::{Asked, Settings};
use super::spelling::{Answer, Grpc};
use crate::keyring::Keyring;
use crate::reject::Rejection;
use crate::verify::{AnyKind, AnyVerifier, Pending};

/// Calls `S` for requests that carry an accepted token, and refuses the others. Made by
/// [`RequireTokenLayer`](super::RequireTokenLayer).
#[derive(Debug)]
pub struct RequireToken<S, V = Keyring, P = Grpc> {
    inner: S,
    /// One pointer, since servers clone their service for each request.
    settings: Arc<Settings<V, P>>,
}

impl<S, V, P> RequireToken<S, V, P> {
    pub(super) fn new(inner: S, settings: Settings<V, P>) -> Self {
        Self { inner, settings: Arc::new(settings) }
    }
}

impl<S: Clone, V, P> Clone for RequireToken<S, V, P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), settings: Arc::clone(&self.settings) }
    }
}

impl<S: NamedService, V, P> NamedService for RequireToken<S, V, P> {
    const NAME: &'static str = S::NAME;
}

impl<S, Q, B, P> Service<Request<Q>> for RequireToken<S, Keyring, P>
where
    S: Service<Request<Q>, Response = Response<B>>,
    P: Answer<B>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let decided = self.settings.decide_by(&self.settings.verifier, &mut request);
        match self.settings.enforce(decided, &mut request, ()) {
            Ok(()) => ResponseFuture::inner(self.inner.call(request)),
            Err(rejection) => ResponseFuture::refused(Ok(self.settings.refuse(rejection, request))),
        }
    }
}

impl<S, Q, B, P> Service<Request<Q>> for RequireToken<S, AnyVerifier, P>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    Q: Send + 'static,
    P: Answer<B>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let decided = match &self.settings.verifier.0 {
            AnyKind::PassThrough => Ok(()),
            AnyKind::Keyring(keyring) => self.settings.decide_by(keyring, &mut request),
            AnyKind::Nobody => Err(Rejection::Unavailable),
            AnyKind::Other(_) if self.settings.exempts(&mut request) => Ok(()),
            AnyKind::Other(verifier) => match self.settings.ask(verifier.as_ref(), &mut request) {
                Asked::Decided(decided) => decided.map(|identity| self.settings.introduce(identity, &mut request)),
                Asked::Later(pending) => return ResponseFuture::later(self.later(pending, request)),
            },
        };
        match self.settings.enforce(decided, &mut request, ()) {
            Ok(()) => ResponseFuture::inner(self.inner.call(request)),
            Err(rejection) => ResponseFuture::refused(Ok(self.settings.refuse(rejection, request))),
        }
    }
}

impl<S, P> RequireToken<S, AnyVerifier, P> {
    /// Waits for the verifier, and then calls the service that was ready.
    fn later<Q, B>(&mut self, pending: Pending, mut request: Request<Q>) -> Later<Result<Response<B>, S::Error>>
    where
        S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        Q: Send + 'static,
        P: Answer<B>,
    {
        let another = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, another);
        let settings = Arc::clone(&self.settings);
        Box::pin(async move {
            let decided = pending.await.map(|identity| settings.introduce(identity, &mut request));
            match settings.enforce(decided, &mut request, ()) {
                Ok(()) => ready.call(request).await,
                Err(rejection) => Ok(settings.refuse(rejection, request)),
            }
        })
    }
}
