//! The service: attaches, keeps what can be sent once more, and passes on.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tower_service::Service;

use super::deadline::Deadline;
use super::future::ResponseFuture;
use super::kept::Kept;
use super::layer::Settings;
use super::message::{Looked, look};
use crate::attach::origin::may_go_to;
use crate::attach::service::insert;

/// Attaches the token, calls `S`, and calls it once more if the token was refused and there is another. Made by
/// [`RetryTokenLayer`](super::RetryTokenLayer).
///
/// It takes tonic's [`Body`], as channels do: the body of the second request has to be made here.
#[derive(Clone, Debug)]
pub struct RetryToken<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> RetryToken<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }

    /// Attaches the token if it may go there, and says which generation of the keyring it is from.
    fn attach(&self, parts: &mut Parts) -> Option<u64> {
        let keyring = self.settings.keyring.as_ref()?;
        if !may_go_to(self.settings.origin.as_ref(), &parts.uri) {
            return None;
        }
        let snapshot = keyring.snapshot();
        insert(&mut parts.headers, snapshot.header_value(self.settings.indexing)).then(|| snapshot.generation())
    }
}

impl<S, B> Service<Request<Body>> for RetryToken<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let Some(generation) = self.attach(&mut parts) else {
            return ResponseFuture::once(self.inner.call(Request::from_parts(parts, body)));
        };
        match look(body, self.settings.body_limit) {
            Looked::Other(body) => ResponseFuture::once(self.inner.call(Request::from_parts(parts, body))),
            Looked::Whole(message) => {
                let request = Request::from_parts(parts.clone(), message.to_body());
                let deadline = Deadline::of(&parts.headers);
                // The clone is for later; the one that said it is ready is the one to call.
                let service = self.inner.clone();
                let settings = Arc::clone(&self.settings);
                let kept = Kept { service, parts, message, generation, deadline, settings };
                ResponseFuture::twice(self.inner.call(request), kept)
            }
        }
    }
}

impl<S: NamedService> NamedService for RetryToken<S> {
    const NAME: &'static str = S::NAME;
}
