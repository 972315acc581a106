//! A listener for `axum::serve`, in as many lines as the page of `TlsListener` says.

use std::io;
use std::net::SocketAddr;

use ray_auth::tls::{TlsListener, TlsStream};
use ray_auth_gcs::Echo;
use ray_auth_testing::certificates::Authority;
use tokio::net::{TcpListener, TcpStream};
use tonic::service::Routes;

use super::support::{Outcome, Process, call};

struct Listener(TlsListener);

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.0.accept().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[tokio::test]
async fn axum_serves_encrypted_connections() {
    let auth = Process::good(&Authority::new("ours").unwrap()).auth();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listener = Listener(auth.tls().unwrap().listen(tcp).with_http1());
    let address = listener.0.local_addr().unwrap();
    let router = Routes::new(Echo.into_server()).into_axum_router().layer(auth.require_token());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    assert!(matches!(call(&auth, &address.to_string()).await, Outcome::Answered));
    serving.abort();
}
