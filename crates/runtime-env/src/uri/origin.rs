//! Who is asked: what a credential belongs to.

use std::fmt;

use super::Scheme;

/// A scheme, a host and a port, as RFC 6454 has it. Two URIs with the same one are served by the same server; whatever
/// else differs, a credential for the one is not for the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Origin {
    pub(super) fn new(scheme: Scheme, host: String, port: u16) -> Self {
        Self { scheme, host, port }
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// In lower case; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, also where the URI leaves it out.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// `https://host:port`, always with the port.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        if host.contains(':') { write!(f, "{scheme}://[{host}]:{port}") } else { write!(f, "{scheme}://{host}:{port}") }
    }
}
