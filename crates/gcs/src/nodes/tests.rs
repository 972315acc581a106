use bytes::Bytes;
use prost::Message;
use ray_auth::proto::gcs_node_info::GcsNodeState;
use ray_auth::proto::get_all_node_info_request::{NodeSelector, node_selector};
use ray_auth::proto::node_death_info::Reason;
use ray_auth::proto::node_snapshot::State;
use ray_auth::proto::{GcsNodeInfo, GetAllNodeAddressAndLivenessRequest, GetAllNodeInfoRequest, NodeDeathInfo};

use super::{NODE_ID_LEN, NodeTable, Query};
use crate::bounds::{BoundError, Bounds};

fn id(number: u8) -> Bytes {
    Bytes::from(vec![number; NODE_ID_LEN])
}

fn node(number: u8) -> GcsNodeInfo {
    GcsNodeInfo {
        node_id: id(number),
        node_name: format!("node-{number}"),
        node_manager_address: format!("10.0.0.{}", number % 3),
        ..GcsNodeInfo::default()
    }
}

fn head(number: u8) -> GcsNodeInfo {
    GcsNodeInfo { is_head_node: true, ..node(number) }
}

fn death() -> NodeDeathInfo {
    NodeDeathInfo { reason: Reason::ExpectedTermination.into(), reason_message: "scaled down".to_owned() }
}

/// Nodes 0 (the head) to 5, of which 4 and 5 are dead.
fn cluster() -> NodeTable {
    let table = NodeTable::new(Bounds::default());
    table.register(head(0)).unwrap();
    (1..6).for_each(|number| table.register(node(number)).unwrap());
    table.unregister(&id(4), death());
    table.unregister(&id(5), death());
    table
}

/// The numbers of the nodes that a query finds, and how many there are in all.
fn found(table: &NodeTable, query: impl Into<Query>) -> (Vec<u8>, usize) {
    let found = table.find(&query.into(), Message::encoded_len).unwrap();
    (found.nodes.iter().map(|node| node.node_id[0]).collect(), found.total)
}

fn all(table: &NodeTable) -> Vec<u8> {
    found(table, GetAllNodeInfoRequest::default()).0
}

#[test]
fn queries() {
    use node_selector::NodeSelector::{IsHeadNode, NodeId, NodeIpAddress, NodeName};

    const ALIVE: Option<i32> = Some(GcsNodeState::Alive as i32);
    const DEAD: Option<i32> = Some(GcsNodeState::Dead as i32);
    let name = |number: u8| NodeName(format!("node-{number}"));
    let address = |number: u8| NodeIpAddress(format!("10.0.0.{number}"));
    type Case = (&'static str, Option<i64>, Vec<node_selector::NodeSelector>, Option<i32>, &'static [u8]);
    let cases: Vec<Case> = vec![
        ("everything", None, vec![], None, &[0, 1, 2, 3, 4, 5]),
        ("alive", None, vec![], ALIVE, &[0, 1, 2, 3]),
        ("dead", None, vec![], DEAD, &[4, 5]),
        ("a state there is not", None, vec![], Some(7), &[]),
        ("limit", Some(2), vec![], None, &[0, 1]),
        ("limit reaches into the dead", Some(5), vec![], None, &[0, 1, 2, 3, 4]),
        ("limit of zero is none", Some(0), vec![], None, &[0, 1, 2, 3, 4, 5]),
        ("negative limit is none", Some(-1), vec![], None, &[0, 1, 2, 3, 4, 5]),
        ("by identifier", None, vec![NodeId(id(3)), NodeId(id(4)), NodeId(id(9))], None, &[3, 4]),
        ("by identifier and state", None, vec![NodeId(id(3)), NodeId(id(4))], DEAD, &[4]),
        ("by the same identifier twice", None, vec![NodeId(id(3)), NodeId(id(3))], None, &[3]),
        ("identifiers are a limit of their own", Some(1), vec![NodeId(id(2)), NodeId(id(3))], None, &[2, 3]),
        ("by name", None, vec![name(2)], None, &[2]),
        ("by address", None, vec![address(1)], None, &[1, 4]),
        ("by address, limited", Some(1), vec![address(1)], None, &[1]),
        ("any of several", None, vec![name(2), NodeId(id(3)), address(1)], None, &[1, 2, 3, 4]),
        ("heads", None, vec![IsHeadNode(true)], None, &[0]),
        ("all but heads", None, vec![IsHeadNode(false)], ALIVE, &[1, 2, 3]),
        ("nothing fits", None, vec![name(9)], None, &[]),
    ];
    let table = cluster();
    for (what, limit, selectors, state_filter, expected) in cases {
        let node_selectors =
            selectors.into_iter().map(|selector| NodeSelector { node_selector: Some(selector) }).collect();
        let request = GetAllNodeInfoRequest { limit, node_selectors, state_filter };
        assert_eq!(found(&table, request), (expected.to_vec(), 6), "{what}");
    }
    let empty = GetAllNodeInfoRequest { node_selectors: vec![NodeSelector::default()], ..Default::default() };
    assert_eq!(found(&table, empty), (vec![], 6), "a selector that selects nothing");
}

