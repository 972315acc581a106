//! How many reviews may be under way, in all and for one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Counts reviews that are under way. Held under the flights' lock.
pub(crate) struct Limits {
    most: usize,
    under_way: usize,
    by_peer: HashMap<Option<IpAddr>, usize>,
}

impl Limits {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, under_way: 0, by_peer: HashMap::new() }
    }

    /// Takes a place for a peer; false when there is none. One address has at most a quarter of all.
    pub(crate) fn enter(&mut self, peer: Option<IpAddr>) -> bool {
        let peer = network(peer);
        let share = (self.most / 4).max(1);
        let own = self.by_peer.get(&peer).copied().unwrap_or_default();
        if self.under_way >= self.most || own >= share {
            return false;
        }
        self.under_way += 1;
        self.by_peer.insert(peer, own + 1);
        true
    }

    /// Gives a place back.
    pub(crate) fn leave(&mut self, peer: Option<IpAddr>) {
        let peer = network(peer);
        self.under_way -= 1;
        match self.by_peer.get_mut(&peer) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(self.by_peer.remove(&peer)),
        }
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(peer: Option<IpAddr>) -> Option<IpAddr> {
    peer.map(|peer| match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_holds_at_most_a_quarter() {
        let mut limits = Limits::new(8);
        let peer = |text: &str| Some(text.parse().unwrap());
        let table = [
            ("10.0.0.1", true),
            ("10.0.0.1", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db8::2", true),
            ("2001:db8::ffff", false),
            ("2001:db8:0:1::1", true),
            ("10.0.0.2", true),
            ("10.0.0.2", true),
            ("10.0.0.3", true),
            ("10.0.0.4", false),
        ];
        for (address, enters) in table {
            assert_eq!(limits.enter(peer(address)), enters, "{address}");
        }
        limits.leave(peer("2001:db8::9"));
        assert!(limits.enter(peer("2001:db8::3")));
        assert!(!limits.enter(None), "all are under way");
        for address in
            ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.3", "2001:db8::", "2001:db8::", "2001:db8:0:1::"]
        {
            limits.leave(peer(address));
        }
        assert_eq!((limits.under_way, limits.by_peer.len()), (0, 0));
        assert!(limits.enter(None) && limits.enter(None) && !limits.enter(None), "who is unknown is one");
    }

    #[test]
    fn a_small_limit_lets_somebody_in() {
        let mut limits = Limits::new(1);
        assert!(limits.enter(None) && !limits.enter(None));
    }
}
