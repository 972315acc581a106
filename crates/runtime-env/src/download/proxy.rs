//! The proxies that an environment names, read once.

use std::ffi::OsString;
use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, NoProxy, Proxy, Url};

use super::SetupError;
use crate::uri::Origin;

/// Each pair in the order in which it is looked for, as the HTTP client does.
const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const NO: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What a CGI server sets. There `HTTP_PROXY` may be a header of who asks, so no proxy is used at all.
const CGI: &str = "REQUEST_METHOD";

/// Which requests go through a proxy, and through which. `Debug` shows nothing: there may be passwords in it.
pub(super) struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    no: String,
    /// The client has another one, of the same values.
    matcher: Matcher,
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").finish_non_exhaustive()
    }
}

impl Proxies {
    /// None.
    pub(super) fn none() -> Self {
        Self { http: None, https: None, no: String::new(), matcher: Matcher::builder().build() }
    }

    /// Those that the variables found by `lookup` name. One that cannot be used is an error, also where another one is used
    /// instead: requests would go past a proxy that somebody meant them to go through.
    pub(super) fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, SetupError> {
        if lookup(CGI).is_some() {
            return Ok(Self::none());
        }
        for variable in [HTTPS, HTTP, ALL].as_flattened() {
            let value = lookup(variable).filter(|value| !value.is_empty());
            if value.is_some_and(|value| value.to_str().and_then(proxy).is_none()) {
                return Err(SetupError::Proxy { variable });
            }
        }
        let first = |names: [&str; 2]| names.into_iter().find_map(|name| lookup(name)?.into_string().ok());
        let named = |names| first(names).and_then(|value| proxy(&value));
        let all = named(ALL);
        let (http, https) = (named(HTTP).or_else(|| all.clone()), named(HTTPS).or(all));
        let no = first(NO).unwrap_or_default();
        let text = |url: &Option<Url>| url.as_ref().map(Url::to_string).unwrap_or_default();
        let matcher = Matcher::builder().http(text(&http)).https(text(&https)).no(no.clone()).build();
        Ok(Self { http, https, no, matcher })
    }

    /// Makes a client use these and no others: by itself it would read the environment.
    pub(super) fn used_by(&self, client: ClientBuilder) -> Result<ClientBuilder, reqwest::Error> {
        let no = || NoProxy::from_string(&self.no);
        let http = self.http.clone().map(Proxy::http).transpose()?;
        let https = self.https.clone().map(Proxy::https).transpose()?;
        let proxies = http.into_iter().chain(https);
        Ok(proxies.fold(client.no_proxy(), |client, proxy| client.proxy(proxy.no_proxy(no()))))
    }

    /// Whether a request to there goes through one.
    pub(super) fn take(&self, origin: &Origin) -> bool {
        origin.to_string().parse().is_ok_and(|uri| self.matcher.intercept(&uri).is_some())
    }
}

/// A proxy as a variable names it: with a scheme or without, of HTTP or SOCKS.
fn proxy(value: &str) -> Option<Url> {
    // What the client accepts decides; its own parser is more lenient where a login is not encoded, and would look for a
    // host that is half of a password.
    let usable =
        |value: &str| Matcher::builder().all(value).build().intercept(&http::Uri::from_static("http://a.test/"));
    usable(value)?;
    let url = if value.contains("://") { Url::parse(value) } else { Url::parse(&format!("http://{value}")) }.ok()?;
    let cut = url[url::Position::AfterPort..].contains('@');
    let usable = usable(url.as_str()).filter(|_| url.host_str().is_some_and(|host| !host.is_empty()) && !cut);
    usable.map(|_| url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uri::RemoteUri;

    fn proxies(vars: &[(&str, &str)]) -> Result<Proxies, SetupError> {
        Proxies::from_vars(|name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn a_variable_that_names_no_proxy_is_named_and_its_value_is_not() {
        // A value, and whether it names a proxy.
        let table = [
            ("", true),
            ("proxy.test", true),
            ("proxy.test:3128", true),
            ("http://proxy.test:3128", true),
            ("http://proxy.test:3128/", true),
            ("HTTPS://proxy.test", true),
            ("http://me:s3cr3t@proxy.test:3128", true),
            ("me:s3cr3t@proxy.test:3128", true),
            ("http://me:p%40s3cr3t%2F@proxy.test:3128", true),
            ("http://[::1]:3128", true),
            ("socks4://proxy.test", true),
            ("socks4a://proxy.test", true),
            ("socks5://me:s3cr3t@proxy.test:1080", true),
            ("socks5h://proxy.test", true),
            (" ", false),
            ("s3cr3t proxy", false),
            ("ftp://s3cr3t.test", false),
            ("socks://s3cr3t.test", false),
            ("http:/s3cr3t.test", false),
            ("http://", false),
            ("socks5://", false),
            ("http://me:s3cr3t/7@proxy.test:3128", false),
            ("http://me:s3cr3t?7@proxy.test:3128", false),
            ("http://me:s3cr3t#7@proxy.test:3128", false),
            ("http://me:1/s3cr3t@proxy.test:3128", false),
            ("http://proxy.test:s3cr3t", false),
            ("http://proxy.test:65536", false),
            ("http://s3cr3t.test\n", false),
        ];
        for (value, is_proxy) in table {
            for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
                let read = proxies(&[(variable, value)]);
                if is_proxy {
                    assert!(read.is_ok(), "{variable}={value}");
                } else {
                    let failed = read.unwrap_err();
                    assert!(failed.to_string().starts_with(&format!("{variable} names no proxy")), "{value}: {failed}");
                    assert!(!format!("{failed} {failed:?}").contains("s3cr3t"), "{value}: {failed:?}");
                }
            }
        }
        assert!(proxies(&[("HTTP_PROXY", "ftp://a.test"), ("REQUEST_METHOD", "GET")]).is_ok());
    }

    #[test]
    fn which_requests_go_through_a_proxy() {
        let (p, q) = ("http://me:s3cr3t@proxy.test:3128", "q.test");
        // Variables, a URI, and whether it goes through a proxy.
        let table: [(&[(&str, &str)], &str, bool); 13] = [
            (&[], "https://a.test/", false),
            (&[("HTTPS_PROXY", p)], "https://a.test/", true),
            (&[("HTTPS_PROXY", p)], "http://a.test/", false),
            (&[("https_proxy", q)], "https://a.test:8443/", true),
            (&[("HTTP_PROXY", p)], "http://a.test/", true),
            (&[("HTTP_PROXY", p)], "https://a.test/", false),
            (&[("ALL_PROXY", q)], "https://a.test/", true),
            (&[("all_proxy", q)], "http://[2001:db8::1]/", true),
            (&[("ALL_PROXY", ""), ("all_proxy", q)], "http://a.test/", false),
            (&[("ALL_PROXY", p), ("NO_PROXY", "a.test")], "https://b.a.test/", false),
            (&[("ALL_PROXY", p), ("NO_PROXY", "a.test")], "https://b.test/", true),
            (&[("ALL_PROXY", p), ("no_proxy", "10.0.0.0/8")], "http://10.1.2.3/", false),
            (&[("ALL_PROXY", p), ("REQUEST_METHOD", "GET")], "https://a.test/", false),
        ];
        for (vars, uri, expected) in table {
            let proxies = proxies(vars).unwrap();
            let uri = RemoteUri::parse(uri).unwrap();
            assert_eq!(proxies.take(uri.origin().unwrap()), expected, "{vars:?} {uri}");
            assert!(!format!("{proxies:?}").contains("s3cr3t"));
        }
    }
}
