//! Every authentication layer fits before the services.

use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::server::Services;
use ray_auth_gcs::{Gcs, Server};
use ray_auth_testing::raw_http2::{self, Request};
use tokio::task::JoinHandle;

use crate::support::{BOUND, TOKEN, call};

const CHECK_ALIVE: &str = "/ray.rpc.NodeInfoGcsService/CheckAlive";

/// What a server behind `auth` answers to a call without and to one with the token.
async fn statuses(serve: impl FnOnce(Server) -> JoinHandle<()>) -> [Option<u32>; 2] {
    let gcs = Gcs::builder().build().unwrap();
    let server = Server::builder().gcs(&gcs).bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.local_addr();
    let serving = serve(server);
    let without = raw_http2::ask(address, &Request::grpc(CHECK_ALIVE), BOUND).await.unwrap();
    let with = raw_http2::ask(address, &call(CHECK_ALIVE), BOUND).await.unwrap();
    serving.abort();
    [without.grpc_status(), with.grpc_status()]
}

#[tokio::test]
async fn a_whole_processes_authentication() {
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::parse(TOKEN).unwrap()));
    let serve = |server: Server| {
        tokio::spawn(async move { server.serve(auth.require_token(), std::future::pending()).await.unwrap() })
    };
    assert_eq!(statuses(serve).await, [Some(16), Some(0)]);
}

#[tokio::test]
async fn none_at_all() {
    let serve = |server: Server| {
        tokio::spawn(async move { server.serve(tower_layer::Identity::new(), std::future::pending()).await.unwrap() })
    };
    assert_eq!(statuses(serve).await, [Some(0), Some(0)]);
}

#[tokio::test]
async fn a_layer_of_ones_own() {
    let layer = tower_layer::layer_fn(|services: Services| services);
    let serve =
        |server: Server| tokio::spawn(async move { server.serve(layer, std::future::pending()).await.unwrap() });
    assert_eq!(statuses(serve).await, [Some(0), Some(0)]);
}
