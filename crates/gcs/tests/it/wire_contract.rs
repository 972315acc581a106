//! The `.proto` files against Ray 2.60's packages, names, numbers and types.

use std::collections::BTreeMap;

use protox::prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

/// Every message of `ray.rpc` here, with its fields by number.
const MESSAGES: &[(&str, &[&str])] = &[
    (
        "CheckAliveReply",
        &["1 status GcsStatus", "2 ray_version string", "3 raylet_alive repeated bool", "4 is_leader optional bool"],
    ),
    ("CheckAliveRequest", &["1 node_ids repeated bytes"]),
    ("DrainNodeData", &["1 node_id bytes"]),
    ("DrainNodeReply", &["1 status GcsStatus", "2 drain_node_status repeated DrainNodeStatus"]),
    ("DrainNodeRequest", &["1 drain_node_data repeated DrainNodeData"]),
    ("DrainNodeStatus", &["1 node_id bytes"]),
    (
        "GcsNodeAddressAndLiveness",
        &[
            "1 node_id bytes",
            "2 node_manager_address string",
            "3 node_manager_port int32",
            "4 object_manager_port int32",
            "5 state GcsNodeInfo.GcsNodeState",
            "6 death_info NodeDeathInfo",
        ],
    ),
    (
        "GcsNodeInfo",
        &[
            "1 node_id bytes",
            "2 node_manager_address string",
            "3 raylet_socket_name string",
            "4 object_store_socket_name string",
            "5 node_manager_port int32",
            "6 object_manager_port int32",
            "7 state GcsNodeInfo.GcsNodeState",
            "8 node_manager_hostname string",
            "9 metrics_export_port int32",
            "11 resources_total map<string, double>",
            "12 node_name string",
            "13 instance_id string",
            "14 node_type_name string",
            "15 instance_type_name string",
            "23 start_time_ms uint64",
            "24 end_time_ms uint64",
            "25 is_head_node bool",
            "26 labels map<string, string>",
            "27 runtime_env_agent_port int32",
            "28 state_snapshot NodeSnapshot",
            "29 death_info NodeDeathInfo",
            "30 metrics_agent_port int32",
            "31 dashboard_agent_listen_port int32",
            "32 temp_dir string",
            "33 session_dir string",
        ],
    ),
    ("GcsStatus", &["1 code int32", "2 message string"]),
    ("GetAgentPIDsReply", &["1 dashboard_agent_pid optional int32", "2 runtime_env_agent_pid optional int32"]),
    ("GetAgentPIDsRequest", &[]),
    (
        "GetAllNodeAddressAndLivenessReply",
        &["1 status GcsStatus", "2 node_info_list repeated GcsNodeAddressAndLiveness"],
    ),
    (
        "GetAllNodeAddressAndLivenessRequest",
        &["1 node_ids repeated bytes", "2 limit optional int64", "3 state_filter optional GcsNodeInfo.GcsNodeState"],
    ),
    (
        "GetAllNodeInfoReply",
        &["1 status GcsStatus", "2 node_info_list repeated GcsNodeInfo", "3 total int64", "4 num_filtered int64"],
    ),
    (
        "GetAllNodeInfoRequest",
        &[
            "1 limit optional int64",
            "2 node_selectors repeated GetAllNodeInfoRequest.NodeSelector",
            "3 state_filter optional GcsNodeInfo.GcsNodeState",
        ],
    ),
    (
        "GetAllNodeInfoRequest.NodeSelector",
        &[
            "1 node_id oneof node_selector bytes",
            "2 node_name oneof node_selector string",
            "3 node_ip_address oneof node_selector string",
            "4 is_head_node oneof node_selector bool",
        ],
    ),
    ("GetClusterIdReply", &["1 status GcsStatus", "2 cluster_id bytes"]),
    ("GetClusterIdRequest", &[]),
    ("GetInternalConfigReply", &["1 status GcsStatus", "2 config string"]),
    ("GetInternalConfigRequest", &[]),
    ("GetSystemConfigReply", &["1 system_config string"]),
    ("GetSystemConfigRequest", &[]),
    ("InternalKVDelReply", &["1 status GcsStatus", "2 deleted_num int32"]),
    ("InternalKVDelRequest", &["1 key bytes", "2 namespace bytes", "3 del_by_prefix bool"]),
    ("InternalKVExistsReply", &["1 status GcsStatus", "2 exists bool"]),
    ("InternalKVExistsRequest", &["1 key bytes", "2 namespace bytes"]),
    ("InternalKVGetReply", &["1 status GcsStatus", "2 value bytes"]),
    ("InternalKVGetRequest", &["1 key bytes", "2 namespace bytes"]),
    ("InternalKVKeysReply", &["1 status GcsStatus", "2 results repeated bytes"]),
    ("InternalKVKeysRequest", &["1 prefix bytes", "2 namespace bytes"]),
    ("InternalKVMultiGetReply", &["1 status GcsStatus", "2 results repeated MapFieldEntry"]),
    ("InternalKVMultiGetRequest", &["1 keys repeated bytes", "2 namespace bytes"]),
    ("InternalKVPutReply", &["1 status GcsStatus", "2 added bool"]),
    ("InternalKVPutRequest", &["1 key bytes", "2 value bytes", "3 overwrite bool", "4 namespace bytes"]),
    ("IsLocalWorkerDeadReply", &["1 is_dead bool"]),
    ("IsLocalWorkerDeadRequest", &["1 worker_id bytes"]),
    ("MapFieldEntry", &["1 key bytes", "2 value bytes"]),
    ("NodeDeathInfo", &["1 reason NodeDeathInfo.Reason", "2 reason_message string"]),
    ("NodeSnapshot", &["1 state NodeSnapshot.State", "2 idle_duration_ms int64", "3 node_activity repeated string"]),
    ("RegisterNodeReply", &["1 status GcsStatus"]),
    ("RegisterNodeRequest", &["1 node_info GcsNodeInfo"]),
    ("UnregisterNodeReply", &["1 status GcsStatus"]),
    ("UnregisterNodeRequest", &["1 node_id bytes", "2 node_death_info NodeDeathInfo"]),
];

