//! What is kept of a call, so that it can be sent once more.

use std::sync::Arc;
use std::time::Instant;

use http::Request;
use http::header::AUTHORIZATION;
use http::request::Parts;
use tonic::body::Body;

use super::choice::{Sent, another};
use super::deadline::Deadline;
use super::layer::Settings;
use super::message::Message;
use super::outcome::Replayed;

/// A call that was sent and can be sent once more.
pub(super) struct Kept<S> {
    /// Where to; not asked yet whether it is ready.
    pub(super) service: S,
    /// As they were sent, the token included.
    pub(super) parts: Parts,
    pub(super) message: Message,
    /// The keyring's generation when the token was taken.
    pub(super) generation: u64,
    pub(super) deadline: Option<Deadline>,
    pub(super) settings: Arc<Settings>,
}

impl<S> Kept<S> {
    /// The call with another token, if there is one to try.
    pub(super) fn again(mut self) -> Option<Again<S>> {
        let value = self.parts.headers.get(AUTHORIZATION)?;
        let sent = Sent { value, generation: self.generation };
        let (token, role) = another(self.settings.keyring.as_ref()?, self.settings.policy, &sent)?;
        self.parts.headers.insert(AUTHORIZATION, token.header_value(self.settings.indexing));
        let replayed = Replayed::new(self.parts.uri.clone(), role);
        Some(Again { call: self, replayed })
    }
}

/// A call that is to be sent once more when its service is ready.
pub(super) struct Again<S> {
    call: Kept<S>,
    replayed: Replayed,
}

impl<S> Again<S> {
    pub(super) fn service(&mut self) -> &mut S {
        &mut self.call.service
    }

    /// The request, and who sends it.
    pub(super) fn into_parts(self) -> (S, Request<Body>, Replayed) {
        let Kept { service, mut parts, message, deadline, .. } = self.call;
        if let Some(deadline) = deadline {
            deadline.put_rest(&mut parts.headers, Instant::now());
        }
        (service, Request::from_parts(parts, message.to_body()), self.replayed)
    }
}
