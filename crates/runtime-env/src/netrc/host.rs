//! The names of machines, and when two of them are the same.

use std::net::Ipv6Addr;

/// A machine's name, in the one form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Host {
    /// An address that has many spellings; which of them a URI's parser gives back is not for a file's author to know.
    Ipv6(Ipv6Addr),
    /// Everything else, in lower case.
    Name(String),
}

impl Host {
    pub(super) fn new(name: &str) -> Self {
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
        bare.parse().map_or_else(|_| Self::Name(name.to_ascii_lowercase()), Self::Ipv6)
    }

    /// Whether it ends with a port, as no host of a URI does.
    pub(super) fn has_port(&self) -> bool {
        let Self::Name(name) = self else { return false };
        let Some((host, port)) = name.rsplit_once(':') else { return false };
        let whole = host.starts_with('[') && host.ends_with(']') || !host.contains(':');
        whole && port.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether it holds what no host of a URI does: it is a URI itself, a pattern, or a name that is not in its ASCII form.
    pub(super) fn is_no_host(&self) -> bool {
        let Self::Name(name) = self else { return false };
        !name.is_ascii() || name.contains(['/', '@', '*', ' ', '\\', '?', '#'])
    }
}
