//! The nodes of the cluster: who is alive, who died and why, in memory, bounded.

mod query;
mod service;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use prost::Message;
use ray_auth::proto::gcs_node_info::GcsNodeState;
use ray_auth::proto::node_death_info::Reason;
use ray_auth::proto::node_snapshot::State;
use ray_auth::proto::{GcsNodeInfo, NodeDeathInfo};

pub(crate) use self::query::Query;
use crate::bounds::{BoundError, Bounds, ReplyBudget};

/// Bytes of a node's identifier, as everywhere in Ray.
const NODE_ID_LEN: usize = 28;

/// The nodes. Every method takes the lock once and never waits for anything while it holds it.
#[derive(Debug)]
pub(crate) struct NodeTable {
    bounds: Bounds,
    table: RwLock<Table>,
}

type Nodes = BTreeMap<Bytes, Arc<GcsNodeInfo>>;

#[derive(Debug, Default)]
struct Table {
    alive: Nodes,
    dead: Nodes,
    /// The dead, in the order in which they died.
    order_of_death: VecDeque<Bytes>,
}

/// What a query found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The nodes, those alive first, each part sorted by identifier.
    pub(crate) nodes: Vec<Arc<GcsNodeInfo>>,
    /// How many nodes there are, alive and dead.
    pub(crate) total: usize,
}

impl NodeTable {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, table: RwLock::default() }
    }

    /// Adds a node, alive. One that is there and alive stays as it is. A head node takes the place of another, which
    /// then counts as dead: a cluster has one.
    ///
    /// # Errors
    ///
    /// When a bound is passed; the nodes are then as they were.
    pub(crate) fn register(&self, node: GcsNodeInfo) -> Result<(), BoundError> {
        let node = self.admissible(node)?;
        let now = now_ms();
        let mut table = self.write();
        if table.alive.contains_key(&node.node_id) {
            return Ok(());
        }
        let deposed: Vec<Bytes> = if node.is_head_node {
            table.alive.values().filter(|other| other.is_head_node).map(|other| other.node_id.clone()).collect()
        } else {
            Vec::new()
        };
        if table.alive.len() - deposed.len() >= self.bounds.nodes {
            return Err(BoundError::Nodes { limit: self.bounds.nodes });
        }
        for id in deposed {
            let death = NodeDeathInfo {
                reason: Reason::UnexpectedTermination.into(),
                reason_message: "another head node was registered".to_owned(),
            };
            table.bury(&id, death, now, self.bounds.dead_nodes);
        }
        table.forget(&node.node_id);
        table.alive.insert(node.node_id.clone(), Arc::new(node));
        Ok(())
    }

    /// Marks a node as dead. One that is not alive stays as it is.
    pub(crate) fn unregister(&self, id: &[u8], death: NodeDeathInfo) {
        let now = now_ms();
        self.write().bury(id, death, now, self.bounds.dead_nodes);
    }

    /// Marks a node as draining. One that is not alive stays as it is.
    pub(crate) fn drain(&self, id: &[u8]) {
        if let Some(node) = self.write().alive.get_mut(id) {
            Arc::make_mut(node).state_snapshot.get_or_insert_default().set_state(State::Draining);
        }
    }

    /// Whether a node is there and alive.
    pub(crate) fn is_alive(&self, id: &[u8]) -> bool {
        self.read().alive.contains_key(id)
    }

    /// The nodes a query asks for; `cost` is what one of them takes in the reply, in bytes.
    ///
    /// # Errors
    ///
    /// When they are too long for one reply.
    pub(crate) fn find(&self, query: &Query, cost: fn(&GcsNodeInfo) -> usize) -> Result<Found, BoundError> {
        let mut budget = ReplyBudget::new(&self.bounds);
        let table = self.read();
        let alive = table.alive.values().filter(|_| query.wants(GcsNodeState::Alive));
        let dead = table.dead.values().filter(|_| query.wants(GcsNodeState::Dead));
        let nodes = alive
            .chain(dead)
            .filter(|node| query.matches(node))
            .take(query.limit())
            .map(|node| {
                budget.take(cost(node))?;
                Ok(Arc::clone(node))
            })
            .collect::<Result<_, _>>()?;
        Ok(Found { nodes, total: table.alive.len() + table.dead.len() })
    }

    /// How many nodes are alive, and how many dead ones are remembered.
    pub(crate) fn usage(&self) -> (usize, usize) {
        let table = self.read();
        (table.alive.len(), table.dead.len())
    }

    /// The node as it is kept: alive, whatever it says of itself.
    fn admissible(&self, mut node: GcsNodeInfo) -> Result<GcsNodeInfo, BoundError> {
        if node.node_id.len() != NODE_ID_LEN {
            return Err(BoundError::NodeId { len: node.node_id.len(), expected: NODE_ID_LEN });
        }
        node.set_state(GcsNodeState::Alive);
        node.end_time_ms = 0;
        node.death_info = None;
        let len = node.encoded_len();
        if len > self.bounds.node_bytes {
            return Err(BoundError::Node { len, limit: self.bounds.node_bytes });
        }
        // The bytes that were decoded share the memory of the whole message.
        node.node_id = Bytes::copy_from_slice(&node.node_id);
        Ok(node)
    }

    // Nothing panics while it holds the lock, so a poisoned one is as good as any.
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Moves a node from the living to the dead, and forgets the longest dead when there are too many.
    fn bury(&mut self, id: &[u8], mut death: NodeDeathInfo, now: u64, remembered: usize) {
        let Some(mut node) = self.alive.remove(id) else { return };
        // A reason may be long, and nothing else bounds it.
        truncate(&mut death.reason_message, MAX_REASON_LEN);
        let dead = Arc::make_mut(&mut node);
        dead.set_state(GcsNodeState::Dead);
        dead.end_time_ms = now;
        dead.death_info = Some(death);
        self.order_of_death.push_back(node.node_id.clone());
        self.dead.insert(node.node_id.clone(), node);
        while self.dead.len() > remembered {
            let Some(first) = self.order_of_death.pop_front() else { break };
            self.dead.remove(&first);
        }
    }

    /// Takes a node out of the dead: it has come back.
    fn forget(&mut self, id: &[u8]) {
        if self.dead.remove(id).is_some() {
            self.order_of_death.retain(|dead| dead != id);
        }
    }
}

/// Bytes of a reason of death that are kept.
const MAX_REASON_LEN: usize = 4_096;

/// Cuts a text to at most `len` bytes, at a character's edge.
fn truncate(text: &mut String, len: usize) {
    if text.len() > len {
        let edge = (0..=len).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(edge);
        text.shrink_to_fit();
    }
}

/// Milliseconds since the Unix epoch; 0 for a clock that stands before it.
fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
