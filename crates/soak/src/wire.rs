//! What the driver and its processes tell each other: one JSON object a line, on the process's stdin and stdout. No line
//! holds a token.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;

/// A process's place in the cluster, from 0, which is the GCS.
pub(crate) type Place = usize;

/// The place of the GCS.
pub(crate) const GCS: Place = 0;

/// What the driver tells a process to do. Each order has one answer, in the order in which they were given.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    /// Call these without pause, from now on.
    Call(Vec<Peer>),
    /// This one will be killed: calls of it may fail from now on.
    Down(Place),
    /// Answer when every caller of it has noticed that it is down, and waits.
    Noticed(Place),
    /// It is back: calls of it that begin now may no longer fail.
    Up(Place),
    /// Answer when every caller has had two more answers.
    Settle,
    /// Count the calls so far.
    Count,
    /// Let the calls that are open finish and begin no more.
    Stop,
}

/// What a process says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Said {
    /// It is there: the first line.
    Listening(SocketAddr),
    /// An order was carried out.
    Done,
    /// The answer to `Count`.
    Counted(Counts),
    /// A call failed that may not fail. Said at once, so that it is known even if the process is killed now.
    Failed(Failure),
}

/// A process to call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Peer {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
}

/// How many calls a process made since it started, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// By kind, in the order of [`Kind::ALL`].
    pub(crate) kinds: [Outcomes; 4],
    /// Connections that were opened for a few calls.
    pub(crate) connections: u64,
}

/// What came of calls of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcomes {
    /// Answered as they must be.
    pub(crate) answered: u64,
    /// Not answered, since the other process was killed meanwhile.
    pub(crate) excused: u64,
    /// Failed.
    pub(crate) failed: u64,
}

/// A failed call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// Who was called.
    pub(crate) callee: String,
    pub(crate) kind: Kind,
    /// What went wrong.
    pub(crate) what: String,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (sum, more) in self.kinds.iter_mut().zip(other.kinds) {
            sum.answered += more.answered;
            sum.excused += more.excused;
            sum.failed += more.failed;
        }
        self.connections += other.connections;
    }
}

impl Counts {
    /// All kinds together.
    pub(crate) fn total(&self) -> Outcomes {
        self.kinds.iter().fold(Outcomes::default(), |sum, more| Outcomes {
            answered: sum.answered + more.answered,
            excused: sum.excused + more.excused,
            failed: sum.failed + more.failed,
        })
    }
}
