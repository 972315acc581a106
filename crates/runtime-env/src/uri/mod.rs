//! Remote URIs: what a `runtime_env` names its packages by, with the secrets in it kept apart.
//!
//! A [`RemoteUri`] says who is asked ([`Origin`]), with which login ([`UserInfo`]) and by which name the package is stored. It
//! shows none of its secrets when it is printed, and nor does a [`UriError`]: it holds the scheme and nothing else of the text.
//!
//! # What is accepted
//!
//! `scheme://user:password@host:port/path?query#fragment` as RFC 3986 has it, with the schemes that Ray 2.60 downloads from
//! (`http`, `https`, `s3`, `gs`, `azure`, `abfss`, `file`), and `gcs`, its own storage, in any case of letters. What stands before
//! the last `@` of the authority is the login and, after its first `:`, the password, both decoded once. In
//! `abfss://container@account/` it is the container.
//!
//! # What is refused
//!
//! Stricter than Ray and RFC 3986 on purpose: what two programs read in two ways sends a secret to the wrong host, or shows
//! it. Python, which Ray reads URIs with, and the `url` crate, which most HTTP clients in Rust read them with, differ about each of
//! these.
//!
//! 1. A blank, a control character, one that turns the direction of text, or a backslash, anywhere
//!    ([`Character`](UriError::Character)). Python drops tabs and line feeds; browsers take a backslash for a slash.
//! 2. A host with anything but ASCII letters, digits, `-`, `.`, `_` and `~`, or an IPv6 address in brackets; no host for http
//!    ([`Host`](UriError::Host)).
//! 3. A port that is no number up to 65535 ([`Port`](UriError::Port)).
//! 4. An `@` after the authority ([`AtSign`](UriError::AtSign)): in `https://me:pass/word@host/` the password has a slash in
//!    it, and the authority is `me:pass`. So `https://cdn.test/x@1.2/f.zip` is refused, too; write `%40`.
//! 5. For http and https a host or a port that the `url` crate has in another way ([`Ambiguous`](UriError::Ambiguous)), such as
//!    `127.1`, which is 127.0.0.1.
//! 6. More than [`MAX_LEN`] bytes ([`TooLong`](UriError::TooLong)), and a host of more than 253.
//! 7. A login with an encoded `:`, and a login or a password with an encoded control character or with bytes that are not
//!    UTF-8: the Basic scheme (RFC 7617) cannot carry them.
//!
//! A [redirect](RemoteUri::redirect_target) is read as browsers do: servers write what they like, and nothing in it is taken for
//! a login.
//!
//! # Secrets in a path
//!
//! They cannot be recognised, and are printed.
//!
//! ```
//! use ray_auth_runtime_env::uri::{RemoteUri, Scheme, UriError};
//!
//! let uri = RemoteUri::parse("https://me:correct-horse@h.test/f.zip?sig=secret")?;
//! assert_eq!((uri.scheme(), uri.host()), (Scheme::Https, Some("h.test")));
//! assert_eq!(uri.expose_request_uri(), "https://h.test/f.zip?sig=secret");
//! assert_eq!(uri.to_string(), "https://***@h.test/f.zip?***");
//!
//! let refused = RemoteUri::parse("https://me:correct/horse@h.test/f.zip").unwrap_err();
//! assert!(matches!(refused, UriError::AtSign { .. }));
//! assert!(!refused.to_string().contains("correct"));
//! # Ok::<(), UriError>(())
//! ```

mod error;
mod origin;
mod ray_name;
mod safe_name;
mod scheme;
mod user_info;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::Url;

pub use self::error::UriError;
pub use self::origin::Origin;
pub use self::ray_name::ray_package_name;
pub use self::safe_name::PackageNameError;
pub use self::scheme::Scheme;
pub use self::user_info::UserInfo;
use crate::redact::parts::{Parts, Unreadable, split_scheme};
use crate::redact::redact_uri;
use crate::secret::{Secret, joined};

/// The longest URI, in bytes. Signed ones have a few thousand; HTTP clients and servers end somewhere above this.
pub const MAX_LEN: usize = 32 * 1024;

/// The longest name of a host (RFC 1035, section 2.3.4).
const MAX_HOST_LEN: usize = 253;

/// How much of a scheme an error shows.
const MAX_SHOWN_SCHEME: usize = 32;

