//! A server and a client with HTTP/2 between them, a token file that both follow, and a token that is replaced.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{ClusterAuth, Keyring, Token, TokenSource};
use ray_auth_gcs::Server;

use crate::scan::Needle;

/// Copies that are left when all connections are closed.
pub(crate) struct Left {
    /// Of the token that was replaced.
    pub(crate) replaced: usize,
    /// Of the token in use, to show that the scan finds what there is.
    pub(crate) in_use: usize,
}

/// Puts the token in the file, without a copy of it in this process.
fn write(folder: &Path, token: &Token) {
    let new = folder.join("new");
    let mut file = File::create(&new).unwrap();
    file.write_all(token.expose_secret().as_bytes()).unwrap();
    file.write_all(b"\n").unwrap();
    fs::rename(&new, folder.join("token")).unwrap();
}

/// Makes calls, replaces the token, makes more calls, closes everything, and looks what is left.
pub(crate) fn run() -> Left {
    let folder = tempfile::tempdir().unwrap();
    let old = Token::generate();
    let needle = Needle::of(old.expose_secret());
    write(folder.path(), &old);
    drop(old);
    let keyring = Keyring::follow(TokenSource::file(folder.path().join("token"))).unwrap();
    let auth = ClusterAuth::with_keyring(keyring.clone());

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let in_use = runtime.block_on(async {
        let server = Server::builder().echo().bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = server.local_addr().to_string();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(auth.require_token(), async move { drop(stopped.await) }));

        let mut client = EchoClient::new(auth.connect(&address).await.unwrap());
        for _ in 0..200 {
            client.unary(EchoMessage { payload: "ping".into() }).await.unwrap();
        }
        let new = Token::generate();
        let in_use = Needle::of(new.expose_secret());
        write(folder.path(), &new);
        let start = Instant::now();
        while !keyring.tokens().primary().matches(new.expose_secret()) {
            assert!(start.elapsed() < Duration::from_secs(20), "the file is followed");
            tokio::task::yield_now().await;
        }
        for _ in 0..200 {
            client.unary(EchoMessage { payload: "ping".into() }).await.unwrap();
        }
        drop(client);
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
        in_use
    });
    drop(runtime);
    Left { replaced: needle.hits(), in_use: in_use.hits() }
}
