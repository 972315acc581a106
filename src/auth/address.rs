//! Where an address leads, and over what.

use std::path::PathBuf;

use http::Uri;
use http::uri::{Authority, Scheme};

use super::connect_error::ConnectError;
use super::plaintext::is_loopback;

/// What bytes go over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// TCP, as it is.
    Plain,
    /// TCP, encrypted.
    Tls,
    /// A socket on this machine.
    Unix(PathBuf),
}

/// A place to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The host and port; `localhost` for a socket on this machine.
    pub(super) authority: Authority,
    pub(super) route: Route,
}

impl Address {
    /// Reads `host:port`, `http://…`, `https://…` or `unix:/path`. With `tls`, a mere host and port are reached with TLS, as in
    /// Ray.
    pub(super) fn parse(address: &str, tls: bool) -> Result<Self, ConnectError> {
        // What stands before an @ may be a password: it is not repeated.
        let shown = || address.rsplit_once('@').map_or(address.to_owned(), |(_, host)| format!("…@{host}"));
        let invalid = || ConnectError::Address { address: shown() };
        if address.starts_with("unix-abstract:") {
            return Err(ConnectError::Socket { address: shown() });
        }
        if let Some(path) = address.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if !path.starts_with('/') || path.contains('\0') {
                return Err(ConnectError::Socket { address: shown() });
            }
            return Ok(Self { authority: Authority::from_static("localhost"), route: Route::Unix(path.into()) });
        }
        let with_scheme = match (address.contains("://"), tls) {
            (true, _) => address.to_owned(),
            (false, true) => format!("https://{address}"),
            (false, false) => format!("http://{address}"),
        };
        Self::of(&with_scheme.parse().map_err(|_| invalid())?, tls).map_err(|error| error.unwrap_or_else(invalid))
    }

    /// The same of a URI that is whole. Nothing is said of one that is no address.
    pub(super) fn of(uri: &Uri, tls: bool) -> Result<Self, Option<ConnectError>> {
        let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or(None)?;
        // After a port that is none, another would be taken.
        let whole = authority.port_u16().is_some() || authority.as_str() == authority.host();
        if authority.as_str().contains('@') || !whole {
            return Err(None);
        }
        let route = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS && tls => Route::Tls,
            Some(scheme) if *scheme == Scheme::HTTPS => return Err(Some(ConnectError::Tls)),
            // Whoever set up TLS does not mean to do without it on the network. On this machine something may stand
            // before the server that takes plaintext.
            Some(scheme) if *scheme == Scheme::HTTP && tls && !is_loopback(authority.host()) => {
                return Err(Some(ConnectError::Unencrypted { host: authority.host().to_owned() }));
            }
            Some(scheme) if *scheme == Scheme::HTTP => Route::Plain,
            _ => return Err(None),
        };
        Ok(Self { authority: authority.clone(), route })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_over_one_route_and_never_falls_back_to_plaintext() {
        let unix = |path: &str| Ok(Route::Unix(path.into()));
        let plain = || Ok(Route::Plain);
        let error = Err::<Route, &str>;
        // Without TLS, and with it.
        let table = [
            ("127.0.0.1:6379", plain(), Ok(Route::Tls)),
            ("head.example:6379", plain(), Ok(Route::Tls)),
            ("[::1]:6379", plain(), Ok(Route::Tls)),
            ("http://127.0.0.1:6379", plain(), plain()),
            ("http://localhost:6379", plain(), plain()),
            ("http://head.example:6379", plain(), error("plaintext to \"head.example\"")),
            ("HTTP://10.0.0.1:6379", plain(), error("plaintext to \"10.0.0.1\"")),
            ("https://head.example:6379", error("RAY_USE_TLS"), Ok(Route::Tls)),
            ("HTTPS://head.example:6379", error("RAY_USE_TLS"), Ok(Route::Tls)),
            ("unix:///run/ray/gcs.sock", unix("/run/ray/gcs.sock"), unix("/run/ray/gcs.sock")),
            ("unix:/run/ray/gcs.sock", unix("/run/ray/gcs.sock"), unix("/run/ray/gcs.sock")),
            ("unix:gcs.sock", error("whole path"), error("whole path")),
            ("unix://gcs.sock", error("whole path"), error("whole path")),
            ("unix:", error("whole path"), error("whole path")),
            ("unix:@abstract", error("whole path"), error("whole path")),
            ("unix-abstract:name", error("whole path"), error("whole path")),
            ("head.example:port", error("is not an address"), error("is not an address")),
            ("https://head.example:", error("is not an address"), error("is not an address")),
            ("ftp://127.0.0.1", error("is not an address"), error("is not an address")),
            ("https://user:secret@head", error("…@head"), error("…@head")),
            ("user:secret@head:6379", error("…@head"), error("…@head")),
            ("", error("is not an address"), error("is not an address")),
        ];
        for (address, without, with) in table {
            for (tls, expected) in [(false, without), (true, with)] {
                match (Address::parse(address, tls).map(|address| address.route), expected) {
                    (Ok(route), Ok(expected)) => assert_eq!(route, expected, "{address} {tls}"),
                    (Err(error), Err(part)) => {
                        assert!(error.to_string().contains(part), "{address} {tls}: {error}");
                        assert!(!error.to_string().contains("secret"), "{address}");
                    }
                    (route, _) => panic!("{address} {tls} gave {route:?}"),
                }
            }
        }
    }
}
