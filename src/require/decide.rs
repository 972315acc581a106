//! The decision about one request: a plain function of what it presents and the keyring.

use crate::credential::Credential;
use crate::keyring::{Key, Keyring, Snapshot};
use crate::reject::Rejection;

/// Whether a request with this credential is let in by the shared secret, and if it is, what `grant` makes of the token
/// that it is let in by.
///
/// `strict` is [`unambiguous`]'s.
#[inline]
pub(crate) fn judge<T>(
    keyring: &Keyring,
    credential: Result<Credential<'_>, Rejection>,
    strict: bool,
    grant: impl FnOnce(&Key, &Snapshot) -> T,
) -> Result<T, Rejection> {
    keyring.accept(unambiguous(credential?, strict)?, grant)
}

/// The credential, if it is to be judged at all.
///
/// `strict` refuses requests with several credentials in one place that differ; otherwise the first one decides and the
/// request is counted.
#[inline]
pub(super) fn unambiguous(credential: Credential<'_>, strict: bool) -> Result<Credential<'_>, Rejection> {
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
