//! gRPC and HTTP on one port, behind one layer: each caller is answered in its own way, by the content type it asks with.
//!
//! ```text
//! cargo run -p ray-auth --example grpc_and_http
//! ```

use axum::Router;
use axum::routing::get;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ray_auth::http::Http;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::Echo;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tower::{Layer, ServiceExt};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A program would use `ClusterAuth::from_env()?`.
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));

    let grpc = Routes::new(Echo.into_server()).into_axum_router();
    let router = Router::new().route("/api/version", get(async || "2.60.0")).merge(grpc);
    let router = router.layer(auth.require_token().http(Http::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });

    let mut member = EchoClient::new(auth.connect(address.to_string()).await?);
    let reply = member.unary(EchoMessage { payload: "hello".into() }).await?.into_inner();
    println!("gRPC, a member of the cluster: {}", String::from_utf8_lossy(&reply.payload));

    let mut stranger = EchoClient::new(ClusterAuth::disabled().connect(address.to_string()).await?);
    let refused = stranger.unary(EchoMessage::default()).await.expect_err("nobody is let in without the token");
    println!("gRPC, a stranger: {}", refused.message());

    let client = Client::builder(TokioExecutor::new()).build::<_, Empty<&[u8]>>(HttpConnector::new());
    let origin = format!("http://{address}").parse()?;
    let member = auth.add_token().for_origin(&origin)?.layer(client.clone());
    let ask = || http::Request::get(format!("http://{address}/api/version")).body(Empty::new());
    for (who, response) in [("a member", member.oneshot(ask()?).await?), ("a stranger", client.oneshot(ask()?).await?)]
    {
        let status = response.status();
        let text = response.into_body().collect().await?.to_bytes();
        println!("HTTP, {who}: {status} {}", String::from_utf8_lossy(&text));
    }
    Ok(())
}
