//! A server of a measurement, in a process of its own.
//!
//! tonic's plain server, the same in both arms but for the layer: what the server of `ray-auth-gcs` has around its
//! services would make every call dearer, and the layer look cheaper.

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use ray_auth::ClusterAuth;
use ray_auth_gcs::{Echo, Gcs};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;

use super::failure::Failure;
use crate::affinity;

/// Calls on one connection at once: as many as can be asked for.
pub(super) const MAX_STREAMS: u32 = 1_024;

/// One server of a measurement; the token comes from Ray's environment variables.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(value_enum)]
    layers: Layers,
    /// The processor to stay on.
    #[arg(long)]
    processor: Option<usize>,
}

/// Whether the server layer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Layers {
    With,
    Without,
}

/// Serves until stdin ends, so it does not outlive the driver, however that ends.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    if let Some(processor) = arguments.processor {
        let stay = affinity::stay_on(processor);
        stay.with_context(|| format!("cannot stay on processor {processor}; allow it to"))?;
    }
    tokio::select! {
        served = serve(arguments.layers) => Ok(served?),
        () = stdin_ends() => Ok(()),
    }
}

async fn serve(layers: Layers) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port on loopback; free one")?;
    println!("listening on {}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let routes = Routes::new(Echo.into_server()).add_service(Gcs::builder().build()?.node_info_server()).prepare();
    let server = tonic::transport::Server::builder().max_concurrent_streams(MAX_STREAMS);
    match layers {
        Layers::With => {
            let layer = ClusterAuth::from_env()?.require_token();
            server.layer(layer).add_routes(routes).serve_with_incoming(incoming).await?;
        }
        Layers::Without => {
            let mut server = server;
            server.add_routes(routes).serve_with_incoming(incoming).await?;
        }
    }
    Ok(())
}

/// Nothing is said there: whatever it is, the driver is gone when it ends.
async fn stdin_ends() {
    let mut bytes = [0; 64];
    let mut stdin = tokio::io::stdin();
    while stdin.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
}