const ENUMS: &[(&str, &[&str])] = &[
    ("GcsNodeInfo.GcsNodeState", &["0 ALIVE", "1 DEAD"]),
    (
        "NodeDeathInfo.Reason",
        &[
            "0 UNSPECIFIED",
            "1 EXPECTED_TERMINATION",
            "2 UNEXPECTED_TERMINATION",
            "3 AUTOSCALER_DRAIN_PREEMPTED",
            "4 AUTOSCALER_DRAIN_IDLE",
        ],
    ),
    ("NodeSnapshot.State", &["0 UNDEFINED", "1 IDLE", "2 ACTIVE", "3 DRAINING"]),
];

const SERVICES: &[(&str, &[&str])] = &[
    (
        "InternalKVGcsService",
        &[
            "InternalKVGet",
            "InternalKVMultiGet",
            "InternalKVPut",
            "InternalKVDel",
            "InternalKVExists",
            "InternalKVKeys",
            "GetInternalConfig",
        ],
    ),
    (
        "NodeInfoGcsService",
        &[
            "GetClusterId",
            "RegisterNode",
            "UnregisterNode",
            "DrainNode",
            "GetAllNodeInfo",
            "GetAllNodeAddressAndLiveness",
            "CheckAlive",
        ],
    ),
    ("NodeManagerService", &["GetSystemConfig", "IsLocalWorkerDead", "GetAgentPIDs"]),
];

fn pool() -> DescriptorPool {
    let files = ["ray/rpc/gcs_service.proto", "ray/rpc/node_manager.proto"];
    let descriptors = protox::compile(files, [concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto")]).unwrap();
    DescriptorPool::from_file_descriptor_set(descriptors).unwrap()
}

/// A name within the package.
fn local(full_name: &str) -> String {
    full_name.strip_prefix("ray.rpc.").unwrap().to_owned()
}

fn table(rows: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    rows.iter().map(|(name, entries)| ((*name).to_owned(), entries.iter().map(ToString::to_string).collect())).collect()
}

fn type_name(kind: Kind) -> String {
    match kind {
        Kind::Message(message) => local(message.full_name()),
        Kind::Enum(kind) => local(kind.full_name()),
        scalar => format!("{scalar:?}"),
    }
}

fn described(field: &FieldDescriptor) -> String {
    let (number, name) = (field.number(), field.name());
    if let Kind::Message(entry) = field.kind()
        && entry.is_map_entry()
    {
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        return format!("{number} {name} map<{}, {}>", type_name(key.kind()), type_name(value.kind()));
    }
    let label = match field.containing_oneof() {
        Some(_) if field.field_descriptor_proto().proto3_optional() => "optional ".to_owned(),
        Some(oneof) => format!("oneof {} ", oneof.name()),
        None if field.is_list() => "repeated ".to_owned(),
        None => String::new(),
    };
    format!("{number} {name} {label}{}", type_name(field.kind()))
}

fn fields(message: &MessageDescriptor) -> Vec<String> {
    message.fields().map(|field| described(&field)).collect()
}

#[test]
fn messages_are_rays() {
    let messages = pool()
        .all_messages()
        .filter(|message| !message.is_map_entry())
        .map(|message| (local(message.full_name()), fields(&message)))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(messages, table(MESSAGES));
}

#[test]
fn enums_are_rays() {
    let enums = pool()
        .all_enums()
        .map(|kind| {
            let values = kind.values().map(|value| format!("{} {}", value.number(), value.name())).collect();
            (local(kind.full_name()), values)
        })
        .collect::<BTreeMap<_, Vec<String>>>();
    assert_eq!(enums, table(ENUMS));
}

#[test]
fn services_are_rays_and_all_methods_unary() {
    let services = pool()
        .services()
        .map(|service| {
            let methods = service
                .methods()
                .map(|method| {
                    let name = method.name().to_owned();
                    assert!(!method.is_client_streaming() && !method.is_server_streaming(), "{name}");
                    assert_eq!(local(method.input().full_name()), format!("{name}Request"));
                    assert_eq!(local(method.output().full_name()), format!("{name}Reply"));
                    name
                })
                .collect();
            (local(service.full_name()), methods)
        })
        .collect::<BTreeMap<_, Vec<String>>>();
    assert_eq!(services, table(SERVICES));
}
