//! Why a URI is refused.

use thiserror::Error;

/// Why a text is not taken as a remote URI. Holds nothing of it but the beginning of its scheme, where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UriError {
    /// There is no `scheme://`.
    #[error("no `scheme://` in the URI; a remote package is named like https://host/package.zip")]
    NoScheme,
    /// A scheme that nothing is fetched by.
    #[error(
        "the scheme `{scheme}` is not supported ({scheme}://***); use http, https, s3, gs, azure, abfss, file or gcs"
    )]
    Scheme {
        /// The scheme, in lower case.
        scheme: String,
    },
    /// A blank, a control or direction character, or a backslash, which parsers read in different ways.
    #[error("the URI holds a blank, a control character or a backslash; write it percent-encoded, like %20 or %5C")]
    Character,
    /// There is no host, or it holds what a host must not.
    #[error(
        "the host of the URI ({scheme}://…) is missing or not valid; percent-encode `/`, `?`, `#` and `[` in a password, and \
         write a host in plain ASCII, without percent signs (xn--… for other letters)"
    )]
    Host {
        /// The scheme, in lower case.
        scheme: String,
    },
    /// The port is not a number up to 65535.
    #[error(
        "the port of the URI ({scheme}://…) is not a number up to 65535; if there is a password with a `/`, `?` or `#` in it, \
         write these as %2F, %3F and %23"
    )]
    Port {
        /// The scheme, in lower case.
        scheme: String,
    },
    /// An `@` in the path, the query or the fragment: what stands before it may be a password with a `/` in it.
    #[error(
        "the URI ({scheme}://…) has an `@` after the host; write it as %40, and `/`, `?` and `#` in a password as %2F, %3F \
         and %23"
    )]
    AtSign {
        /// The scheme, in lower case.
        scheme: String,
    },
    /// The host or port is not the one an HTTP client would take from the same text, like `127.1` for `127.0.0.1`.
    #[error("the host of the URI ({scheme}://…) is another one once it is normalised; write it in its usual form")]
    Ambiguous {
        /// The scheme, in lower case.
        scheme: String,
    },
    /// A `:` in the login, which the Basic scheme cannot carry (RFC 7617, section 2).
    #[error("the login in the URI holds an encoded `:`, which Basic credentials cannot carry; use another login")]
    UserInfoColon,
    /// A control character in login or password (RFC 7617, section 2).
    #[error("the login or the password in the URI holds an encoded control character; remove it")]
    UserInfoControl,
    /// Login or password are not UTF-8 once they are decoded.
    #[error("the login or the password in the URI is not UTF-8 once it is decoded; encode its UTF-8 bytes")]
    UserInfoUtf8,
    /// It has more than [`MAX_LEN`](super::MAX_LEN) bytes.
    #[error("the URI is longer than {} bytes; use a shorter one", super::MAX_LEN)]
    TooLong,
    /// A redirect, or a request, that is not for HTTP.
    #[error("only http and https are followed, not `{scheme}`")]
    NotHttp {
        /// The scheme, in lower case.
        scheme: String,
    },
    /// A `Location` that leads nowhere.
    #[error("the server's `Location` header is not a URI")]
    Location,
}
