//! Sending the token where others on the network can read it.

use http::Uri;

/// What to do when the token would travel unencrypted to another host.
///
/// Bytes to a loopback address or a Unix socket do not leave this machine, so neither is looked at. Ray's own traffic is
/// plaintext unless `RAY_USE_TLS` is set, so refusing by default would refuse most clusters; on a network that others
/// share, set it, and use [`PlaintextPolicy::Refuse`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaintextPolicy {
    /// Connect, and log a warning the first time.
    #[default]
    Warn,
    /// Do not connect.
    Refuse,
}

/// The token would travel in plaintext, and the policy forbids it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the token would travel in plaintext to {host:?}; set RAY_USE_TLS=1 with its three files on both sides, or allow it with PlaintextPolicy::Warn on a network nobody else can read"
)]
pub struct PlaintextError {
    host: String,
}

impl PlaintextError {
    /// Some when `uri` sends bytes unencrypted to another host.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let host = uri.host().unwrap_or_default();
        let encrypted = uri.scheme_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        (!encrypted && !is_loopback(host)).then(|| Self { host: host.to_owned() })
    }
}

/// Whether bytes to `host` stay on this machine. A name is believed only if it is `localhost`.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    address
        .parse::<std::net::IpAddr>()
        .map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintext_is_anything_unencrypted_that_leaves_this_machine() {
        let table = [
            ("http://127.0.0.1:6379", false),
            ("http://127.255.0.9:6379", false),
            ("http://[::1]:6379", false),
            ("http://[::ffff:127.0.0.1]:6379", false),
            ("http://localhost:6379", false),
            ("http://LOCALHOST", false),
            ("https://head.example:6379", false),
            ("HTTPS://10.0.0.1", false),
            ("http://10.0.0.1:6379", true),
            ("http://0.0.0.0:6379", true),
            ("http://head.example", true),
            ("http://localhost.evil.example", true),
            ("http://127.0.0.1.evil.example", true),
            ("http://127.0.0.1@evil.example", true),
            ("http://[2001:db8::1]:6379", true),
            ("head.example:6379", true),
        ];
        for (uri, plaintext) in table {
            assert_eq!(PlaintextError::of(&uri.parse().unwrap()).is_some(), plaintext, "{uri}");
        }
    }
}
