//! The host names that browsers are let in under.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Request;
use http::header::HOST;

/// `localhost`, all addresses, and the names that were allowed.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    names: Vec<Box<str>>,
}

impl Hosts {
    pub(super) fn allow(&mut self, name: &str) -> Result<(), HostError> {
        let valid = !name.is_empty()
            && name.len() <= 253
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            && !name.starts_with('.')
            && !name.ends_with('.');
        if !valid {
            return Err(HostError { name: name.to_owned() });
        }
        self.names.push(name.into());
        Ok(())
    }

    /// Whether all that a request says of the host it is for is allowed, and it says something.
    pub(super) fn allows<Q>(&self, request: &Request<Q>) -> bool {
        let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
        let headers = request.headers().get_all(HOST).into_iter().map(http::HeaderValue::as_bytes);
        let mut said = target.into_iter().chain(headers).peekable();
        said.peek().is_some() && said.all(|host| self.allows_host(host))
    }

    /// `host` has a port or none.
    fn allows_host(&self, host: &[u8]) -> bool {
        let Ok(host) = std::str::from_utf8(host) else { return false };
        if let Some((address, rest)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            return address.parse::<Ipv6Addr>().is_ok()
                && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
        }
        let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
        let known = || {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<Ipv4Addr>().is_ok()
                || self.names.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
        };
        port.is_none_or(is_port) && known()
    }
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Text that is not a host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is not a host name; write it like dashboard.example, without scheme and port (addresses need not be allowed)"
)]
pub struct HostError {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_others_can_own_must_be_allowed() {
        let mut hosts = Hosts::default();
        hosts.allow("dashboard.example").unwrap();
        let table: &[(&str, &[&str], bool)] = &[
            ("/", &["localhost"], true),
            ("/", &["LocalHost:8265"], true),
            ("/", &["127.0.0.1:8265"], true),
            ("/", &["10.0.0.1"], true),
            ("/", &["[::1]:8265"], true),
            ("/", &["[2001:db8::1]"], true),
            ("/", &["dashboard.example:8265"], true),
            ("/", &["DASHBOARD.example"], true),
            ("http://localhost:8265/", &["localhost:8265"], true),
            ("http://localhost:8265/", &[], true),
            ("/", &[], false),
            ("/", &[""], false),
            ("/", &["rebind.test"], false),
            ("/", &["rebind.test:8265"], false),
            ("/", &["a.dashboard.example"], false),
            ("/", &["dashboard.example.rebind.test"], false),
            ("/", &["dashboard.example."], false),
            ("/", &["localhost."], false),
            ("/", &["localhost@rebind.test"], false),
            ("/", &["localhost:80@rebind.test"], false),
            ("/", &["localhost:"], false),
            ("/", &["localhost:80:80"], false),
            ("/", &["[::1"], false),
            ("/", &["[::1]x"], false),
            ("/", &["[localhost]"], false),
            ("/", &["::1"], false),
            ("/", &["127.1"], false),
            ("/", &["localhost", "rebind.test"], false),
            ("http://localhost/", &["rebind.test"], false),
            ("http://rebind.test/", &["localhost"], false),
        ];
        for (target, headers, allowed) in table {
            let request = headers.iter().fold(Request::get(*target), |request, host| request.header(HOST, *host));
            assert_eq!(hosts.allows(&request.body(()).unwrap()), *allowed, "{target} {headers:?}");
        }
        let bytes = Request::get("/").header(HOST, &b"local\xffhost"[..]).body(()).unwrap();
        assert!(!hosts.allows(&bytes));
    }

    #[test]
    fn only_a_host_name_can_be_allowed() {
        for name in ["", "http://a", "a:1", "*.example", "a/b", ".a", "a.", "a b", "ä", "[::1]"] {
            assert!(Hosts::default().allow(name).is_err(), "{name:?}");
        }
    }
}
