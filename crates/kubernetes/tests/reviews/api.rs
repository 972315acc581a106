//! A stand-in for the API server over real TLS, for what a real one will not do on demand.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// Which question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Token,
    Access,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    Json(u16, Value),
    /// A body that is no JSON.
    Text(u16, &'static str),
    /// The connection is reset.
    Reset,
    /// The connection ends within the body.
    Truncated,
    /// Nothing, for ever.
    Silence,
    /// The same after [`Api::release`].
    Held(Value),
    /// The same after a while.
    Late(Duration, Value),
    /// More than anybody reads.
    Endless,
}

/// How connections are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Open,
    /// Connections are accepted, and nothing is said.
    Silent,
    /// The handshake is done, and nothing is read.
    SilentAfterHandshake,
}

/// What the certificate is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Good,
    OtherAuthority,
    OtherName,
    Expired,
}

/// What is answered to whom: the kind of question, the token or the user it is about.
type Script = Box<dyn Fn(Kind, &Value) -> Reply + Send>;

pub struct Api {
    pub address: SocketAddr,
    /// What a pod has in its folder.
    pub folder: TempDir,
    shared: Arc<Shared>,
}

struct Shared {
    door: Door,
    tokens: AtomicUsize,
    accesses: AtomicUsize,
    connections: AtomicUsize,
    script: Mutex<Script>,
    released: Notify,
    /// Each review as it was asked, and who asked.
    asked: Mutex<Vec<(String, Value)>>,
    keeps: AtomicBool,
}

/// Knows `good` and `denied`, and nobody else.
pub fn usual(kind: Kind, review: &Value) -> Reply {
    match kind {
        Kind::Token => match review["spec"]["token"].as_str().unwrap() {
            token if token.contains("good") => known("ada"),
            token if token.contains("denied") => known("bob"),
            _ => Reply::Json(201, json!({"status": {"authenticated": false}})),
        },
        Kind::Access => allowed(review["spec"]["user"] == "ada"),
    }
}

/// The same, with every answer about tokens held back.
pub fn held(kind: Kind, review: &Value) -> Reply {
    match usual(kind, review) {
        Reply::Json(_, answer) if kind == Kind::Token => Reply::Held(answer),
        reply => reply,
    }
}

pub fn known(name: &str) -> Reply {
    let user = json!({"username": name, "uid": "7", "groups": ["g1", "g2"], "extra": {"k": ["v"]}});
    Reply::Json(
        201,
        json!({"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "status": {"authenticated": true, "user": user}}),
    )
}

pub fn allowed(allowed: bool) -> Reply {
    Reply::Json(201, json!({"status": {"allowed": allowed}}))
}

impl Api {
    pub async fn start() -> Self {
        Self::with(Door::Open, Certificate::Good).await
    }

    pub async fn with(door: Door, certificate: Certificate) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let acceptor = acceptor(certificate, folder.path());
        // As an editor leaves it.
        std::fs::write(folder.path().join("token"), "token-of-this-process\n").unwrap();
        std::fs::write(folder.path().join("namespace"), "here").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            door,
            tokens: AtomicUsize::new(0),
            accesses: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            script: Mutex::new(Box::new(usual)),
            released: Notify::new(),
            asked: Mutex::default(),
            keeps: AtomicBool::new(true),
        });
        tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&shared)));
                }
            }
        });
        Self { address, folder, shared }
    }

    pub fn answer(&self, script: impl Fn(Kind, &Value) -> Reply + Send + 'static) {
        *self.shared.script.lock().unwrap() = Box::new(script);
    }

    /// Lets held answers go.
    pub fn release(&self) {
        self.shared.released.notify_waiters();
    }

    /// How many token reviews and access reviews were asked for.
    pub fn reviews(&self) -> (usize, usize) {
        (self.shared.tokens.load(Ordering::SeqCst), self.shared.accesses.load(Ordering::SeqCst))
    }

    /// Waits until so many token reviews were asked for.
    pub async fn under_way(&self, reviews: usize) {
        tokio::time::timeout(Duration::from_secs(20), async {
            while self.reviews().0 < reviews {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the reviews are asked for");
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Keeps no longer what is asked.
    pub fn keep_nothing(&self) {
        self.shared.keeps.store(false, Ordering::SeqCst);
    }

    pub fn asked(&self) -> Vec<(String, Value)> {
        self.shared.asked.lock().unwrap().clone()
    }
}

fn acceptor(certificate: Certificate, folder: &Path) -> TlsAcceptor {
    let authority = |name: &str| {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap(), Issuer::new(params, key))
    };
    let (trusted, issuer) = authority("trusted");
    std::fs::write(folder.join("ca.crt"), trusted.pem()).unwrap();
    let issuer = if certificate == Certificate::OtherAuthority { authority("other").1 } else { issuer };
    let name = if certificate == Certificate::OtherName { "elsewhere.example" } else { "127.0.0.1" };
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if certificate == Certificate::Expired {
        params.not_before = OffsetDateTime::UNIX_EPOCH;
        params.not_after = OffsetDateTime::UNIX_EPOCH + time::Duration::days(1);
    }
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    if shared.door == Door::Silent {
        std::future::pending::<()>().await;
    }
    let mut stream = BufReader::new(acceptor.accept(stream).await.ok()?);
    if shared.door == Door::SilentAfterHandshake {
        std::future::pending::<()>().await;
    }
    loop {
        let (kind, authorization, review) = read(&mut stream).await?;
        let count = if kind == Kind::Token { &shared.tokens } else { &shared.accesses };
        count.fetch_add(1, Ordering::SeqCst);
        let released = shared.released.notified();
        if shared.keeps.load(Ordering::SeqCst) {
            shared.asked.lock().unwrap().push((authorization, review.clone()));
        }
        let reply = shared.script.lock().unwrap()(kind, &review);
        let (status, body) = match reply {
            Reply::Json(status, body) => (status, body.to_string()),
            Reply::Text(status, text) => (status, text.to_owned()),
            Reply::Held(body) => {
                released.await;
                (201, body.to_string())
            }
            Reply::Late(after, body) => {
                tokio::time::sleep(after).await;
                (201, body.to_string())
            }
            Reply::Reset => {
                let (tcp, _) = stream.get_ref().get_ref();
                tcp.set_zero_linger().ok()?;
                return None;
            }
            Reply::Truncated => {
                let start = b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"status\": {\"authenticated\": true";
                stream.write_all(start).await.ok()?;
                stream.flush().await.ok()?;
                return None;
            }
            Reply::Silence => std::future::pending().await,
            Reply::Endless => (201, "x".repeat(3 << 20)),
        };
        let location = if status == 302 { "location: /elsewhere\r\n" } else { "" };
        // In one piece: a head alone would be acknowledged 40 ms later, and the body would wait for that.
        let answer = format!("HTTP/1.1 {status} Said\r\n{location}content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
}

/// The next request: what it asks, who asks, and the review.
async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<(Kind, String, Value)> {
    let (mut first, mut authorization, mut length) = (String::new(), String::new(), 0);
    stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let kind = if first.contains("tokenreviews") { Kind::Token } else { Kind::Access };
    Some((kind, authorization, serde_json::from_slice(&body).unwrap()))
}