#[test]
fn queries_for_addresses() {
    type Case = (&'static str, Vec<Bytes>, Option<i64>, Option<i32>, &'static [u8]);
    let cases: Vec<Case> = vec![
        ("everything", vec![], None, None, &[0, 1, 2, 3, 4, 5]),
        ("limit", vec![], Some(1), None, &[0]),
        ("dead", vec![], None, Some(GcsNodeState::Dead.into()), &[4, 5]),
        ("by identifier", vec![id(5), id(1), id(9)], None, None, &[1, 5]),
        ("by identifier and state", vec![id(5), id(1)], None, Some(GcsNodeState::Alive.into()), &[1]),
    ];
    let table = cluster();
    for (what, node_ids, limit, state_filter, expected) in cases {
        let request = GetAllNodeAddressAndLivenessRequest { node_ids, limit, state_filter };
        assert_eq!(found(&table, request), (expected.to_vec(), 6), "{what}");
    }
}

#[test]
fn a_node_is_registered_alive_whatever_it_says() {
    let table = NodeTable::new(Bounds::default());
    let claims = GcsNodeInfo { state: 1, end_time_ms: 7, death_info: Some(death()), start_time_ms: 3, ..node(1) };
    table.register(claims).unwrap();
    let kept = table.find(&Query::default(), Message::encoded_len).unwrap().nodes.remove(0);
    assert_eq!(*kept, GcsNodeInfo { start_time_ms: 3, ..node(1) });
    assert!(table.is_alive(&id(1)));
}

#[test]
fn a_node_that_is_alive_is_not_replaced() {
    let table = NodeTable::new(Bounds::default());
    table.register(node(1)).unwrap();
    table.register(GcsNodeInfo { node_name: "other".to_owned(), ..node(1) }).unwrap();
    let kept = table.find(&Query::default(), Message::encoded_len).unwrap().nodes.remove(0);
    assert_eq!(*kept, node(1));
}

#[test]
fn a_dead_node_keeps_the_reason_and_the_time() {
    let table = cluster();
    let request = GetAllNodeAddressAndLivenessRequest { node_ids: vec![id(4)], ..Default::default() };
    let dead = table.find(&request.into(), Message::encoded_len).unwrap().nodes.remove(0);
    assert_eq!(dead.state(), GcsNodeState::Dead);
    assert_eq!(dead.death_info, Some(death()));
    assert!(dead.end_time_ms > 0);
    assert!(!table.is_alive(&id(4)));

    let at = dead.end_time_ms;
    table.unregister(&id(4), NodeDeathInfo::default());
    let request = GetAllNodeAddressAndLivenessRequest { node_ids: vec![id(4)], ..Default::default() };
    let dead = table.find(&request.into(), Message::encoded_len).unwrap().nodes.remove(0);
    assert_eq!((dead.death_info.clone(), dead.end_time_ms), (Some(death()), at), "it dies once");
}

#[test]
fn unknown_nodes_are_neither_drained_nor_unregistered() {
    let table = cluster();
    table.unregister(&id(9), death());
    table.drain(&id(9));
    table.drain(&id(4));
    assert_eq!(all(&table), [0, 1, 2, 3, 4, 5]);
    assert!(!table.is_alive(&id(9)));
}

#[test]
fn a_drained_node_is_alive_and_says_so() {
    let table = cluster();
    table.drain(&id(2));
    let nodes = table.find(&Query::default(), Message::encoded_len).unwrap().nodes;
    for node in nodes {
        let draining = node.state_snapshot.as_ref().is_some_and(|snapshot| snapshot.state() == State::Draining);
        assert_eq!(draining, node.node_id == id(2), "{:?}", node.node_name);
    }
    assert!(table.is_alive(&id(2)));
}

#[test]
fn a_new_head_takes_the_place_of_the_old_one() {
    let table = cluster();
    table.register(head(7)).unwrap();
    assert!(!table.is_alive(&id(0)));
    assert!(table.is_alive(&id(7)));
    assert_eq!(table.usage(), (4, 3));
}