/// A URI that Ray downloads packages from. See the [module](self) for what is one.
///
/// `Display` and `Debug` show it redacted; what shows more has `expose` in its name. Its secrets are wiped when it is dropped;
/// what an HTTP client makes of its [request URI](Self::expose_request_uri) is not.
/// It cannot be compared: two URIs with the same [`origin`](Self::origin) go to the same server.
#[derive(Clone)]
pub struct RemoteUri {
    scheme: Scheme,
    uri: Secret,
    request_uri: Secret,
    user_info: Option<UserInfo>,
    host: Option<String>,
    origin: Option<Origin>,
}

impl RemoteUri {
    /// Reads a URI, by the rules of the [module](self). Nothing is trimmed or mended.
    ///
    /// # Errors
    ///
    /// A [`UriError`] that says which rule the text breaks, and how to write it instead. It holds nothing of the text but the
    /// scheme.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if text.len() > MAX_LEN {
            return Err(UriError::TooLong);
        }
        let parts = Parts::split(text).map_err(|why| unreadable(text, why))?;
        let scheme =
            Scheme::named(parts.scheme).ok_or_else(|| UriError::Scheme { scheme: shown_scheme(parts.scheme) })?;
        if !parts.host.is_ascii() || parts.host.len() > MAX_HOST_LEN {
            return Err(UriError::Host { scheme: scheme.to_string() });
        }
        let is_empty = |user_info: &str| user_info.is_empty();
        let user_info = parts.user_info.filter(|text| !is_empty(text) && parts.container().is_none());
        let user_info = user_info.map(UserInfo::parse).transpose()?;
        let stripped = without_user_info(&parts);
        let uri = Secret::new(text.to_owned());
        if scheme.is_http() {
            let url = agreed(scheme, &parts, stripped.expose_secret())?;
            return Ok(Self::of_http(scheme, uri, user_info, url));
        }
        let host = (!parts.host.is_empty()).then(|| bare(parts.host).to_ascii_lowercase());
        Ok(Self { scheme, uri, request_uri: stripped, user_info, host, origin: None })
    }

    /// What it begins with.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Login and password; `None` where there is no `@`, nothing before it, or the container of an `abfss` URI.
    #[must_use]
    pub fn user_info(&self) -> Option<&UserInfo> {
        self.user_info.as_ref()
    }

    /// The URI as it was given, with everything in it.
    #[must_use]
    pub fn expose_uri(&self) -> &str {
        self.uri.expose_secret()
    }

    /// What an HTTP client is given: without login and password. For http and https without the fragment, too, and as the `url`
    /// crate normalises it. The query may be a secret.
    #[must_use]
    pub fn expose_request_uri(&self) -> &str {
        self.request_uri.expose_secret()
    }

    /// The host, in lower case; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Who is asked. `None` unless it is fetched over HTTP.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Whether the host is this machine: `localhost`, 127.0.0.0/8 or ::1.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let Some(host) = self.host() else { return false };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// Where the `Location` header of an answer to a request for this leads to.
    ///
    /// The target may be relative (RFC 9110, section 10.2.2), and is resolved and normalised as browsers do. User information and
    /// fragment in it are dropped: Ray and curl use the former for the same host, and a server could make a client send what
    /// it likes. An `@` is allowed in path and query, where servers write it.
    ///
    /// # Errors
    ///
    /// [`UriError::NotHttp`] when this or the target is for another scheme than http and https, [`UriError::TooLong`] beyond
    /// [`MAX_LEN`], and [`UriError::Location`] for what is not UTF-8 or no URI with a host of a possible length.
    pub fn redirect_target(&self, location: &[u8]) -> Result<Self, UriError> {
        if !self.scheme.is_http() {
            return Err(UriError::NotHttp { scheme: self.scheme.to_string() });
        }
        let location = std::str::from_utf8(location).map_err(|_| UriError::Location)?;
        if location.len() > MAX_LEN {
            return Err(UriError::TooLong);
        }
        let base = Url::parse(self.expose_request_uri()).map_err(|_| UriError::Location)?;
        let joined = base.join(location);
        drop(Secret::new(base.into()));
        let mut target = joined.map_err(|_| UriError::Location)?;
        let Some(scheme) = Scheme::named(target.scheme()).filter(|scheme| scheme.is_http()) else {
            return Err(UriError::NotHttp { scheme: shown_scheme(target.scheme()) });
        };
        if target.host_str().is_none_or(|host| host.len() > MAX_HOST_LEN) || target.as_str().len() > MAX_LEN {
            return Err(UriError::Location);
        }
        target.set_fragment(None);
        target.set_password(None).and_then(|()| target.set_username("")).map_err(|()| UriError::Location)?;
        Ok(Self::of_http(scheme, Secret::new(target.to_string()), None, target))
    }

    /// The name that Ray 2.60 gives to the package, or `None` where Ray raises an exception. **It can show a part of a secret**,
    /// see [`ray_package_name`].
    #[must_use]
    pub fn ray_package_name(&self) -> Option<String> {
        ray_package_name(self.expose_uri())
    }

    /// A name for the package that shows nothing of the URI but its scheme and its ending, and is a plain file name.
    ///
    /// It is Ray's name, `<scheme>_<SHA-1 of the whole URI><ending>`, where the ending is one of `.zip`, `.jar`, `.tgz`,
    /// `.tar.gz`, `.tar.bz2` and `.tar.xz` at the end of the path, and else there is none. Ray takes whatever follows the last dot, of
    /// a password, too. A wheel keeps its name, which installers read, with the hash in its build tag; Ray's would be the
    /// same for two servers. A `gcs` package keeps its name.
    ///
    /// The hash is one of the URI with its secrets: who has no credential, or another one, does not find what was downloaded with
    /// this one. It has no salt, so whoever sees the name can try guesses of a weak password against it.
    ///
    /// # Errors
    ///
    /// [`PackageNameError`] for a `gcs` URI with a login or without a plain name, and for a wheel that is not named as wheels
    /// are.
    pub fn safe_package_name(&self) -> Result<String, PackageNameError> {
        safe_name::safe_package_name(self)
    }

    /// A URI of which `url` says who is asked.
    fn of_http(scheme: Scheme, uri: Secret, user_info: Option<UserInfo>, url: Url) -> Self {
        let host = url.host_str().map(|host| bare(host).to_owned());
        let port = url.port().or(scheme.default_port()).unwrap_or_default();
        let origin = host.clone().map(|host| Origin::new(scheme, host, port));
        Self { scheme, uri, request_uri: Secret::new(url.into()), user_info, host, origin }
    }
}

