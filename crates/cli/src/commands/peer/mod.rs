//! Other processes: where they are, and whether our token may go there.

mod address;
mod ask;
mod dial;

use std::net::IpAddr;

pub(crate) use self::address::Address;
pub(crate) use self::ask::{Asked, Network, ask_all};
pub(crate) use self::dial::{Dialled, dial};

/// Whether our token may go there unencrypted: bytes to a loopback address do not leave this machine.
pub(crate) fn may_be_sent(peer: IpAddr, allow_plaintext: bool) -> bool {
    allow_plaintext || peer.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_token_stays_on_this_machine_unless_told_otherwise() {
        let table = [
            ("127.0.0.1", true),
            ("127.255.0.9", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("10.0.0.1", false),
            ("192.168.0.1", false),
            ("169.254.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("2001:db8::1", false),
        ];
        for (peer, expected) in table {
            let peer = peer.parse().unwrap();
            assert_eq!(may_be_sent(peer, false), expected, "{peer}");
            assert!(may_be_sent(peer, true), "{peer}");
        }
    }
}
