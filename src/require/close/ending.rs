//! What ends a call before its time, for each of its parts: the waiting handler, the request, the response.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::closed::Closed;
use crate::keyring::{Revocation, Revoked};

/// How long a call may last.
#[derive(Clone)]
pub(super) struct Terms {
    /// Until its token is retired.
    pub(super) revocation: Option<Revocation>,
    /// Until then.
    pub(super) deadline: Option<Instant>,
}

pin_project! {
    /// Watches over the terms for one part of a call, in the poll of that part: its task is the one that is woken.
    pub(super) struct Ending {
        #[pin]
        revoked: Option<Revoked>,
        deadline: Option<Instant>,
        // Made by the first poll, since only then is there surely a runtime. In a box, since few layers set an age.
        expired: Option<Pin<Box<Sleep>>>,
    }
}

impl Ending {
    pub(super) fn new(terms: Terms) -> Self {
        Self { revoked: terms.revocation.map(Revocation::revoked), deadline: terms.deadline, expired: None }
    }

    /// The terms, for another part of the same call.
    pub(super) fn terms(&self) -> Terms {
        let revocation = self.revoked.as_ref().map(|revoked| revoked.revocation().clone());
        Terms { revocation, deadline: self.deadline }
    }

    /// Whether the call is over. Asked before anything is taken from the part itself, which may always have more to give.
    #[inline]
    pub(super) fn poll_over(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Closed> {
        if self.revoked.as_ref().is_some_and(|revoked| revoked.revocation().is_revoked()) {
            return Poll::Ready(Closed::Revoked);
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let expired = self.project().expired.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        expired.as_mut().poll(context).map(|()| Closed::MaxAge)
    }

    /// Has the task woken when the call is over. Asked after [`Ending::poll_over`], when the part itself is waiting: a part
    /// that never waits takes none of the locks that this takes once.
    pub(super) fn poll_wait(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Closed> {
        match self.project().revoked.as_pin_mut() {
            Some(revoked) => revoked.poll(context).map(|()| Closed::Revoked),
            None => Poll::Pending,
        }
    }
}
