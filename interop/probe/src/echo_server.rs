//! The test service with all four kinds of call, behind our server layer.

use std::io::Write;

use anyhow::Result;
use ray_auth::ClusterAuth;
use ray_auth_gcs::Echo;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

pub(crate) async fn run() -> Result<()> {
    let auth = ClusterAuth::from_env()?;
    let mut ended = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    Server::builder()
        .layer(auth.require_token())
        .add_service(Echo.into_server())
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), async {
            ended.recv().await;
        })
        .await?;
    Ok(())
}
