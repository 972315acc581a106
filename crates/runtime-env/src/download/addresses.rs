//! Addresses for hosts, instead of those that the resolver knows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::ClientBuilder;

use super::SetupError;

/// The name that is this machine whatever a resolver says.
const LOOPBACK: &str = "localhost";

/// Hosts in lower case, each with its addresses in the order in which they were given.
#[derive(Debug, Default)]
pub(super) struct Addresses(Vec<(String, Vec<SocketAddr>)>);

impl Addresses {
    pub(super) fn add(&mut self, host: &str, address: SocketAddr) {
        let host = host.to_ascii_lowercase();
        match self.0.iter_mut().find(|(known, _)| *known == host) {
            Some((_, addresses)) => addresses.push(address),
            None => self.0.push((host, vec![address])),
        }
    }

    /// Whether each of them can have an effect, and is harmless.
    pub(super) fn check(&self) -> Result<(), SetupError> {
        for (host, addresses) in &self.0 {
            let refused = |reason| Err(SetupError::Address { host: format!("{host:?}"), reason });
            let is_address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
            if is_address {
                // Connections to addresses are made without asking for one.
                return refused("it is an address itself; name a host as it stands in the URI".to_owned());
            }
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            if host.is_empty() || !host.bytes().all(is_name) {
                // It is not shown: it may be a whole URI, with what such a one holds.
                let reason = "it is no name of a host; name one as it stands in the URI, without a port".to_owned();
                return Err(SetupError::Address { host: "what is given".to_owned(), reason });
            }
            let outside = addresses.iter().map(SocketAddr::ip).find(|ip| !ip.to_canonical().is_loopback());
            if let Some(ip) = outside.filter(|_| host == LOOPBACK) {
                let reason = format!(
                    "what goes there goes in the clear and must not leave this machine, and {ip} is another one; give \
                     127.0.0.1, or name another host"
                );
                return refused(reason);
            }
        }
        Ok(())
    }

    /// Makes a client use these.
    pub(super) fn used_by(&self, client: ClientBuilder) -> ClientBuilder {
        self.0.iter().fold(client, |client, (host, addresses)| client.resolve_to_addrs(host, addresses))
    }

    /// The same, and this machine's name with its addresses, if it has none yet: a resolver may lie, or ask the network.
    pub(super) fn with_loopback(mut self) -> Self {
        if !self.0.iter().any(|(host, _)| host == LOOPBACK) {
            let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()];
            self.0.push((LOOPBACK.to_owned(), addresses.map(|ip| SocketAddr::new(ip, 0)).to_vec()));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(given: &[(&str, &str)]) -> Addresses {
        let mut addresses = Addresses::default();
        for (host, address) in given {
            addresses.add(host, address.parse().unwrap());
        }
        addresses
    }

    #[test]
    fn what_has_no_effect_or_leads_away_from_this_machine_is_refused() {
        // A host, an address, and a part of the sentence.
        let table = [
            ("a.test", "10.0.0.7:0", None),
            ("A.test", "[2001:db8::1]:443", None),
            ("localhost", "127.0.0.2:0", None),
            ("localhost", "[::1]:8443", None),
            ("localhost", "[::ffff:127.0.0.1]:8443", None),
            ("127.0.0.1", "127.0.0.1:0", Some("it is an address itself")),
            ("::1", "127.0.0.1:0", Some("it is an address itself")),
            ("[2001:db8::1]", "127.0.0.1:0", Some("it is an address itself")),
            ("localhost", "10.0.0.7:0", Some("10.0.0.7 is another one")),
            ("LocalHost", "0.0.0.0:0", Some("0.0.0.0 is another one")),
            ("localhost", "[2001:db8::1]:0", Some("2001:db8::1 is another one")),
            ("", "10.0.0.7:0", Some("it is no name of a host")),
            ("a.test:8443", "10.0.0.7:0", Some("without a port")),
            ("https://me:s3cr3t@a.test", "10.0.0.7:0", Some("it is no name of a host")),
        ];
        for (host, address, expected) in table {
            let checked = addresses(&[(host, address)]).check();
            match expected {
                None => assert!(checked.is_ok(), "{host}={address}: {checked:?}"),
                Some(part) => {
                    let text = checked.unwrap_err().to_string();
                    let named =
                        if part.contains("address") || part.contains("another") { host } else { "what is given" };
                    assert!(
                        text.to_lowercase().contains(&named.to_lowercase()) && text.contains(part),
                        "{host}: {text}"
                    );
                    assert!(!text.contains("s3cr3t"), "{text}");
                }
            }
        }
        assert!(addresses(&[("localhost", "127.0.0.1:0"), ("localhost", "10.0.0.7:0")]).check().is_err());
    }

    #[test]
    fn a_host_can_have_several_addresses_and_this_machine_has_its_own() {
        let several = addresses(&[("a.test", "10.0.0.7:0"), ("b.test", "10.0.0.8:0"), ("A.TEST", "10.0.0.9:0")]);
        let list = |addresses: &[&str]| addresses.iter().map(|address| address.parse().unwrap()).collect::<Vec<_>>();
        let hosts = |expected: &[(&str, &[&str])]| {
            expected.iter().map(|(host, addresses)| ((*host).to_owned(), list(addresses))).collect::<Vec<_>>()
        };
        assert_eq!(several.0, hosts(&[("a.test", &["10.0.0.7:0", "10.0.0.9:0"]), ("b.test", &["10.0.0.8:0"])]));
        let alone = Addresses::default().with_loopback();
        assert_eq!(alone.0, hosts(&[("localhost", &["127.0.0.1:0", "[::1]:0"])]));
        let given = addresses(&[("localhost", "127.0.0.2:0")]).with_loopback();
        assert_eq!(given.0, hosts(&[("localhost", &["127.0.0.2:0"])]));
    }
}
