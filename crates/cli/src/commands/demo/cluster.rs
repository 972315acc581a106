//! A GCS and three nodes, each with a keyring of its own, as processes of a cluster have.

use std::net::{Ipv4Addr, SocketAddr};

use ray_auth::auth::AuthChannel;
use ray_auth::keyring::{KeyringError, Step};
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::{GcsNodeInfo, GetAllNodeInfoRequest, RegisterNodeRequest};
use ray_auth::require::Exempt;
use ray_auth::token::Label;
use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::{Gcs, NodeManager, Server, ServerBuilder, ServerError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;

use super::Problem;
use super::calls::{Caller, Target};
use super::doors::{Door, Role};
use super::ledger::Kind;
use super::refused::Refused;

/// How many nodes there are.
const NODES: u8 = 3;

/// Bytes of a node's identifier.
const NODE_ID_LEN: usize = 28;

/// The cluster, running.
#[derive(Debug)]
pub(super) struct Cluster {
    gcs: Process,
    nodes: Vec<Process>,
    servers: JoinSet<Result<(), ServerError>>,
    stop: CancellationToken,
    refused: Refused,
}

/// What would be a process of its own.
#[derive(Debug)]
struct Process {
    name: String,
    /// Empty for the GCS.
    id: Vec<u8>,
    keyring: Keyring,
    auth: ClusterAuth,
    address: SocketAddr,
}

impl Cluster {
    /// Starts it, on free ports, with one token.
    pub(super) async fn start(token: &Token) -> Result<Self, Problem> {
        let (mut servers, stop, refused) = (JoinSet::new(), CancellationToken::new(), Refused::default());
        let state = Gcs::builder().build().map_err(text)?;
        let mut start = async |name: String, id, server: ServerBuilder| {
            let server = server.bind((Ipv4Addr::LOCALHOST, 0).into()).await.map_err(text)?;
            let address = server.local_addr();
            let keyring = Keyring::new(token.clone());
            let auth = ClusterAuth::with_keyring(keyring.clone());
            let counts = refused.clone();
            let layers = ServiceBuilder::new()
                .map_response(move |response| counts.note(response))
                .layer(auth.require_token().exempt(Exempt::grpc_health()));
            servers.spawn(server.serve(layers, stop.clone().cancelled_owned()));
            Ok::<_, Problem>(Process { name, id, keyring, auth, address })
        };
        let gcs = start("gcs".to_owned(), Vec::new(), Server::builder().gcs(&state)).await?;
        let mut nodes = Vec::new();
        for number in 1..=NODES {
            let server = Server::builder().node_manager(NodeManager::new()).echo();
            nodes.push(start(format!("node-{number}"), vec![number; NODE_ID_LEN], server).await?);
        }
        Ok(Self { gcs, nodes, servers, stop, refused })
    }

    /// All clients of all nodes. The nodes tell the GCS where they are, and learn from it where the others are.
    pub(super) async fn callers(&self) -> Result<Vec<Caller>, Problem> {
        for node in &self.nodes {
            let mut gcs = NodeInfoGcsServiceClient::new(node.connect(self.gcs.address).await?);
            gcs.register_node(RegisterNodeRequest { node_info: Some(node.info()) }).await.map_err(text)?;
        }
        let mut callers = Vec::new();
        for node in &self.nodes {
            let channel = node.connect(self.gcs.address).await?;
            let mut gcs = NodeInfoGcsServiceClient::new(channel.clone());
            let all = gcs.get_all_node_info(GetAllNodeInfoRequest::default()).await.map_err(text)?;
            let all = all.into_inner().node_info_list;
            if all.len() != self.nodes.len() {
                return Err(format!("the GCS knows {} nodes instead of {}", all.len(), self.nodes.len()));
            }
            let about = Target::Gcs { channel, node_id: node.id.clone(), nodes: all.len() };
            callers.push(Caller { name: format!("{} to gcs", node.name), target: about });
            for other in all.iter().filter(|other| other.node_id != node.id) {
                let channel = node.connect(address(other)?).await?;
                let name = format!("{} to {}", node.name, other.node_name);
                let streams = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Unary);
                let targets = streams
                    .map(|kind| Target::Stream { channel: channel.clone(), kind })
                    .chain([Target::Node { channel: channel.clone() }]);
                callers.extend(targets.map(|target| Caller { name: name.clone(), target }));
            }
        }
        Ok(callers)
    }

    /// One step of a rotation, on every process.
    pub(super) fn step(&self, step: impl Fn(&Keyring) -> Result<Step, KeyringError>) -> Result<(), Problem> {
        self.processes().try_for_each(|process| match step(&process.keyring) {
            Ok(Step::Done) => Ok(()),
            Ok(Step::AlreadyDone) => Err(format!("{} had taken the step already", process.name)),
            Err(error) => Err(format!("{}: {error}", process.name)),
        })
    }

    /// How many calls the servers let in by this token, so far and as long as they know it.
    pub(super) fn calls_let_in_by(&self, token: &Token) -> u64 {
        let label = Label::Fingerprint(token.fingerprint());
        let tokens = self.processes().flat_map(|process| process.keyring.status().tokens);
        tokens.filter(|known| known.label == label).map(|known| known.accepted_calls).sum()
    }

    /// Where the cluster could be entered.
    pub(super) fn doors(&self) -> Vec<Door> {
        let role = |process: &Process| if process.id.is_empty() { Role::Gcs } else { Role::Node };
        self.processes().flat_map(|process| Door::all(&process.name, process.address, role(process))).collect()
    }

    /// What the servers refused so far.
    pub(super) fn refused(&self) -> &Refused {
        &self.refused
    }

    /// How many processes there are.
    pub(super) fn size(&self) -> usize {
        self.processes().count()
    }

    /// Ends all servers; what went wrong with them, if anything.
    pub(super) async fn end(mut self) -> Option<Problem> {
        self.stop.cancel();
        let mut problem = None;
        while let Some(ended) = self.servers.join_next().await {
            let ended = ended.map_err(text).and_then(|ended| ended.map_err(text));
            problem = problem.or(ended.err().map(|error| format!("a server did not end well: {error}")));
        }
        problem
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        std::iter::once(&self.gcs).chain(&self.nodes)
    }
}

impl Process {
    /// A channel that attaches this process's token.
    async fn connect(&self, to: SocketAddr) -> Result<AuthChannel, Problem> {
        self.auth.connect(to.to_string()).await.map_err(text)
    }

    fn info(&self) -> GcsNodeInfo {
        GcsNodeInfo {
            node_id: self.id.clone().into(),
            node_name: self.name.clone(),
            node_manager_address: self.address.ip().to_string(),
            node_manager_port: self.address.port().into(),
            ..GcsNodeInfo::default()
        }
    }
}

/// Where a node says it is.
fn address(node: &GcsNodeInfo) -> Result<SocketAddr, Problem> {
    let ip = node.node_manager_address.parse().map_err(text)?;
    let port = node.node_manager_port.try_into().map_err(text)?;
    Ok(SocketAddr::new(ip, port))
}

fn text(error: impl std::fmt::Display) -> Problem {
    error.to_string()
}