/// The redacted form, see [`redact_uri`].
impl fmt::Display for RemoteUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact_uri(self.expose_uri()))
    }
}

/// The redacted form, see [`redact_uri`].
impl fmt::Debug for RemoteUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUri({self})")
    }
}

impl FromStr for RemoteUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        Self::parse(text)
    }
}

fn unreadable(text: &str, why: Unreadable) -> UriError {
    let scheme = split_scheme(text).map(|(scheme, _)| shown_scheme(scheme)).unwrap_or_default();
    match why {
        Unreadable::Character => UriError::Character,
        Unreadable::NoScheme => UriError::NoScheme,
        Unreadable::Host => UriError::Host { scheme },
        Unreadable::Port => UriError::Port { scheme },
        Unreadable::AtSign => UriError::AtSign { scheme },
    }
}

/// The URI as `url` has it, if that asks the same server.
fn agreed(scheme: Scheme, parts: &Parts<'_>, stripped: &str) -> Result<Url, UriError> {
    let ambiguous = || UriError::Ambiguous { scheme: scheme.to_string() };
    let mut url = Url::parse(stripped).map_err(|_| UriError::Host { scheme: scheme.to_string() })?;
    url.set_fragment(None);
    let same_host = match url.host() {
        Some(url::Host::Ipv6(address)) => bare(parts.host).parse() == Ok(address),
        Some(host) => host.to_string() == parts.host.to_ascii_lowercase(),
        None => false,
    };
    let written = parts.port.and_then(|port| port.parse().ok()).or(scheme.default_port());
    let same_port = url.port().or(scheme.default_port()) == written;
    let same = same_host && same_port && url.scheme() == scheme.as_str() && url.username().is_empty();
    if same && url.password().is_none() { Ok(url) } else { Err(ambiguous()) }
}

/// The URI as it is written, but for login and password.
fn without_user_info(parts: &Parts<'_>) -> Secret {
    let marked = |mark, part: Option<_>| part.map_or(["", ""], |part| [mark, part]);
    let [container, at_sign] = parts.container().map_or(["", ""], |container| [container, "@"]);
    let ([colon, port], [mark, query]) = (marked(":", parts.port), marked("?", parts.query));
    let [hash, fragment] = marked("#", parts.fragment);
    let all =
        [parts.scheme, "://", container, at_sign, parts.host, colon, port, parts.path, mark, query, hash, fragment];
    Secret::new(std::mem::take(&mut *joined(&all)))
}

/// In lower case, and no more of it than of any scheme there is: who wrote it may have written a lot.
fn shown_scheme(scheme: &str) -> String {
    scheme.chars().take(MAX_SHOWN_SCHEME).collect::<String>().to_ascii_lowercase()
}

/// Without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
