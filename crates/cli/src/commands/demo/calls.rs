//! The calls of the cluster's traffic: each is made, and its answer compared with what it must be.

use std::fmt::Display;
use std::time::Duration;

use futures_util::stream;
use ray_auth::auth::AuthChannel;
use ray_auth::proto::internal_kv_gcs_service_client::InternalKvGcsServiceClient;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::node_manager_service_client::NodeManagerServiceClient;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::proto::testing::{EchoMessage, EchoStreamRequest};
use ray_auth::proto::{
    CheckAliveRequest, GetAllNodeInfoRequest, InternalKvGetRequest, InternalKvPutRequest, IsLocalWorkerDeadRequest,
};

use super::ledger::Kind;

/// A call that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Messages of one stream.
const MESSAGES: u8 = 4;

/// One process's client for one other, used for one kind of call.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) target: Target,
}

/// What is called.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// The GCS, about this node.
    Gcs { channel: AuthChannel, node_id: Vec<u8>, nodes: usize },
    /// Another node.
    Node { channel: AuthChannel },
    /// Another node's service with streams.
    Stream { channel: AuthChannel, kind: Kind },
}

impl Caller {
    pub(super) fn kind(&self) -> Kind {
        match self.target {
            Target::Gcs { .. } | Target::Node { .. } => Kind::Unary,
            Target::Stream { kind, .. } => kind,
        }
    }

    /// Makes the caller's call number `turn`.
    pub(super) async fn call(&self, turn: u64) -> Result<(), String> {
        match tokio::time::timeout(TIMEOUT, self.attempt(turn)).await {
            Ok(result) => result.map_err(|error| format!("{}: {error}", self.name)),
            Err(_) => Err(format!("{}: no answer within {} s", self.name, TIMEOUT.as_secs())),
        }
    }

    async fn attempt(&self, turn: u64) -> Result<(), String> {
        match &self.target {
            Target::Gcs { channel, node_id, nodes } => gcs(channel, node_id, *nodes, turn).await,
            Target::Node { channel } => node(channel, turn).await,
            Target::Stream { channel, kind } => {
                let mut client = EchoClient::new(channel.clone());
                match kind {
                    Kind::Unary => unary(&mut client, turn).await,
                    Kind::ClientStreaming => client_streaming(&mut client).await,
                    Kind::ServerStreaming => server_streaming(&mut client).await,
                    Kind::Bidirectional => bidirectional(&mut client).await,
                }
            }
        }
    }
}

/// A node's business with the GCS: its own key written and read back, itself alive, all nodes listed.
async fn gcs(channel: &AuthChannel, node_id: &[u8], nodes: usize, turn: u64) -> Result<(), String> {
    let mut kv = InternalKvGcsServiceClient::new(channel.clone());
    let mut node_info = NodeInfoGcsServiceClient::new(channel.clone());
    let key = node_id.to_vec();
    // A key is read in the turn after the one that wrote it.
    let value = |turn: u64| turn.to_be_bytes().to_vec();
    match turn % 4 {
        0 => {
            let put = InternalKvPutRequest {
                key: key.into(),
                value: value(turn).into(),
                overwrite: true,
                namespace: "demo".into(),
            };
            kv.internal_kv_put(put).await.map_err(text)?;
            Ok(())
        }
        1 => {
            let get = InternalKvGetRequest { key: key.into(), namespace: "demo".into() };
            let reply = kv.internal_kv_get(get).await.map_err(text)?;
            expect(reply.get_ref().value == value(turn - 1), "the value that was written")
        }
        2 => {
            let reply = node_info.check_alive(CheckAliveRequest { node_ids: vec![key.into()] }).await.map_err(text)?;
            expect(reply.get_ref().raylet_alive == [true], "that the node is alive")
        }
        _ => {
            let reply = node_info.get_all_node_info(GetAllNodeInfoRequest::default()).await.map_err(text)?;
            expect(reply.get_ref().node_info_list.len() == nodes, "all nodes")
        }
    }
}

async fn node(channel: &AuthChannel, turn: u64) -> Result<(), String> {
    if turn.is_multiple_of(2) {
        return unary(&mut EchoClient::new(channel.clone()), turn).await;
    }
    let mut manager = NodeManagerServiceClient::new(channel.clone());
    let reply = manager.is_local_worker_dead(IsLocalWorkerDeadRequest::default()).await.map_err(text)?;
    expect(reply.get_ref().is_dead, "that an unknown worker is dead")
}

async fn unary(client: &mut EchoClient<AuthChannel>, turn: u64) -> Result<(), String> {
    let payload = turn.to_be_bytes().to_vec();
    let reply = client.unary(EchoMessage { payload: payload.clone().into() }).await.map_err(text)?;
    expect(reply.get_ref().payload == payload, "the payload")
}

async fn client_streaming(client: &mut EchoClient<AuthChannel>) -> Result<(), String> {
    let reply = client.client_stream(stream::iter((0..MESSAGES).map(message))).await.map_err(text)?;
    expect(reply.get_ref().payload == (0..MESSAGES).collect::<Vec<_>>(), "all payloads in one")
}

async fn server_streaming(client: &mut EchoClient<AuthChannel>) -> Result<(), String> {
    let request = EchoStreamRequest { payload: vec![7].into(), count: MESSAGES.into() };
    let mut replies = client.server_stream(request).await.map_err(text)?.into_inner();
    for _ in 0..MESSAGES {
        let reply = replies.message().await.map_err(text)?;
        expect(reply.is_some_and(|reply| reply.payload == vec![7]), "the payload")?;
    }
    expect(replies.message().await.map_err(text)?.is_none(), "the end")
}

async fn bidirectional(client: &mut EchoClient<AuthChannel>) -> Result<(), String> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let outgoing = stream::poll_fn(move |context| receiver.poll_recv(context));
    let mut replies = client.bidi(outgoing).await.map_err(text)?.into_inner();
    for number in 0..MESSAGES {
        // One at a time, each after the answer to the last: the stream is open in both directions.
        sender.send(message(number)).await.map_err(|_| "the stream was closed".to_owned())?;
        let reply = replies.message().await.map_err(text)?;
        expect(reply == Some(message(number)), "the message")?;
    }
    drop(sender);
    expect(replies.message().await.map_err(text)?.is_none(), "the end")
}

fn message(number: u8) -> EchoMessage {
    EchoMessage { payload: vec![number].into() }
}

fn text(status: impl Display) -> String {
    status.to_string()
}

fn expect(good: bool, what: &str) -> Result<(), String> {
    if good { Ok(()) } else { Err(format!("the answer is not {what}")) }
}
