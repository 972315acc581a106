//! Remote URIs, with their secrets kept apart.

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
use crate::Secret;
use crate::redact::parts::{Parts, Unreadable, split_scheme};
use crate::redact::redact_uri;

/// A URI that Ray downloads packages from.
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
    /// Reads a URI.
    ///
    /// # Errors
    ///
    /// [`UriError`]
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let parts = Parts::split(text).map_err(|why| unreadable(text, why))?;
        let scheme = Scheme::named(parts.scheme)
            .ok_or_else(|| UriError::Scheme { scheme: parts.scheme.to_ascii_lowercase() })?;
        if !parts.host.is_ascii() {
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

    /// Login and password.
    #[must_use]
    pub fn user_info(&self) -> Option<&UserInfo> {
        self.user_info.as_ref()
    }

    /// The URI as it was given, with everything in it.
    #[must_use]
    pub fn expose_uri(&self) -> &str {
        self.uri.expose_secret()
    }

    /// What an HTTP client is given.
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

    /// Where a `Location` header leads to.
    ///
    /// # Errors
    ///
    /// [`UriError::NotHttp`], [`UriError::Location`]
    pub fn redirect_target(&self, location: &[u8]) -> Result<Self, UriError> {
        if !self.scheme.is_http() {
            return Err(UriError::NotHttp { scheme: self.scheme.to_string() });
        }
        let location = std::str::from_utf8(location).map_err(|_| UriError::Location)?;
        let base = Url::parse(self.expose_request_uri()).map_err(|_| UriError::Location)?;
        let mut target = base.join(location).map_err(|_| UriError::Location)?;
        let scheme = Scheme::named(target.scheme())
            .filter(|scheme| scheme.is_http())
            .ok_or_else(|| UriError::NotHttp { scheme: target.scheme().to_owned() })?;
        target.set_fragment(None);
        target.set_password(None).and_then(|()| target.set_username("")).map_err(|()| UriError::Location)?;
        Ok(Self::of_http(scheme, Secret::new(target.to_string()), None, target))
    }

    /// The name that Ray 2.60 gives to the package.
    #[must_use]
    pub fn ray_package_name(&self) -> Option<String> {
        ray_package_name(self.expose_uri())
    }

    /// A name that leaks nothing.
    ///
    /// # Errors
    ///
    /// [`PackageNameError`]
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
    let scheme = split_scheme(text).map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
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
    let mut text = String::new();
    text.push_str(parts.scheme);
    text.push_str("://");
    if let Some(container) = parts.container() {
        text.push_str(container);
        text.push('@');
    }
    text.push_str(parts.host);
    for (mark, part) in [(":", parts.port), ("", Some(parts.path)), ("?", parts.query), ("#", parts.fragment)] {
        if let Some(part) = part {
            text.push_str(mark);
            text.push_str(part);
        }
    }
    Secret::new(text)
}

/// Without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
