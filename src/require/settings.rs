//! What a server layer was told, and what follows from it for one request.

use std::sync::Arc;

use http::{Request, Response};

use super::decide::{judge, unambiguous};
use super::exempt::{Exempt, Exempted};
use super::refusals::{Refusals, client_addr};
use super::report_only::ReportOnly;
use super::spelling::{Answer, Spelling};
use crate::grpc_timeout;
use crate::keyring::{Key, Keyring, Revocation, Snapshot};
use crate::reject::Rejection;
use crate::verify::{Call, Identity, Pending, Verdict, Verify};

/// What a layer gives to each service it makes.
#[derive(Clone, Debug)]
pub(super) struct Settings<V, P> {
    pub(super) verifier: V,
    pub(super) spelling: P,
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

impl<V, P: Spelling> Settings<V, P> {
    /// The shared secret's decision.
    #[inline]
    pub(super) fn decide_by<Q>(&self, keyring: &Keyring, request: &mut Request<Q>) -> Result<(), Rejection> {
        let holder = |key: &Key, snapshot: &Snapshot| self.identity.then(|| Identity::holder(key, snapshot));
        if let Some(identity) = judge(keyring, self.spelling.credential(request), self.strict, holder)? {
            request.extensions_mut().insert(identity);
        }
        Ok(())
    }

    /// The same, with what ends the call when the token that let it in is retired.
    pub(super) fn decide_held_by<Q>(
        &self,
        keyring: &Keyring,
        request: &mut Request<Q>,
    ) -> Result<Revocation, Rejection> {
        let held = |key: &Key, snapshot: &Snapshot| (Identity::holder(key, snapshot), key.revocation().clone());
        let (identity, revocation) = judge(keyring, self.spelling.credential(request), self.strict, held)?;
        self.introduce(identity, request);
        Ok(revocation)
    }

    /// The decision of somebody who may have to ask a backend.
    pub(super) fn ask<Q>(&self, verifier: &dyn Verify, request: &mut Request<Q>) -> Asked {
        let path = request.uri().clone();
        let (client_addr, timeout) = (client_addr(request.extensions()), grpc_timeout::of(request.headers()));
        let credential = self.spelling.credential(request);
        let verdict = match credential.and_then(|credential| unambiguous(credential, self.strict)) {
            Ok(credential) => verifier.verify(Call::new(credential, path.path(), client_addr, timeout)),
            Err(rejection) => Verdict::Now(Err(rejection)),
        };
        match verdict {
            Verdict::Now(decided) => Asked::Decided(decided),
            Verdict::Later(pending) => Asked::Later(pending),
        }
    }

    /// Tells the handler who called, if it is to know.
    #[inline]
    pub(super) fn introduce<Q>(&self, identity: Identity, request: &mut Request<Q>) {
        if self.identity {
            request.extensions_mut().insert(identity);
        }
    }

    /// Whether the request's path is exempt; the request is then marked as let in without a token. Whoever can judge at
    /// once is asked first.
    pub(super) fn exempts<Q>(&self, request: &mut Request<Q>) -> bool {
        let exempt = self.exempt.contains(request.method(), request.uri().path());
        if exempt {
            request.extensions_mut().insert(Exempted);
        }
        exempt
    }

    /// What is done about a decision: a call that the verifier refuses is let in all the same, as `unasked`, on an exempt
    /// path or in report-only mode.
    #[inline]
    pub(super) fn enforce<T, Q>(
        &self,
        decided: Result<T, Rejection>,
        request: &mut Request<Q>,
        unasked: T,
    ) -> Result<T, Rejection> {
        match decided {
            Ok(admitted) => Ok(admitted),
            Err(rejection) if self.lets_in_all_the_same(rejection, request) => Ok(unasked),
            Err(rejection) => Err(rejection),
        }
    }

    #[cold]
    fn lets_in_all_the_same<Q>(&self, rejection: Rejection, request: &mut Request<Q>) -> bool {
        self.exempts(request) || self.only_reports(rejection, request)
    }

    /// Whether report-only mode lets the call in. It is noted, and marked like a call on an exempt path: nobody knows who
    /// asks.
    fn only_reports<Q>(&self, rejection: Rejection, request: &mut Request<Q>) -> bool {
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
    pub(super) fn refuse<Q, B>(&self, rejection: Rejection, request: Request<Q>) -> Response<B>
    where
        P: Answer<B>,
    {
        self.refusals.record(rejection, Some(request.uri().path()), request.extensions());
        self.spelling.answer(rejection, request)
    }
}
