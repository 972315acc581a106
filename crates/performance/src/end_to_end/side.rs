//! One arm of a comparison: a server, the connections to it, and what its answers must be.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use ray_auth::ClusterAuth;
use ray_auth::attach::AddToken;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tower_layer::Layer as _;

use super::call::{Answer, Call};
use super::processor::Spent;
use super::server::Server;
use super::window::{self, Window};

/// A connection is there within this.
const CONNECT: Duration = Duration::from_secs(10);

/// What calls may take beyond their window: a server that does not answer ends the measurement.
const PATIENCE: Duration = Duration::from_secs(30);

/// One arm.
pub(super) struct Side {
    pub(super) name: String,
    connections: Connections,
    answer: Answer,
    /// The server's process, where it is one of ours.
    process: Option<u32>,
}

/// Which it is decides once a window, so that no call pays for it.
enum Connections {
    Bare(Vec<Channel>),
    WithToken(Vec<AddToken<Channel>>),
}

/// What is done in each window of each side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) call: Call,
    pub(super) in_flight: u32,
    pub(super) connections: u32,
}

impl Side {
    /// Connects to a server that lets everybody in, without the client layer.
    pub(super) async fn bare(name: impl Into<String>, address: SocketAddr, connections: u32) -> Result<Self> {
        let connections = Connections::Bare(connect(address, connections).await?);
        Ok(Self { name: name.into(), connections, answer: Answer::Given, process: None })
    }

    /// Connects to a server that requires a token, with the client layer.
    pub(super) async fn with_token(
        name: impl Into<String>,
        address: SocketAddr,
        connections: u32,
        auth: &ClusterAuth,
    ) -> Result<Self> {
        let layer = auth.add_token();
        let connections =
            connect(address, connections).await?.into_iter().map(|channel| layer.layer(channel)).collect();
        let connections = Connections::WithToken(connections);
        Ok(Self { name: name.into(), connections, answer: Answer::Given, process: None })
    }

    /// Its token is wrong.
    pub(super) fn refused(self) -> Self {
        Self { answer: Answer::Refused, ..self }
    }

    /// Its server is one of ours, whose processor time can be asked for.
    pub(super) fn of(self, server: &Server) -> Self {
        Self { process: Some(server.process), ..self }
    }

    /// One window, and the processor time that was spent on it.
    ///
    /// # Errors
    ///
    /// When a call failed, or did not end.
    pub(super) async fn window(&self, load: Load, window: Duration) -> Result<(Window, Spent)> {
        let Load { call, in_flight, .. } = load;
        let in_flight = usize::try_from(in_flight)?;
        let before = Spent::so_far(self.process);
        let run = async {
            match &self.connections {
                Connections::Bare(channels) => window::run(channels, in_flight, call, self.answer, window).await,
                Connections::WithToken(channels) => window::run(channels, in_flight, call, self.answer, window).await,
            }
        };
        let ran = tokio::time::timeout(window + PATIENCE, run)
            .await
            .with_context(|| format!("{}: a call took more than {PATIENCE:?}; let the machine do less", self.name))?;
        let spent = Spent::so_far(self.process).since(before);
        let ran = ran.map_err(|status| {
            let hint = "see that its server runs and its token is right";
            anyhow::anyhow!("{}: a call failed, {}; {hint}", self.name, in_words(&status))
        })?;
        Ok((ran, spent))
    }
}

/// With its causes: tonic tells of a connection that broke in these only.
fn in_words(status: &Status) -> String {
    let mut words = format!("{:?}: {}", status.code(), status.message());
    for cause in std::iter::successors(status.source(), |cause: &&(dyn Error + 'static)| (*cause).source()) {
        words += &format!(": {cause}");
    }
    words
}

async fn connect(address: SocketAddr, connections: u32) -> Result<Vec<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?.connect_timeout(CONNECT);
    let mut channels = Vec::new();
    for _ in 0..connections {
        let channel = endpoint.connect().await;
        channels.push(channel.with_context(|| format!("no connection to {address}; see that a server listens there"))?);
    }
    Ok(channels)
}
