//! Which nodes a caller asks for.

use std::collections::HashSet;

use bytes::Bytes;
use ray_auth::proto::gcs_node_info::GcsNodeState;
use ray_auth::proto::get_all_node_info_request::node_selector::NodeSelector;
use ray_auth::proto::{GcsNodeInfo, GetAllNodeAddressAndLivenessRequest, GetAllNodeInfoRequest};

/// A request for nodes: those that at least one selector picks, in one state, at most so many.
#[derive(Debug, Default)]
pub(crate) struct Query {
    /// Without any, every node is picked. An empty selector picks none.
    selected: Option<Selected>,
    /// As it came: a number that names no state picks no node.
    state: Option<i32>,
    limit: Option<usize>,
}

#[derive(Debug, Default)]
struct Selected {
    ids: HashSet<Bytes>,
    names: HashSet<String>,
    addresses: HashSet<String>,
    /// Whether head nodes are picked, and whether all others are.
    head: bool,
    not_head: bool,
}

impl Selected {
    fn add(&mut self, selector: NodeSelector) {
        match selector {
            NodeSelector::NodeId(id) => {
                self.ids.insert(id);
            }
            NodeSelector::NodeName(name) => {
                self.names.insert(name);
            }
            NodeSelector::NodeIpAddress(address) => {
                self.addresses.insert(address);
            }
            NodeSelector::IsHeadNode(true) => self.head = true,
            NodeSelector::IsHeadNode(false) => self.not_head = true,
        }
    }

    fn is_of_ids_only(&self) -> bool {
        self.names.is_empty() && self.addresses.is_empty() && !self.head && !self.not_head
    }

    fn picks(&self, node: &GcsNodeInfo) -> bool {
        self.ids.contains(&node.node_id)
            || self.names.contains(&node.node_name)
            || self.addresses.contains(&node.node_manager_address)
            || if node.is_head_node { self.head } else { self.not_head }
    }
}

impl Query {
    /// Whether nodes in this state are asked for.
    pub(super) fn wants(&self, state: GcsNodeState) -> bool {
        self.state.is_none_or(|wanted| wanted == i32::from(state))
    }

    /// Whether this node is asked for, whatever its state.
    pub(super) fn matches(&self, node: &GcsNodeInfo) -> bool {
        self.selected.as_ref().is_none_or(|selected| selected.picks(node))
    }

    /// At most how many nodes are asked for. Like Ray, a list of identifiers is a limit of its own.
    pub(super) fn limit(&self) -> usize {
        let unlimited = self.selected.as_ref().is_some_and(Selected::is_of_ids_only);
        if unlimited { usize::MAX } else { self.limit.unwrap_or(usize::MAX) }
    }
}

/// The limit in a request: one that is not positive is none.
fn positive(limit: Option<i64>) -> Option<usize> {
    limit.filter(|&limit| limit > 0).map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

impl From<GetAllNodeInfoRequest> for Query {
    fn from(request: GetAllNodeInfoRequest) -> Self {
        let selected = (!request.node_selectors.is_empty()).then(|| {
            let mut selected = Selected::default();
            request.node_selectors.into_iter().filter_map(|selector| selector.node_selector).for_each(|selector| {
                selected.add(selector);
            });
            selected
        });
        Self { selected, state: request.state_filter, limit: positive(request.limit) }
    }
}

impl From<GetAllNodeAddressAndLivenessRequest> for Query {
    fn from(request: GetAllNodeAddressAndLivenessRequest) -> Self {
        let selected = (!request.node_ids.is_empty())
            .then(|| Selected { ids: request.node_ids.into_iter().collect(), ..Selected::default() });
        Self { selected, state: request.state_filter, limit: positive(request.limit) }
    }
}
