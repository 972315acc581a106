//! The decision about one request: a plain function of its headers and the keyring.

use http::HeaderMap;

use crate::credential::Credential;
use crate::keyring::{Keyring, Revocation};
use crate::reject::Rejection;
use crate::verify::Granted;

/// Whether a request with these headers is let in by the shared secret, and by which token.
///
/// `strict` refuses requests whose `authorization` values differ; otherwise the first one decides and the others are
/// counted.
#[inline]
pub(crate) fn judge(keyring: &Keyring, headers: &mut HeaderMap, strict: bool) -> Result<Granted, Rejection> {
    let credential = present(headers, strict)?;
    keyring.accept(credential)
}

/// The same, with what ends the call when that token is retired.
#[inline]
pub(super) fn judge_held(
    keyring: &Keyring,
    headers: &mut HeaderMap,
    strict: bool,
) -> Result<(Granted, Revocation), Rejection> {
    let credential = present(headers, strict)?;
    keyring.accept_held(credential)
}

/// What the request presents, if it is to be judged at all.
#[inline]
pub(super) fn present(headers: &mut HeaderMap, strict: bool) -> Result<Credential<'_>, Rejection> {
    let credential = Credential::from_grpc(headers)?;
    if credential.is_ambiguous() {
        if strict {
            return Err(Rejection::Ambiguous);
        }
        metrics::counter!("ray_auth_ambiguous_total").increment(1);
    }
    Ok(credential)
}
