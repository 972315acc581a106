//! What a server layer was told, and what follows from it for one request.

use std::sync::Arc;

use http::{Request, Response};

use super::decide::{judge, judge_held, present};
use super::exempt::{Exempt, Exempted};
use super::refusals::{Refusals, client_addr};
use super::report_only::ReportOnly;
use crate::keyring::{Keyring, Revocation};
use crate::reject::Rejection;
use crate::verify::{Call, Identity, Pending, Verdict, Verify};

/// What a layer gives to each service it makes.
#[derive(Clone, Debug)]
pub(super) struct Settings<V> {
    pub(super) verifier: V,
    pub(super) exempt: Exempt,
    pub(super) identity: bool,
    pub(super) strict: bool,
    pub(super) refusals: Arc<Refusals>,
    pub(super) report_only: Option<ReportOnly>,
}

/// What a verifier of any kind said about a request that is not exempt.
pub(super) enum Asked {
    Decided(Result<Identity, Rejection>),
    Later(Pending),
}

impl<V> Settings<V> {
    /// The shared secret's decision. The exemptions are looked at only for requests it refuses.
    #[inline]
    pub(super) fn decide_by<Q>(&self, keyring: &Keyring, request: &mut Request<Q>) -> Result<(), Rejection> {
        match judge(keyring, request.headers_mut(), self.strict) {
            Ok(granted) => {
                self.introduce(granted, request);
                Ok(())
            }
            Err(rejection) => self.exempts(request).ok_or(rejection),
        }
    }

    /// The same, with what ends the call when the token that let it in is retired; none for an exempt one.
    pub(super) fn decide_held_by<Q>(
        &self,
        keyring: &Keyring,
        request: &mut Request<Q>,
    ) -> Result<Option<Revocation>, Rejection> {
        match judge_held(keyring, request.headers_mut(), self.strict) {
            Ok((granted, revocation)) => {
                self.introduce(granted, request);
                Ok(Some(revocation))
            }
            Err(rejection) => self.exempts(request).map(|()| None).ok_or(rejection),
        }
    }

    /// The decision of somebody who may have to ask a backend.
    pub(super) fn ask<Q>(&self, verifier: &dyn Verify, request: &mut Request<Q>) -> Asked {
        let path = request.uri().clone();
        let verdict = match present(request.headers_mut(), self.strict) {
            Ok(credential) => verifier.verify(Call::new(credential, path.path())),
            Err(rejection) => Verdict::Now(Err(rejection)),
        };
        match verdict {
            Verdict::Now(decided) => Asked::Decided(decided),
            Verdict::Later(pending) => Asked::Later(pending),
        }
    }

    /// Tells the handler who called, if it is to know.
    #[inline]
    pub(super) fn introduce<Q>(&self, identity: impl Into<Identity>, request: &mut Request<Q>) {
        if self.identity {
            request.extensions_mut().insert(identity.into());
        }
    }

    /// Some if the request's path is exempt; the request is then marked as let in without a token.
    pub(super) fn exempts<Q>(&self, request: &mut Request<Q>) -> Option<()> {
        self.exempt.contains(request.uri().path()).then(|| {
            request.extensions_mut().insert(Exempted);
        })
    }

    /// What is done about a decision: in report-only mode a call that would be refused is noted, and let in as `unasked`.
    /// It is marked like a call on an exempt path: nobody knows who asks.
    #[inline]
    pub(super) fn enforce<T, Q>(
        &self,
        decided: Result<T, Rejection>,
        request: &mut Request<Q>,
        unasked: T,
    ) -> Result<T, Rejection> {
        decided.or_else(|rejection| self.let_in_all_the_same(rejection, request).then_some(unasked).ok_or(rejection))
    }

    #[cold]
    fn let_in_all_the_same<Q>(&self, rejection: Rejection, request: &mut Request<Q>) -> bool {
        let Some(report_only) = &self.report_only else { return false };
        let method = self.refusals.method(request.uri().path());
        let peer = client_addr(request.extensions()).map(|peer| peer.ip());
        let let_in = report_only.lets_in(rejection, method, peer);
        if let_in {
            request.extensions_mut().insert(Exempted);
        }
        let_in
    }

    /// Whether what would be refused is let in now.
    pub(super) fn reports_only(&self) -> bool {
        self.report_only.as_ref().is_some_and(ReportOnly::is_on)
    }

    /// The answer to a refused call, which is counted and logged.
    #[cold]
    pub(super) fn refuse<Q, B: Default>(&self, rejection: Rejection, request: &Request<Q>) -> Response<B> {
        self.record(rejection, request);
        rejection.into_grpc_response()
    }

    pub(super) fn record<Q>(&self, rejection: Rejection, request: &Request<Q>) {
        self.refusals.record(rejection, Some(request.uri().path()), request.extensions());
    }
}
