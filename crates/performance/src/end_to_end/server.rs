//! A server of a measurement, as the driver sees it.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;
use ray_auth::Token;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use super::conditions::Conditions;
use super::serve::Layers;

/// A server is up, and has ended, within this.
const LIMIT: Duration = Duration::from_secs(30);

/// A running server. Killed when dropped; and it ends by itself when its stdin ends.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// The number of the process.
    pub(super) process: u32,
    child: Child,
    stdin: ChildStdin,
}

impl Server {
    /// Starts one behind the layer.
    pub(super) async fn with_layers(token: &Token, conditions: &Conditions) -> Result<Self> {
        Self::start(Layers::With, conditions, &[("RAY_AUTH_MODE", "token"), ("RAY_AUTH_TOKEN", token.expose_secret())])
            .await
    }

    /// Starts one that lets everybody in.
    pub(super) async fn without_layers(conditions: &Conditions) -> Result<Self> {
        Self::start(Layers::Without, conditions, &[]).await
    }

    async fn start(layers: Layers, conditions: &Conditions, variables: &[(&str, &str)]) -> Result<Self> {
        let role = layers.to_possible_value().context("every value has a name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["end-to-end", "serve", role.get_name()])
            .args(conditions.servers_on.map(|processor| format!("--processor={processor}")))
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().context("the server cannot be started; see that its program is still there")?;
        let stdin = child.stdin.take().context("the server has a stdin")?;
        let stdout = child.stdout.take().context("the server has a stdout")?;
        let process = child.id().context("the server has a number")?;
        let mut line = String::new();
        let mut lines = BufReader::new(stdout);
        match tokio::time::timeout(LIMIT, lines.read_line(&mut line)).await {
            Ok(read) => read.context("the server cannot be heard")?,
            Err(_) => bail!("a server was not up within {LIMIT:?}; let the machine do less, and start again"),
        };
        let address = line.trim_end().strip_prefix("listening on ").and_then(|address| address.parse().ok());
        let address = address.context("a server did not start; its words stand above")?;
        Ok(Self { address, process, child, stdin })
    }

    /// Lets it end by itself.
    pub(super) async fn end(mut self) -> Result<()> {
        drop(self.stdin);
        let status = tokio::time::timeout(LIMIT, self.child.wait())
            .await
            .with_context(|| format!("a server did not end within {LIMIT:?}; let the machine do less"))??;
        if status.success() { Ok(()) } else { bail!("a server ended with {status}; its words stand above") }
    }
}
