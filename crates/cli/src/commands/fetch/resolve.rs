//! An address for a host, as an argument.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// What to connect to for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolve {
    pub(super) host: String,
    /// Port 0 means the URI's.
    pub(super) address: SocketAddr,
}

impl FromStr for Resolve {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const BAD: &str = "give HOST=ADDRESS, such as packages.example=10.0.0.7 or packages.example=[::1]:8443";
        let (host, address) = text.split_once('=').filter(|(host, _)| !host.is_empty()).ok_or(BAD)?;
        let address = address.parse().or_else(|_| address.parse().map(|ip: IpAddr| SocketAddr::new(ip, 0)));
        Ok(Self { host: host.to_ascii_lowercase(), address: address.map_err(|_| BAD)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_with_or_without_a_port() {
        let table = [
            ("a.test=127.0.0.1", Some(("a.test", "127.0.0.1:0"))),
            ("A.Test=127.0.0.1:8443", Some(("a.test", "127.0.0.1:8443"))),
            ("a.test=::1", Some(("a.test", "[::1]:0"))),
            ("a.test=[::1]:8443", Some(("a.test", "[::1]:8443"))),
            ("a.test", None),
            ("=127.0.0.1", None),
            ("a.test=", None),
            ("a.test=b.test", None),
        ];
        for (text, expected) in table {
            let expected =
                expected.map(|(host, address)| Resolve { host: host.to_owned(), address: address.parse().unwrap() });
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
