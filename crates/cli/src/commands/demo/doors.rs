//! Where a cluster could be entered: every method of every server, and paths that are none.

use std::net::SocketAddr;

/// What a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Gcs,
    Node,
}

/// The methods of a GCS.
const GCS: [&str; 14] = [
    "/ray.rpc.NodeInfoGcsService/GetClusterId",
    "/ray.rpc.NodeInfoGcsService/RegisterNode",
    "/ray.rpc.NodeInfoGcsService/UnregisterNode",
    "/ray.rpc.NodeInfoGcsService/DrainNode",
    "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo",
    "/ray.rpc.NodeInfoGcsService/GetAllNodeAddressAndLiveness",
    "/ray.rpc.NodeInfoGcsService/CheckAlive",
    "/ray.rpc.InternalKVGcsService/InternalKVGet",
    "/ray.rpc.InternalKVGcsService/InternalKVMultiGet",
    "/ray.rpc.InternalKVGcsService/InternalKVPut",
    "/ray.rpc.InternalKVGcsService/InternalKVDel",
    "/ray.rpc.InternalKVGcsService/InternalKVExists",
    "/ray.rpc.InternalKVGcsService/InternalKVKeys",
    "/ray.rpc.InternalKVGcsService/GetInternalConfig",
];

/// The methods of a node.
const NODE: [&str; 7] = [
    "/ray.rpc.NodeManagerService/GetSystemConfig",
    "/ray.rpc.NodeManagerService/IsLocalWorkerDead",
    "/ray.rpc.NodeManagerService/GetAgentPIDs",
    "/ray_auth.testing.v1.Echo/Unary",
    "/ray_auth.testing.v1.Echo/ClientStream",
    "/ray_auth.testing.v1.Echo/ServerStream",
    "/ray_auth.testing.v1.Echo/Bidi",
];

/// What no server here has: services that are open on Ray's, methods that are none, and paths that look like the one
/// service that needs no token.
const NOWHERE: [&str; 11] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.channelz.v1.Channelz/GetServers",
    "/grpc.channelz.v1.Channelz/GetTopChannels",
    "/ray.rpc.NodeInfoGcsService/NoSuchMethod",
    "/ray.rpc.NodeManagerService/NoSuchMethod",
    "/no.such.Service/Method",
    "/grpc.health.v1.Health/List",
    "/grpc.health.v1.Health/check",
    "/grpc.health.v1.Health/Check/",
    "/grpc.health.v1.Health//Check",
];

/// One path of one server.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) server: String,
    pub(super) address: SocketAddr,
    pub(super) path: &'static str,
    /// Whether there is something behind it.
    pub(super) exists: bool,
}

impl Door {
    /// All doors of a server.
    pub(super) fn all(server: &str, address: SocketAddr, role: Role) -> impl Iterator<Item = Self> {
        let methods = match role {
            Role::Gcs => &GCS[..],
            Role::Node => &NODE[..],
        };
        let existing = methods.iter().map(|path| (*path, true));
        let others = NOWHERE.iter().map(|path| (*path, false));
        let server = server.to_owned();
        existing.chain(others).map(move |(path, exists)| Self { server: server.clone(), address, path, exists })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every method of the contract is tried: one that is added there is missed here.
    #[test]
    fn the_doors_are_all_methods_of_the_contract() {
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
        let read = |file: &str| std::fs::read_to_string(format!("{contract}/{file}")).unwrap();
        let mut declared = Vec::new();
        for file in ["ray/rpc/gcs_service.proto", "ray/rpc/node_manager.proto", "ray_auth/testing/v1/echo.proto"] {
            let text = read(file);
            let mut package = "";
            let mut service = "";
            for line in text.lines() {
                let mut words = line.split(['(', ' ', ';', '{']).filter(|word| !word.is_empty());
                match (words.next(), words.next()) {
                    (Some("package"), Some(name)) => package = name,
                    (Some("service"), Some(name)) => service = name,
                    (Some("rpc"), Some(name)) => declared.push(format!("/{package}.{service}/{name}")),
                    _ => {}
                }
            }
        }
        let mut tried: Vec<_> = GCS.iter().chain(&NODE).map(ToString::to_string).collect();
        declared.sort();
        tried.sort();
        assert_eq!(tried, declared);
    }
}
