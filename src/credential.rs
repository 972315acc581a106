//! What a request presented, before anyone judged it.
//!
//! The gRPC spelling is Ray's: the first `authorization` value decides, and it must be `Bearer`, one space, and the
//! token, to the byte and case-sensitively. Nothing is trimmed and no other header is looked at.
//!
//! The HTTP spelling is that of Ray's dashboard: `Authorization`, then `X-Ray-Authorization`, both of the form above, then
//! the cookie. The first of these that is there and not empty decides, and the others are not looked at.

use http::header::{AUTHORIZATION, COOKIE, Entry};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::reject::Rejection;
use crate::token::{SCHEME, Token};

/// What a proxy leaves alone that uses up `Authorization` itself.
pub(crate) const X_RAY_AUTHORIZATION: HeaderName = HeaderName::from_static("x-ray-authorization");

/// The name of the cookie that Ray's dashboard sets at login.
pub(crate) const COOKIE_NAME: &str = "ray-authentication-token";

/// The token a request presented. Borrowed from its headers, never printed.
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    token: &'a [u8],
    form: Form,
    ambiguous: bool,
}

/// Where in a request a credential stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// `Authorization: Bearer …`, on HTTP and as gRPC metadata.
    Authorization,
    /// `X-Ray-Authorization: Bearer …`, on HTTP only.
    XRayAuthorization,
    /// The cookie that is set at login, on HTTP only. A browser sends it whoever made it send the request.
    Cookie,
}

impl Form {
    /// Which of them decides about an HTTP request, if any is there.
    pub(crate) fn deciding(headers: &HeaderMap) -> Option<Self> {
        let present = |name| headers.get(name).is_some_and(|value| !value.is_empty());
        if present(AUTHORIZATION) {
            Some(Self::Authorization)
        } else if present(X_RAY_AUTHORIZATION) {
            Some(Self::XRayAuthorization)
        } else {
            cookies(headers).next().map(|_| Self::Cookie)
        }
    }
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
        let ambiguous = headers.len() != headers.keys_len() && mark_all(headers, AUTHORIZATION);
        static NAME: HeaderName = AUTHORIZATION;
        let value = headers.get_mut(&NAME).ok_or(Rejection::Missing)?;
        value.set_sensitive(true);
        Self::bearer(value, Form::Authorization, ambiguous)
    }

    /// Reads the credential of an HTTP request, and marks every value that may hold one as sensitive on the way.
    ///
    /// `with_cookie` is for requests that a browser's cookie may open at all.
    ///
    /// # Errors
    ///
    /// [`Rejection::Missing`] without any, [`Rejection::Malformed`] when the one that decides is not `Bearer`, a space and
    /// a token of possible length, or is a cookie of impossible length.
    pub fn from_http(headers: &'a mut HeaderMap, with_cookie: bool) -> Result<Self, Rejection> {
        let [authorization, x_ray, _] =
            [AUTHORIZATION, X_RAY_AUTHORIZATION, COOKIE].map(|name| mark_all(headers, name));
        let headers = &*headers;
        match Form::deciding(headers).ok_or(Rejection::Missing)? {
            Form::Authorization => Self::bearer(&headers[AUTHORIZATION], Form::Authorization, authorization),
            Form::XRayAuthorization => Self::bearer(&headers[X_RAY_AUTHORIZATION], Form::XRayAuthorization, x_ray),
            Form::Cookie if with_cookie => Self::cookie(headers),
            Form::Cookie => Err(Rejection::Missing),
        }
    }

    fn cookie(headers: &'a HeaderMap) -> Result<Self, Rejection> {
        let mut cookies = cookies(headers);
        let token = cookies.next().ok_or(Rejection::Missing)?;
        if token.len() > Token::MAX_LEN {
            return Err(Rejection::Malformed);
        }
        Ok(Self { token, form: Form::Cookie, ambiguous: cookies.any(|other| other != token) })
    }

    #[inline]
    fn bearer(value: &'a HeaderValue, form: Form, ambiguous: bool) -> Result<Self, Rejection> {
        let token = value.as_bytes().strip_prefix(SCHEME).ok_or(Rejection::Malformed)?;
        if token.is_empty() || token.len() > Token::MAX_LEN {
            return Err(Rejection::Malformed);
        }
        Ok(Self { token, form, ambiguous })
    }

    /// The bytes after the scheme; of a cookie, its value.
    #[must_use]
    pub fn token(&self) -> &'a [u8] {
        self.token
    }

    /// Where it stood.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whether the request carried several values in that place that differ. The first one decides, as with Ray, but
    /// something between the caller and this process may have judged by another.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }
}

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("token", &"[redacted]")
            .field("form", &self.form)
            .field("ambiguous", &self.ambiguous)
            .finish()
    }
}

/// Marks every value that may hold a credential as sensitive.
pub(crate) fn mark(headers: &mut HeaderMap) {
    for name in [AUTHORIZATION, X_RAY_AUTHORIZATION, COOKIE] {
        mark_all(headers, name);
    }
}

/// Marks all values of a header as sensitive and says whether they differ.
#[cold]
fn mark_all(headers: &mut HeaderMap<HeaderValue>, name: HeaderName) -> bool {
    let Ok(Entry::Occupied(mut entry)) = headers.try_entry(name) else { return false };
    entry.iter_mut().for_each(|value| value.set_sensitive(true));
    let first = entry.get();
    entry.iter().any(|value| value != first)
}

/// The values of the cookie, in the order they were sent in; empty ones are none. A value in double quotes, as Ray's server sets it
/// for tokens with certain characters, is what is in them.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let pairs = headers.get_all(COOKIE).into_iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
        let value = pair.trim_ascii_start().strip_prefix(COOKIE_NAME.as_bytes())?.strip_prefix(b"=")?;
        let value = value.trim_ascii();
        let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        Some(quoted.unwrap_or(value)).filter(|value| !value.is_empty())
    })
}

#[cfg(test)]
mod tests;
