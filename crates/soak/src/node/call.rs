//! One call of each kind, and whether its answer is right.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use futures_util::stream;
use ray_auth::auth::AuthChannel;
use ray_auth::proto::internal_kv_gcs_service_client::InternalKvGcsServiceClient;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::node_manager_service_client::NodeManagerServiceClient;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::proto::testing::{EchoMessage, EchoStreamRequest};
use ray_auth::proto::{CheckAliveRequest, GetAllNodeInfoRequest, InternalKvPutRequest, IsLocalWorkerDeadRequest};
use tonic::{Code, Status};

use crate::kind::Kind;
use crate::wire::{GCS, Place};

/// A call that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Messages of one stream.
const MESSAGES: u8 = 4;

/// What went wrong with a call.
#[derive(Debug)]
pub(super) enum Problem {
    Status(Status),
    Late,
    /// The call ended well, and not with what it should have been.
    Wrong(&'static str),
    Other(String),
}

impl Problem {
    /// Whether a call ends this way when the other process is killed.
    pub(super) fn is_loss(&self) -> bool {
        match self {
            Self::Status(status) => matches!(status.code(), Code::Unavailable | Code::Cancelled) || is_broken(status),
            Self::Late | Self::Wrong(_) | Self::Other(_) => false,
        }
    }
}

/// Whether the status stands for a connection that broke. No peer sent it; gRPC's word for it is UNAVAILABLE, and tonic
/// says UNKNOWN.
fn is_broken(status: &Status) -> bool {
    causes(status).any(|cause| cause.is::<std::io::Error>() || cause.downcast_ref().is_some_and(h2::Error::is_io))
}

fn causes(status: &Status) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(status.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => {
                write!(f, "{:?}: {}", status.code(), status.message())?;
                causes(status).try_for_each(|cause| write!(f, ": {cause}"))
            }
            Self::Late => write!(f, "no answer within {TIMEOUT:?}"),
            Self::Wrong(what) => write!(f, "the answer is not {what}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// Makes a caller's call number `turn` of the process at `place`.
pub(super) async fn make(channel: AuthChannel, place: Place, kind: Kind, turn: u64) -> Result<(), Problem> {
    let call = async {
        match kind {
            Kind::Unary => unary(channel, place, turn).await,
            Kind::ClientStream => client_stream(channel).await,
            Kind::ServerStream => server_stream(channel).await,
            Kind::Bidi => bidi(channel).await,
        }
    };
    tokio::time::timeout(TIMEOUT, call).await.unwrap_or(Err(Problem::Late))
}

/// Calls that processes of a real cluster make, and the test service's in turn.
async fn unary(channel: AuthChannel, place: Place, turn: u64) -> Result<(), Problem> {
    match (turn % 4, place) {
        (1, GCS) => {
            let request = CheckAliveRequest { node_ids: vec![vec![1; 28].into()] };
            let reply = NodeInfoGcsServiceClient::new(channel).check_alive(request).await?;
            expect(reply.get_ref().raylet_alive == [false], "that a node nobody registered is dead")
        }
        (2, GCS) => {
            let request = GetAllNodeInfoRequest::default();
            let reply = NodeInfoGcsServiceClient::new(channel).get_all_node_info(request).await?;
            expect(reply.get_ref().node_info_list.is_empty(), "that no node is registered")
        }
        (3, GCS) => {
            let request = InternalKvPutRequest {
                key: "soak".into(),
                value: turn.to_be_bytes().to_vec().into(),
                overwrite: true,
                namespace: "soak".into(),
            };
            InternalKvGcsServiceClient::new(channel).internal_kv_put(request).await?;
            Ok(())
        }
        (1 | 3, _) => {
            let request = IsLocalWorkerDeadRequest::default();
            let reply = NodeManagerServiceClient::new(channel).is_local_worker_dead(request).await?;
            expect(reply.get_ref().is_dead, "that a worker nobody knows is dead")
        }
        _ => {
            let payload = turn.to_be_bytes().to_vec();
            let reply = EchoClient::new(channel).unary(EchoMessage { payload: payload.clone().into() }).await?;
            expect(reply.get_ref().payload == payload, "the payload")
        }
    }
}

async fn client_stream(channel: AuthChannel) -> Result<(), Problem> {
    let reply = EchoClient::new(channel).client_stream(stream::iter((0..MESSAGES).map(message))).await?;
    expect(reply.get_ref().payload == (0..MESSAGES).collect::<Vec<_>>(), "all payloads in one")
}

async fn server_stream(channel: AuthChannel) -> Result<(), Problem> {
    let request = EchoStreamRequest { payload: vec![7].into(), count: MESSAGES.into() };
    let mut replies = EchoClient::new(channel).server_stream(request).await?.into_inner();
    for _ in 0..MESSAGES {
        expect(replies.message().await?.is_some_and(|reply| reply.payload == vec![7]), "the payload")?;
    }
    expect(replies.message().await?.is_none(), "the end")
}

async fn bidi(channel: AuthChannel) -> Result<(), Problem> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let outgoing = stream::poll_fn(move |context| receiver.poll_recv(context));
    let mut replies = EchoClient::new(channel).bidi(outgoing).await?.into_inner();
    for number in 0..MESSAGES {
        // One at a time, each after the answer to the last: the stream is open in both directions. When nobody takes it
        // any more, the answer says why.
        let _ = sender.send(message(number)).await;
        expect(replies.message().await? == Some(message(number)), "the message")?;
    }
    drop(sender);
    expect(replies.message().await?.is_none(), "the end")
}

fn message(number: u8) -> EchoMessage {
    EchoMessage { payload: vec![number].into() }
}

fn expect(right: bool, what: &'static str) -> Result<(), Problem> {
    if right { Ok(()) } else { Err(Problem::Wrong(what)) }
}
