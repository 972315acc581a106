//! How much an in-memory GCS holds, and what happens when it is asked to hold more.

use tonic::Status;

/// Room for a key, a namespace and the framing of a message, on top of its value.
const MESSAGE_SLACK: usize = 1_024;

/// The shortest limit on messages: what gRPC implementations allow by default.
const MESSAGE_FLOOR: usize = 4 * 1_024 * 1_024;

/// How much a [`Gcs`](crate::Gcs) holds.
///
/// All of it is memory of this process, so each part has a limit. A request that would pass one is refused as a whole
/// and changes nothing. Ray itself allows messages of 512 MB and has no limits on what is stored.
///
/// Only what callers send is counted; the bookkeeping for it is bounded by the numbers of keys and nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one key, and of one namespace. Default 64 KiB.
    pub key_bytes: usize,
    /// Bytes of one value. Default 16 MiB.
    pub value_bytes: usize,
    /// Keys in all namespaces together. Default 100,000.
    pub keys: usize,
    /// Bytes of all namespaces, keys and values together, the namespace counted with each of its keys. Default 256 MiB.
    pub total_bytes: usize,
    /// Nodes that are alive. Default 10,000.
    pub nodes: usize,
    /// Bytes of one node's description, encoded. Default 16 KiB.
    pub node_bytes: usize,
    /// Dead nodes that are remembered; beyond them the one that died first is forgotten. Default 1,000, as in Ray.
    pub dead_nodes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            key_bytes: 64 * 1_024,
            value_bytes: 16 * 1_024 * 1_024,
            keys: 100_000,
            total_bytes: 256 * 1_024 * 1_024,
            nodes: 10_000,
            node_bytes: 16 * 1_024,
            dead_nodes: 1_000,
        }
    }
}

impl Bounds {
    /// Bytes of one message, in either direction: the largest value that is allowed fits into one, with its key and
    /// namespace, and a message is never held to less than 4 MiB. A longer request, and a request whose reply would be
    /// longer, is refused with RESOURCE_EXHAUSTED.
    ///
    /// A message is taken in whole before it is judged, so each stream of a peer that has the token can make this
    /// process hold one.
    #[must_use]
    pub fn message_bytes(&self) -> usize {
        self.value_bytes
            .saturating_add(self.key_bytes.saturating_mul(2))
            .saturating_add(MESSAGE_SLACK)
            .max(MESSAGE_FLOOR)
    }
}

/// What a request asked for and the [`Bounds`] do not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundError {
    /// One key is too long.
    #[error("the key has {len} bytes and {limit} are allowed; use a shorter key")]
    Key {
        /// Bytes it has.
        len: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// One namespace is too long.
    #[error("the namespace has {len} bytes and {limit} are allowed; use a shorter namespace")]
    Namespace {
        /// Bytes it has.
        len: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// One value is too long.
    #[error("the value has {len} bytes and {limit} are allowed; store it elsewhere and keep its address here")]
    Value {
        /// Bytes it has.
        len: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// The store has as many keys as it may have.
    #[error("the store holds {limit} keys, as many as it may; delete some first")]
    Keys {
        /// Keys it may have.
        limit: usize,
    },
    /// The store would hold more bytes than it may.
    #[error("the store would hold {len} bytes and {limit} are allowed; delete some keys first")]
    TotalBytes {
        /// Bytes it would hold.
        len: usize,
        /// Bytes it may hold.
        limit: usize,
    },
    /// A node's identifier has the wrong length.
    #[error("the node identifier has {len} bytes; it must have {expected}")]
    NodeId {
        /// Bytes it has.
        len: usize,
        /// Bytes it must have.
        expected: usize,
    },
    /// A node's description is too long.
    #[error(
        "the node's description has {len} bytes and {limit} are allowed; register it with fewer labels or resources"
    )]
    Node {
        /// Bytes it has.
        len: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// The cluster has as many nodes as it may have.
    #[error("the cluster has {limit} live nodes, as many as it may; unregister some first")]
    Nodes {
        /// Nodes it may have.
        limit: usize,
    },
    /// The reply would be too long.
    #[error("the reply would have more than {limit} bytes; ask for less at a time")]
    Reply {
        /// Bytes it may have.
        limit: usize,
    },
}

impl From<BoundError> for Status {
    /// INVALID_ARGUMENT for what can never be stored, RESOURCE_EXHAUSTED for what could be at another time or in parts.
    fn from(error: BoundError) -> Self {
        let message = error.to_string();
        match error {
            BoundError::Key { .. }
            | BoundError::Namespace { .. }
            | BoundError::Value { .. }
            | BoundError::NodeId { .. }
            | BoundError::Node { .. } => Self::invalid_argument(message),
            BoundError::Keys { .. }
            | BoundError::TotalBytes { .. }
            | BoundError::Nodes { .. }
            | BoundError::Reply { .. } => Self::resource_exhausted(message),
        }
    }
}

/// Counts the bytes of a reply while it is put together, so that one that is too long is never made.
#[derive(Debug)]
pub(crate) struct ReplyBudget {
    left: usize,
    limit: usize,
}

impl ReplyBudget {
    /// What a length-delimited entry costs besides its content: tags and lengths, generously.
    const ENTRY: usize = 16;

    pub(crate) fn new(bounds: &Bounds) -> Self {
        let limit = bounds.message_bytes();
        Self { left: limit.saturating_sub(MESSAGE_SLACK), limit }
    }

    /// Takes room for one entry.
    ///
    /// # Errors
    ///
    /// When none is left.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), BoundError> {
        let cost = bytes.saturating_add(Self::ENTRY);
        self.left = self.left.checked_sub(cost).ok_or(BoundError::Reply { limit: self.limit })?;
        Ok(())
    }
}
