//! A server and clients with mutual TLS, each with files as Ray's variables name them: with the right certificate, with
//! another authority's, and without TLS. Makes its own certificates.
//!
//! ```text
//! cargo run -p ray-auth --example mutual_tls
//! ```

use std::fs;
use std::path::Path;

use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::tls::Tls;
use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::Echo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tonic::transport::Server;

type Error = Box<dyn std::error::Error>;
type Authority = CertifiedIssuer<'static, KeyPair>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let (ours, another) = (authority()?, authority()?);
    let keyring = Keyring::new(Token::generate());

    // A program would use `ClusterAuth::from_env()?` with RAY_USE_TLS=1.
    let auth =
        ClusterAuth::builder().with_tls(tls(&folder.path().join("server"), &ours)?).with_keyring(keyring.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let incoming = auth.tls().ok_or("this process has TLS")?.listen(listener);
    let server = Server::builder().layer(auth.require_token()).add_service(Echo.into_server());
    tokio::spawn(server.serve_with_incoming(incoming));

    let with = |tls: Tls| ClusterAuth::builder().with_tls(tls);
    let member = with(tls(&folder.path().join("member"), &ours)?).with_keyring(keyring.clone());
    println!("with a certificate and the token:      {}", call(&member, &address).await);
    let tokenless = with(tls(&folder.path().join("tokenless"), &ours)?).disabled();
    println!("with a certificate and without token:  {}", call(&tokenless, &address).await);
    let foreign = with(tls(&folder.path().join("foreign"), &another)?).with_keyring(keyring.clone());
    println!("with another authority's certificate:  {}", call(&foreign, &address).await);
    let plain = ClusterAuth::with_keyring(keyring);
    println!("without TLS:                           {}", call(&plain, &address).await);
    Ok(())
}

async fn call(auth: &ClusterAuth, address: &str) -> String {
    let channel = match auth.connect(address).await {
        Ok(channel) => channel,
        Err(error) => return error.to_string(),
    };
    match EchoClient::new(channel).unary(EchoMessage { payload: "hello".into() }).await {
        Ok(reply) => format!("answered {:?}", String::from_utf8_lossy(&reply.into_inner().payload)),
        Err(status) => {
            let mut text = format!("{:?}: {}", status.code(), status.message());
            // Of a connection that breaks the status says little.
            let mut cause = std::error::Error::source(&status);
            while let Some(error) = cause {
                text.push_str(&format!(": {error}"));
                cause = error.source();
            }
            text
        }
    }
}

fn authority() -> Result<Authority, Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// A certificate for this machine in a folder of its own, and the authority that issued it.
fn tls(folder: &Path, authority: &Authority) -> Result<Tls, Error> {
    let key = KeyPair::generate()?;
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)?.signed_by(&key, authority)?;
    fs::create_dir(folder)?;
    let [certificate_file, key_file, authority_file] = ["cert.pem", "key.pem", "ca.pem"].map(|name| folder.join(name));
    fs::write(&certificate_file, certificate.pem())?;
    fs::write(&key_file, key.serialize_pem())?;
    fs::write(&authority_file, authority.pem())?;
    Ok(Tls::from_files(certificate_file, key_file, authority_file)?)
}
