//! The two ways in which requests carry credentials and refusals are answered.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, Request, Response};

use crate::credential::Credential;
use crate::reject::Rejection;

/// How a server layer reads credentials: [`Grpc`], or [`Http`](crate::http::Http). Sealed: the two are all there are.
pub trait Spelling: sealed::Sealed + Send + Sync + 'static {
    /// What the request presents.
    #[doc(hidden)]
    fn credential<'r, Q>(&self, request: &'r mut Request<Q>) -> Result<Credential<'r>, Rejection>;
}

/// How a server layer answers refusals with bodies of type `B`. Sealed, as [`Spelling`] is.
pub trait Answer<B>: Spelling {
    /// The answer to a refused request. It may take over the request's map of extensions.
    #[doc(hidden)]
    fn answer<Q>(&self, rejection: Rejection, request: Request<Q>) -> Response<B>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// gRPC's spelling, which is the default: `authorization` alone, and answers that are nothing but headers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grpc;

impl sealed::Sealed for Grpc {}

impl Spelling for Grpc {
    #[inline]
    fn credential<'r, Q>(&self, request: &'r mut Request<Q>) -> Result<Credential<'r>, Rejection> {
        Credential::from_grpc(request.headers_mut())
    }
}

impl<B: Default> Answer<B> for Grpc {
    /// Making a map of extensions is most of what an answer costs.
    #[inline]
    fn answer<Q>(&self, rejection: Rejection, mut request: Request<Q>) -> Response<B> {
        rejection.answer(std::mem::take(request.extensions_mut()))
    }
}

/// What a message is, by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// gRPC, with a status in its trailers.
    Grpc,
    /// gRPC for browsers, as text or not: whatever else begins with `application/grpc`.
    GrpcWeb,
    /// Anything else.
    Http,
}

impl Content {
    /// By the first content type that is gRPC's: of several, that one promises the least.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        static NAME: HeaderName = CONTENT_TYPE;
        let Some(kind) = headers.get(&NAME) else { return Self::Http };
        match Self::named(kind.as_bytes()) {
            // As many values as names: no header has a second value.
            Self::Http if headers.len() != headers.keys_len() => Self::of_others(headers),
            first => first,
        }
    }

    #[cold]
    fn of_others(headers: &HeaderMap) -> Self {
        let mut kinds = headers.get_all(CONTENT_TYPE).into_iter().map(|value| Self::named(value.as_bytes()));
        kinds.find(|kind| *kind != Self::Http).unwrap_or(Self::Http)
    }

    fn named(kind: &[u8]) -> Self {
        const GRPC: &[u8] = b"application/grpc";
        let Some((start, rest)) = kind.split_at_checked(GRPC.len()) else { return Self::Http };
        if !start.eq_ignore_ascii_case(GRPC) {
            return Self::Http;
        }
        match rest.first() {
            None | Some(b'+' | b';' | b' ' | b'\t') => Self::Grpc,
            Some(_) => Self::GrpcWeb,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_message_is_what_its_content_type_says() {
        let table: [(&[&str], Content); 15] = [
            (&["application/grpc"], Content::Grpc),
            (&["application/grpc+proto"], Content::Grpc),
            (&["application/grpc; charset=utf-8"], Content::Grpc),
            (&["application/grpc ;a"], Content::Grpc),
            (&["Application/GRPC"], Content::Grpc),
            (&["application/grpc-web"], Content::GrpcWeb),
            (&["application/grpc-web+proto"], Content::GrpcWeb),
            (&["application/grpc-web-text"], Content::GrpcWeb),
            (&["APPLICATION/grpc-WEB"], Content::GrpcWeb),
            (&["application/grp"], Content::Http),
            (&["application/json"], Content::Http),
            (&[""], Content::Http),
            (&[], Content::Http),
            (&["text/plain", "application/grpc"], Content::Grpc),
            (&["application/grpc-web", "application/grpc"], Content::GrpcWeb),
        ];
        for (kinds, expected) in table {
            let headers = kinds.iter().map(|kind| (CONTENT_TYPE, HeaderValue::from_str(kind).unwrap())).collect();
            assert_eq!(Content::of(&headers), expected, "{kinds:?}");
        }
    }
}
