//! Another server under the same load: what it is called, and where it is.

use std::net::SocketAddr;
use std::str::FromStr;

/// `NAME=ADDRESS`, as `Ray gcs_server=127.0.0.1:6379`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) address: SocketAddr,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or("not a name and an address; write NAME=127.0.0.1:PORT")?;
        let address: SocketAddr =
            address.parse().map_err(|_| format!("{address:?} is no address with a port; write NAME=127.0.0.1:PORT"))?;
        // A load of this kind is an attack when it meets somebody else's machine.
        if !address.ip().is_loopback() {
            return Err(format!("{address} is not on loopback; start the server on this machine"));
        }
        Ok(Self { name: name.to_owned(), address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_name_and_an_address_on_loopback() {
        let named = Named { name: "Ray gcs_server".into(), address: ([127, 0, 0, 1], 6379).into() };
        assert_eq!("Ray gcs_server=127.0.0.1:6379".parse(), Ok(named));
        for (text, named) in [
            ("127.0.0.1:6379", "write NAME="),
            ("=127.0.0.1:6379", "write NAME="),
            ("Ray=127.0.0.1", "no address with a port"),
            ("Ray=localhost:6379", "no address with a port"),
            ("Ray=192.0.2.1:6379", "not on loopback"),
        ] {
            let refused = text.parse::<Named>().unwrap_err();
            assert!(refused.contains(named), "{text}: {refused}");
        }
    }
}
