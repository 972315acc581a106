//! Both layers in axum: a router that serves a page and gRPC on one port, behind one layer, and calls itself.
//!
//! ```text
//! cargo run -p ray-auth --example axum
//! ```

use axum::Router;
use axum::routing::get;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::Echo;
use tokio::net::TcpListener;
use tonic::service::Routes;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A program would use `ClusterAuth::from_env()?`.
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));

    let grpc = Routes::new(Echo.into_server()).into_axum_router();
    let router = Router::new().route("/status", get(async || "up")).merge(grpc).layer(auth.require_token());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });

    let mut member = EchoClient::new(auth.connect(address.to_string()).await?);
    let reply = member.unary(EchoMessage { payload: "hello".into() }).await?.into_inner();
    println!("a member of the cluster: {}", String::from_utf8_lossy(&reply.payload));

    let mut stranger = EchoClient::new(ClusterAuth::disabled().connect(address.to_string()).await?);
    let refused = stranger.unary(EchoMessage::default()).await.expect_err("nobody is let in without the token");
    println!("a stranger: {}", refused.message());
    Ok(())
}
