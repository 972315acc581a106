//! How open calls learn that the token which let them in is no longer accepted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use self::signal::{AtomicBool, Cancelled, Ordering, Signal};

/// A token's time in a keyring: handed to the calls it lets in, revoked when the token leaves. A token that comes back
/// has another.
#[derive(Clone, Default)]
pub(crate) struct Revocation(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Set before the signal is given. Looked at whenever an open call moves, where the signal would take locks.
    revoked: AtomicBool,
    signal: Signal,
}

impl Revocation {
    pub(super) fn revoke(&self) {
        self.0.revoked.store(true, Ordering::Release);
        self.0.signal.cancel();
    }

    #[inline]
    pub(crate) fn is_revoked(&self) -> bool {
        self.0.revoked.load(Ordering::Acquire)
    }

    /// Whether both are the same token's same time.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Waits for the revocation. Nothing is registered before the first poll.
    pub(crate) fn revoked(self) -> Revoked {
        Revoked { revocation: self, registered: None, cancelled: None }
    }
}

pin_project! {
    /// Done when the token has left the keyring, and never otherwise.
    pub(crate) struct Revoked {
        revocation: Revocation,
        // Who is woken, once it is known to the signal.
        registered: Option<Waker>,
        #[pin]
        cancelled: Option<Cancelled>,
    }
}

impl Revoked {
    pub(crate) fn revocation(&self) -> &Revocation {
        &self.revocation
    }
}

impl Future for Revoked {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if this.revocation.is_revoked() {
            return Poll::Ready(());
        }
        // Known already, so the signal will wake it: a stream that moves often takes no lock here.
        if this.registered.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            return Poll::Pending;
        }
        if this.cancelled.is_none() {
            this.cancelled.set(Some(this.revocation.0.signal.clone().cancelled_owned()));
        }
        let cancelled = this.cancelled.as_pin_mut().expect("it was set just now");
        let polled = cancelled.poll(context);
        if polled.is_pending() {
            *this.registered = Some(context.waker().clone());
        }
        polled
    }
}

#[cfg(not(loom))]
mod signal {
    pub(super) use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) use tokio_util::sync::{CancellationToken as Signal, WaitForCancellationFutureOwned as Cancelled};
}

#[cfg(loom)]
mod signal {
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use loom::sync::Mutex;
    pub(super) use loom::sync::atomic::{AtomicBool, Ordering};

    /// What the model needs of `CancellationToken`: given once, and it wakes whoever was waiting.
    #[derive(Clone, Default)]
    pub(super) struct Signal(Arc<Mutex<Given>>);

    #[derive(Default)]
    struct Given {
        given: bool,
        waiting: Vec<Waker>,
    }

    impl Signal {
        pub(super) fn cancel(&self) {
            let waiting = {
                let mut given = self.0.lock().expect("no holder panics");
                given.given = true;
                std::mem::take(&mut given.waiting)
            };
            waiting.into_iter().for_each(Waker::wake);
        }

        pub(super) fn cancelled_owned(self) -> Cancelled {
            Cancelled(self)
        }
    }

    pub(super) struct Cancelled(Signal);

    impl Future for Cancelled {
        type Output = ();

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            let mut given = self.0.0.lock().expect("no holder panics");
            if given.given {
                return Poll::Ready(());
            }
            given.waiting.push(context.waker().clone());
            Poll::Pending
        }
    }
}
