//! The table of observed headers, replayed against the real servers it was observed on.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use prost::Message;
use ray_auth::proto::GetClusterIdReply;
use ray_auth_testing::raw_http2::{Connection, Request, ask};
use ray_auth_testing::vectors::{self, Expected, HeaderRow, RowContext, Server};
use serde_json::{Value, json};

/// How long an answer may take that is expected to come.
const BOUND: Duration = Duration::from_secs(10);
/// How long silence is listened to where silence is expected.
const SILENCE: Duration = Duration::from_secs(2);
/// A method of the raylet that does nothing, in place of the GCS's in rows that both answer alike.
const RAYLET_METHOD: &str = "/ray.rpc.NodeManagerService/GetAgentPIDs";
const GET_CLUSTER_ID: &str = "/ray.rpc.NodeInfoGcsService/GetClusterId";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address of the server.
    #[arg(long)]
    address: String,
    /// The environment variable that holds the server's token.
    #[arg(long)]
    token_env: String,
    /// What the server is.
    #[arg(long)]
    peer: Peer,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    #[value(name = "ray-gcs")]
    Gcs,
    #[value(name = "ray-raylet")]
    Raylet,
    #[value(name = "ray-client-server")]
    ClientServer,
}

impl Peer {
    /// The request of a row, if the row is about this server.
    fn request(self, row: &HeaderRow, context: &RowContext<'_>) -> Option<Request> {
        match (self, row.server) {
            (Self::Gcs, Server::Gcs) | (Self::ClientServer, Server::ClientServer) => Some(row.request(context)),
            (Self::Raylet, Server::Gcs) if row.raylet_same == Some(true) => {
                Some(row.request(context).set(":path", RAYLET_METHOD))
            }
            _ => None,
        }
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let token = std::env::var(&arguments.token_env).context("the variable named by --token-env is not set")?;
    let cluster_id_hex = match arguments.peer {
        Peer::Gcs => cluster_id(&arguments.address, &token).await?,
        Peer::Raylet | Peer::ClientServer => String::new(),
    };
    let context = RowContext { token: &token, cluster_id_hex: &cluster_id_hex };
    let mut rows = Vec::new();
    for row in vectors::headers()? {
        if let Some(request) = arguments.peer.request(&row, &context) {
            rows.push(replay(&arguments.address, &row, &request).await?);
        }
    }
    println!("{}", json!({ "rows": rows }));
    Ok(())
}

async fn replay(address: &str, row: &HeaderRow, request: &Request) -> Result<Value> {
    let bound = if row.expected == Expected::NoAnswer { SILENCE } else { BOUND };
    let mut connection = Connection::open(address, BOUND).await?;
    let stream = connection.send(request).await?;
    // A stream that is accepted may stay open: its first message is answer enough.
    let outcome = connection.outcome_when(stream, bound, |response| !response.messages().is_empty()).await?;
    let difference = row.expected.check(&outcome).err();
    Ok(json!({
        "name": row.name,
        "ok": difference.is_none(),
        "difference": difference.map(|difference| format!("{difference:#}")),
    }))
}

/// The server's cluster id in lower-case hex.
async fn cluster_id(address: &str, token: &str) -> Result<String> {
    let request = Request::grpc(GET_CLUSTER_ID).add("authorization", format!("Bearer {token}")).message(b"");
    let outcome = ask(address, &request, BOUND).await?;
    let response = outcome.response().context("GetClusterId was not answered")?;
    let message = *response.messages().first().context("GetClusterId was refused")?;
    let reply = GetClusterIdReply::decode(message)?;
    Ok(reply.cluster_id.iter().map(|byte| format!("{byte:02x}")).collect())
}
