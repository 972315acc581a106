//! What each node held when, once a rotation is over.

use std::time::Duration;

/// Which file a process has taken over: that of before the rotation, or of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    Before,
    Staged,
    Promoted,
    Retired,
}

impl Version {
    pub(crate) const STEPS: [(Self, &'static str); 3] =
        [(Self::Staged, "stage"), (Self::Promoted, "promote"), (Self::Retired, "retire")];

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Whether it sends the new token.
    pub(crate) fn sends_new(self) -> bool {
        self >= Self::Promoted
    }

    /// Whether it accepts the new token, or else the old one.
    pub(crate) fn accepts(self, new: bool) -> bool {
        if new { self >= Self::Staged } else { self < Self::Retired }
    }

    /// The step after this one.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Before => Some(Self::Staged),
            Self::Staged => Some(Self::Promoted),
            Self::Promoted => Some(Self::Retired),
            Self::Retired => None,
        }
    }
}

/// One node's course.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// From when on it held what, or was down. In order of time.
    states: Vec<(Duration, Option<Version>)>,
}

impl Timeline {
    pub(crate) fn new() -> Self {
        Self { states: vec![(Duration::ZERO, Some(Version::Before))] }
    }

    pub(crate) fn push(&mut self, at: Duration, state: Option<Version>) {
        self.states.push((at, state));
    }

    /// What it held at a time; none while it was down. The newest of what came at one moment counts.
    pub(crate) fn at(&self, time: Duration) -> Option<Version> {
        let after = self.states.partition_point(|(from, _)| *from <= time);
        after.checked_sub(1).and_then(|last| self.states[last].1)
    }

    /// When it held this version or a later one for the first time.
    pub(crate) fn first(&self, version: Version) -> Option<Duration> {
        self.states.iter().find(|(_, state)| state.is_some_and(|held| held >= version)).map(|(from, _)| *from)
    }

    /// From when on it never held an earlier one.
    pub(crate) fn for_good(&self, version: Version) -> Option<Duration> {
        let is_earlier = |state: &Option<Version>| state.is_some_and(|held| held < version);
        let last = self.states.iter().rposition(|(_, state)| is_earlier(state));
        let rest = &self.states[last.map_or(0, |last| last + 1)..];
        // While it is down it neither sends nor accepts anything, so it is done with the earlier one then.
        rest.iter().any(|(_, state)| state.is_some()).then(|| rest[0].0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    #[test]
    fn what_is_sent_is_accepted_one_step_apart() {
        use Version::{Before, Promoted, Retired, Staged};
        let refused = [(Promoted, Before), (Retired, Before), (Before, Retired), (Staged, Retired)];
        let versions = [Before, Staged, Promoted, Retired];
        for (sender, receiver) in versions.iter().flat_map(|sender| versions.map(|receiver| (*sender, receiver))) {
            let accepted = receiver.accepts(sender.sends_new());
            assert_eq!(accepted, !refused.contains(&(sender, receiver)), "{sender:?} to {receiver:?}");
            assert!(accepted || sender.index().abs_diff(receiver.index()) > 1, "{sender:?} to {receiver:?}");
        }
    }

    #[test]
    fn a_timeline_tells_what_was_held_and_since_when() {
        let mut timeline = Timeline::new();
        timeline.push(at(10), Some(Version::Staged));
        timeline.push(at(20), None);
        timeline.push(at(30), Some(Version::Before));
        timeline.push(at(40), Some(Version::Promoted));
        let table = [
            (0, Some(Version::Before)),
            (9, Some(Version::Before)),
            (10, Some(Version::Staged)),
            (25, None),
            (30, Some(Version::Before)),
            (99, Some(Version::Promoted)),
        ];
        for (second, expected) in table {
            assert_eq!(timeline.at(at(second)), expected, "{second}");
        }
        assert_eq!(timeline.first(Version::Staged), Some(at(10)));
        assert_eq!(timeline.for_good(Version::Staged), Some(at(40)), "it fell back");
        assert_eq!(timeline.first(Version::Retired), None);
        assert_eq!(timeline.for_good(Version::Retired), None);
        assert_eq!(Timeline::new().for_good(Version::Before), Some(at(0)));
    }
}
