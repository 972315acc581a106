//! The handshakes under way, oldest first.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};

use tokio::task::AbortHandle;

/// How many there may be at once.
pub(super) const MAX_HANDSHAKES: usize = 256;

/// The handshakes under way, oldest first, among some that are over.
#[derive(Default)]
pub(super) struct Flight(VecDeque<(Option<IpAddr>, AbortHandle)>);

impl Flight {
    /// Before one more begins: the one to give up, when there are too many. The oldest of the address that has the most, so
    /// that one that opens connections faster than others finish theirs crowds out itself.
    pub(super) fn make_room(&mut self) -> Option<(Option<IpAddr>, AbortHandle)> {
        if self.0.len() < MAX_HANDSHAKES {
            return None;
        }
        self.0.retain(|(_, handshake)| !handshake.is_finished());
        if self.0.len() < MAX_HANDSHAKES {
            return None;
        }
        let mut counts = HashMap::<_, usize>::new();
        self.0.iter().for_each(|(peer, _)| *counts.entry(*peer).or_default() += 1);
        let (largest, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        let oldest = self.0.iter().position(|(peer, _)| *peer == largest)?;
        self.0.remove(oldest)
    }

    pub(super) fn add(&mut self, peer: Option<IpAddr>, handshake: AbortHandle) {
        self.0.push_back((peer.map(network), handshake));
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_has_the_most_under_way_gives_up_its_oldest() {
        let mut flight = Flight::default();
        let peer = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let pending = || tokio::spawn(std::future::pending::<()>()).abort_handle();
        let member = pending();
        flight.add(peer("10.0.0.7"), member.clone());
        let floods: Vec<_> = (1..MAX_HANDSHAKES).map(|_| pending()).collect();
        assert!(flight.make_room().is_none());
        for (place, flood) in floods.iter().enumerate() {
            flight.add(peer(&format!("2001:db8::{place:x}")), flood.clone());
        }
        for flood in &floods[..3] {
            let (address, given_up) = flight.make_room().unwrap();
            assert_eq!((address, given_up.id()), (peer("2001:db8::"), flood.id()));
            given_up.abort();
            flight.add(peer("2001:db8::ffff"), pending());
        }
        assert!(!member.is_finished());
    }
}
