//! The service: the decision of the plain layer, and terms for each call that it lets in.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tonic::server::NamedService;
use tower_service::Service;

use super::age::MaxAge;
use super::body::CallBody;
use super::ending::Terms;
use super::future::{Judging, ResponseFuture};
use crate::keyring::{Keyring, Revocation};
use crate::reject::Rejection;
use crate::require::settings::{Asked, Settings};
use crate::require::spelling::{Answer, Content, Grpc, Spelling};
use crate::verify::{AnyKind, AnyVerifier, Identity, Pending};

/// Calls `S` for requests that carry an accepted token, refuses the others, and ends calls whose token is retired. Made by
/// [`CloseOnRevokeLayer`](super::CloseOnRevokeLayer).
#[derive(Debug)]
pub struct CloseOnRevoke<S, V = Keyring, P = Grpc> {
    inner: S,
    /// One pointer, since servers clone their service for each request.
    shared: Arc<Shared<V, P>>,
}

#[derive(Debug)]
struct Shared<V, P> {
    settings: Settings<V, P>,
    max_age: Option<Arc<MaxAge>>,
}

impl<S, V, P> CloseOnRevoke<S, V, P> {
    pub(super) fn new(inner: S, settings: Settings<V, P>, max_age: Option<Arc<MaxAge>>) -> Self {
        Self { inner, shared: Arc::new(Shared { settings, max_age }) }
    }
}

impl<S: Clone, V, P> Clone for CloseOnRevoke<S, V, P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<S: NamedService, V, P> NamedService for CloseOnRevoke<S, V, P> {
    const NAME: &'static str = S::NAME;
}

impl<S, Q, B, P> Service<Request<Q>> for CloseOnRevoke<S, Keyring, P>
where
    S: Service<Request<CallBody<Q>>, Response = Response<B>>,
    Q: Body,
    B: Body,
    P: Answer<B>,
{
    type Response = Response<CallBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let settings = &self.shared.settings;
        let decided = settings.decide_held_by(&settings.verifier, &mut request).map(Admitted::until);
        self.shared.open(&mut self.inner, decided, request)
    }
}

impl<S, Q, B, P> Service<Request<Q>> for CloseOnRevoke<S, AnyVerifier, P>
where
    S: Service<Request<CallBody<Q>>, Response = Response<B>> + Clone + Send + 'static,
    Q: Body + Send + 'static,
    B: Body,
    P: Answer<B>,
{
    type Response = Response<CallBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let settings = &self.shared.settings;
        let decided = match &settings.verifier.0 {
            AnyKind::PassThrough => Ok(Admitted::Unasked),
            AnyKind::Keyring(keyring) => settings.decide_held_by(keyring, &mut request).map(Admitted::until),
            AnyKind::Nobody => Err(Rejection::Unavailable),
            AnyKind::Other(_) if settings.exempts(&mut request) => Ok(Admitted::Unasked),
            AnyKind::Other(verifier) => match settings.ask(verifier.as_ref(), &mut request) {
                Asked::Decided(decided) => decided.map(|identity| self.shared.admit(identity, &mut request)),
                Asked::Later(pending) => return ResponseFuture::judging(self.later(pending, request)),
            },
        };
        self.shared.open(&mut self.inner, decided, request)
    }
}

impl<S, P> CloseOnRevoke<S, AnyVerifier, P> {
    /// Waits for the verifier, and then calls the service that was ready.
    #[allow(clippy::async_yields_async, reason = "the call is polled in place, with what may end it")]
    fn later<Q, B>(&mut self, pending: Pending, mut request: Request<Q>) -> Judging<S::Future>
    where
        S: Service<Request<CallBody<Q>>, Response = Response<B>> + Clone + Send + 'static,
        Q: Body + Send + 'static,
        B: Body,
        P: Answer<B>,
    {
        let another = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, another);
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let decided = pending.await.map(|identity| shared.admit(identity, &mut request));
            shared.open(&mut ready, decided, request)
        })
    }
}

/// By what a call was let in.
enum Admitted {
    /// By its credential, and until this is revoked, if anything can be.
    Known(Option<Revocation>),
    /// Nobody was asked who calls.
    Unasked,
}

impl Admitted {
    fn until(revocation: Revocation) -> Self {
        Self::Known(Some(revocation))
    }
}

impl<V, P: Spelling> Shared<V, P> {
    /// Lets in a caller that a verifier knows.
    fn admit<Q>(&self, mut identity: Identity, request: &mut Request<Q>) -> Admitted {
        let revocation = identity.take_revocation();
        self.settings.introduce(identity, request);
        Admitted::Known(revocation)
    }

    /// Carries out a decision.
    fn open<S, Q, B>(
        &self,
        inner: &mut S,
        decided: Result<Admitted, Rejection>,
        mut request: Request<Q>,
    ) -> ResponseFuture<S::Future>
    where
        S: Service<Request<CallBody<Q>>, Response = Response<B>>,
        Q: Body,
        B: Body,
        P: Answer<B>,
    {
        let decided = decided.and_then(|admitted| self.terms(admitted));
        match self.settings.enforce(decided, &mut request, None) {
            Ok(terms) => {
                let grpc = Content::of(request.headers()) == Content::Grpc;
                let request = request.map(|body| CallBody::request(body, terms.clone()));
                ResponseFuture::open(inner.call(request), terms, grpc)
            }
            Err(rejection) => {
                let answer = self.settings.refuse(rejection, request);
                ResponseFuture::refused(Ok(answer))
            }
        }
    }

    /// How long a call may last; refused if that is over, because its token was retired while it was judged.
    fn terms(&self, admitted: Admitted) -> Result<Option<Terms>, Rejection> {
        let Admitted::Known(revocation) = admitted else { return Ok(None) };
        if self.settings.reports_only() {
            return Ok(None);
        }
        if revocation.as_ref().is_some_and(Revocation::is_revoked) {
            return Err(Rejection::WrongToken);
        }
        let deadline = self.max_age.as_ref().and_then(|age| age.deadline());
        Ok((revocation.is_some() || deadline.is_some()).then_some(Terms { revocation, deadline }))
    }
}
