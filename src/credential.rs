//! What a request presented, before anyone judged it.
//!
//! The gRPC spelling is Ray's: the first `authorization` value decides, and it must be `Bearer`, one space, and the
//! token, to the byte and case-sensitively. Nothing is trimmed and no other header is looked at.

use http::header::{AUTHORIZATION, Entry};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::reject::Rejection;
use crate::token::{SCHEME, Token};

/// The token a request presented. Borrowed from its headers, never printed.
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    token: &'a [u8],
    ambiguous: bool,
}

impl<'a> Credential<'a> {
    /// Reads the credential of a gRPC call, and marks every `authorization` value as sensitive on the way: HTTP/2 drops
    /// the sender's mark.
    ///
    /// # Errors
    ///
    /// [`Rejection::Missing`] without an `authorization` header, [`Rejection::Malformed`] when its first value is not
    /// `Bearer`, a space and a token of possible length.
    #[inline]
    pub fn from_grpc(headers: &'a mut HeaderMap) -> Result<Self, Rejection> {
        // As many values as names: no header has a second value. Only otherwise is it worth looking for one.
        let ambiguous = headers.len() != headers.keys_len() && mark_all(headers);
        static NAME: HeaderName = AUTHORIZATION;
        let value = headers.get_mut(&NAME).ok_or(Rejection::Missing)?;
        value.set_sensitive(true);
        let token = value.as_bytes().strip_prefix(SCHEME).ok_or(Rejection::Malformed)?;
        if token.is_empty() || token.len() > Token::MAX_LEN {
            return Err(Rejection::Malformed);
        }
        Ok(Self { token, ambiguous })
    }

    /// The bytes after the scheme.
    #[must_use]
    pub fn token(&self) -> &'a [u8] {
        self.token
    }

    /// Whether the request carried several `authorization` values that differ. The first one decides, as with Ray, but
    /// something between the caller and this process may have judged by another.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }
}

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("token", &"[redacted]").field("ambiguous", &self.ambiguous).finish()
    }
}

/// Marks all `authorization` values as sensitive and says whether they differ.
#[cold]
fn mark_all(headers: &mut HeaderMap<HeaderValue>) -> bool {
    let Ok(Entry::Occupied(mut entry)) = headers.try_entry(AUTHORIZATION) else { return false };
    entry.iter_mut().for_each(|value| value.set_sensitive(true));
    let first = entry.get();
    entry.iter().any(|value| value != first)
}

#[cfg(test)]
mod tests;