#[test]
fn a_node_can_come_back() {
    let table = cluster();
    table.register(node(4)).unwrap();
    assert!(table.is_alive(&id(4)));
    assert_eq!(table.usage(), (5, 1));
    table.unregister(&id(4), death());
    assert_eq!(table.usage(), (4, 2));
}

#[test]
fn the_first_who_died_is_forgotten_first() {
    let table = NodeTable::new(Bounds { dead_nodes: 2, ..Bounds::default() });
    for number in [5, 1, 3, 2] {
        table.register(node(number)).unwrap();
        table.unregister(&id(number), death());
    }
    assert_eq!(all(&table), [2, 3]);
    table.register(node(3)).unwrap();
    table.unregister(&id(3), death());
    table.register(node(9)).unwrap();
    table.unregister(&id(9), death());
    assert_eq!(all(&table), [3, 9]);
}

#[test]
fn what_passes_a_bound_is_refused_and_changes_nothing() {
    let bounds = Bounds { nodes: 2, node_bytes: 200, ..Bounds::default() };
    let long = GcsNodeInfo { temp_dir: "x".repeat(200), ..node(9) };
    let len = long.encoded_len();
    type Case = (&'static str, GcsNodeInfo, Result<(), BoundError>);
    let cases: Vec<Case> = vec![
        ("no identifier", GcsNodeInfo::default(), Err(BoundError::NodeId { len: 0, expected: 28 })),
        (
            "identifier too long",
            GcsNodeInfo { node_id: Bytes::from(vec![0; 29]), ..node(9) },
            Err(BoundError::NodeId { len: 29, expected: 28 }),
        ),
        ("too long", long, Err(BoundError::Node { len, limit: 200 })),
        ("one too many", node(9), Err(BoundError::Nodes { limit: 2 })),
        ("one that is there", node(1), Ok(())),
        ("a head in place of another", head(9), Ok(())),
    ];
    for (what, new, expected) in cases {
        let table = NodeTable::new(bounds.clone());
        table.register(head(0)).unwrap();
        table.register(node(1)).unwrap();
        assert_eq!(table.register(new), expected, "{what}");
        if expected.is_err() {
            assert_eq!(all(&table), [0, 1], "{what}");
        }
    }
}

#[test]
fn a_head_that_is_refused_leaves_the_old_one_alive() {
    let table = NodeTable::new(Bounds { nodes: 0, ..Bounds::default() });
    assert_eq!(table.register(head(1)), Err(BoundError::Nodes { limit: 0 }));
    assert_eq!(table.usage(), (0, 0));
}

#[test]
fn a_long_reason_is_cut_at_a_characters_edge() {
    let table = cluster();
    let reason_message = format!("x{}", "ä".repeat(5_000));
    table.unregister(&id(1), NodeDeathInfo { reason: 0, reason_message });
    let request = GetAllNodeAddressAndLivenessRequest { node_ids: vec![id(1)], ..Default::default() };
    let dead = table.find(&request.into(), Message::encoded_len).unwrap().nodes.remove(0);
    let kept = &dead.death_info.as_ref().unwrap().reason_message;
    assert_eq!(kept.len(), 4_095);
    assert!(kept.ends_with('ä'));
}

#[test]
fn a_reply_that_is_too_long_is_never_made() {
    let bounds = Bounds { value_bytes: 0, node_bytes: 1 << 20, ..Bounds::default() };
    let table = NodeTable::new(bounds);
    for number in 0..5 {
        table.register(GcsNodeInfo { temp_dir: "x".repeat(1 << 19), ..node(number) }).unwrap();
        table.register(GcsNodeInfo { temp_dir: "x".repeat(1 << 19), ..node(number + 100) }).unwrap();
    }
    let too_long = table.find(&Query::default(), Message::encoded_len).unwrap_err();
    assert_eq!(too_long, BoundError::Reply { limit: 4 << 20 });
    let some = GetAllNodeInfoRequest { limit: Some(7), ..Default::default() };
    assert_eq!(found(&table, some).0.len(), 7);
}

#[test]
fn what_is_kept_does_not_keep_the_message_it_came_in() {
    let message = Bytes::from(vec![3; 1 << 20]);
    let table = NodeTable::new(Bounds::default());
    table.register(GcsNodeInfo { node_id: message.slice(0..NODE_ID_LEN), ..node(3) }).unwrap();
    assert!(message.is_unique());
}
