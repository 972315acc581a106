//! Processes of one machine over a Unix socket: nothing is on the network, and the token is still required.
//!
//! ```text
//! cargo run -p ray-auth --example unix_socket
//! ```

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use ray_auth::proto::testing::EchoMessage;
    use ray_auth::proto::testing::echo_client::EchoClient;
    use ray_auth::{ClusterAuth, Keyring, Token};
    use ray_auth_gcs::Echo;
    use tokio::net::UnixListener;
    use tokio_stream::wrappers::UnixListenerStream;
    use tonic::transport::Server;

    // A program would use `ClusterAuth::from_env()?`.
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));

    // Who may connect is decided by the folder's mode as well: this one is for its owner alone.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("gcs.sock");
    let listener = UnixListenerStream::new(UnixListener::bind(&path)?);
    let server = Server::builder().layer(auth.require_token()).add_service(Echo.into_server());
    tokio::spawn(server.serve_with_incoming(listener));

    let address = format!("unix://{}", path.display());
    let mut member = EchoClient::new(auth.connect(&address).await?);
    let reply = member.unary(EchoMessage { payload: "hello".into() }).await?.into_inner();
    println!("a member of the cluster: {}", String::from_utf8_lossy(&reply.payload));

    let mut stranger = EchoClient::new(ClusterAuth::disabled().connect(&address).await?);
    let refused = stranger.unary(EchoMessage::default()).await.expect_err("nobody is let in without the token");
    println!("a stranger: {}", refused.message());
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("there are no unix sockets on this system");
}
