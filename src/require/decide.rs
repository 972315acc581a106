//! The decision about one request: a plain function of its headers and the keyring.

use http::HeaderMap;

use crate::credential::Credential;
use crate::keyring::{Key, Keyring, Snapshot};
use crate::reject::Rejection;

/// Whether a request with these headers is let in by the shared secret, and if it is, what `grant` makes of the token that
/// it is let in by.
///
/// `strict` refuses requests whose `authorization` values differ; otherwise the first one decides and the others are
/// counted.
#[inline]
pub(crate) fn judge<T>(
    keyring: &Keyring,
    headers: &mut HeaderMap,
    strict: bool,
    grant: impl FnOnce(&Key, &Snapshot) -> T,
) -> Result<T, Rejection> {
    keyring.accept(present(headers, strict)?, grant)
}

/// What the request presents, if it is to be judged at all.
#[inline]
pub(super) fn present(headers: &mut HeaderMap, strict: bool) -> Result<Credential<'_>, Rejection> {
    let credential = Credential::from_grpc(headers)?;
    if credential.is_ambiguous() {
        if strict {
            return Err(Rejection::Ambiguous);
        }
        count_ambiguous();
    }
    Ok(credential)
}

#[cold]
fn count_ambiguous() {
    metrics::counter!("ray_auth_ambiguous_total").increment(1);
}
