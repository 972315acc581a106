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
    let server = Server::builder().layer(auth.require_token()).add_service(Echo.into_server());
    let end = async {
        ended.recv().await;
    };
    match auth.tls() {
        Some(tls) => server.serve_with_incoming_shutdown(tls.listen(listener), end).await?,
        None => server.serve_with_incoming_shutdown(TcpListenerStream::new(listener), end).await?,
    }
    Ok(())
}
