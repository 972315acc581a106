//! TLS on top of the limits: who has proved nothing costs no more than without it.

use ray_auth::tls::Tls;
use ray_auth_gcs::{Limits, Server};
use ray_auth_testing::certificates::{Authority, Files, LOOPBACK};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

use crate::support::{BOUND, Running, echo_over, start};

fn tls(authority: &Authority) -> Tls {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path());
    files.write(&authority.issue(&LOOPBACK).unwrap(), &authority.pem()).unwrap();
    Tls::from_files(files.certificate, files.key, files.authority).unwrap()
}

async fn channel(server: &Running, tls: &Tls) -> Result<Channel, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    endpoint.connect_with_connector(tls.connector()).await
}

#[tokio::test]
async fn a_flood_of_connections_that_say_nothing_does_not_lock_anybody_out() {
    let authority = Authority::new("ours").unwrap();
    let (own, client) = (tls(&authority), tls(&authority));
    let server = start(Server::builder().echo().limits(Limits { strangers: 4, ..Limits::default() }).tls(own)).await;
    let mut known = echo_over(channel(&server, &client).await.unwrap());
    known.unary(Vec::from("hello")).await;

    let mut silent = Vec::new();
    for _ in 0..12 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    for connection in &mut silent[..8] {
        let closed =
            tokio::time::timeout(BOUND, connection.read(&mut [0])).await.expect("one of the oldest is dropped");
        assert!(matches!(closed, Ok(0) | Err(_)));
    }
    known.unary(Vec::from("who was let in once stays")).await;
    echo_over(channel(&server, &client).await.unwrap()).unary(Vec::from("who comes anew gets in")).await;
    let foreign = tls(&Authority::new("another").unwrap());
    assert!(channel(&server, &foreign).await.is_err());
    // Those who are there keep no server from ending.
    server.stop().await;
}
