//! A server on loopback that speaks HTTP and HTTPS on one port, and writes down what it is asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ray_auth_testing::certificates::Authority;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) scheme: &'static str,
    pub(crate) host: String,
    pub(crate) target: String,
    /// Every `Authorization` header's value.
    pub(crate) authorization: Vec<String>,
    /// All header lines, in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    head: String,
    body: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Close,
    Silence,
}

impl Answer {
    /// With a body, whole.
    pub(crate) fn new(status: &str, body: &[u8]) -> Self {
        Self { head: format!("{status}\r\ncontent-length: {}", body.len()), body: body.to_vec(), then: Then::Close }
    }

    pub(crate) fn ok(body: &[u8]) -> Self {
        Self::new("200 OK", body)
    }

    pub(crate) fn redirect(location: &str) -> Self {
        Self::new("302 Found", b"").header("location", location)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head = format!("{}\r\n{name}: {value}", self.head);
        self
    }

    /// Says that there is more than comes, and closes.
    pub(crate) fn cut_short(body: &[u8]) -> Self {
        Self { head: format!("200 OK\r\ncontent-length: {}", body.len() + 1), body: body.to_vec(), then: Then::Close }
    }

    /// Says that there is more, and never sends it.
    pub(crate) fn stalled(body: &[u8]) -> Self {
        Self { then: Then::Silence, ..Self::cut_short(body) }
    }

    /// Does not say how much there is.
    pub(crate) fn unmeasured(body: &[u8]) -> Self {
        Self { head: "200 OK".to_owned(), body: body.to_vec(), then: Then::Close }
    }
}

/// How a server decides: by what is asked, and how many asked before.
type Decide = dyn Fn(&Asked, usize) -> Answer + Send + Sync;

/// Runs until dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The names that the servers' certificates have, beside loopback addresses. They lead there only where a test says so.
pub(crate) const NAMES: [&str; 5] = ["a.test", "b.test", "sub.a.test", "default", "localhost"];

impl Server {
    pub(crate) async fn start(
        authority: &Authority,
        decide: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_as(authority, &[&NAMES[..], &["127.0.0.1", "::1"]].concat(), decide).await
    }

    /// One whose certificate has these names.
    pub(crate) async fn start_as(
        authority: &Authority,
        names: &[&str],
        decide: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let issued = authority.issue(names).unwrap();
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared: Arc<(Box<Decide>, _)> = Arc::new((Box::new(decide), Arc::clone(&asked)));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
                connections.spawn(async move {
                    let ask = |asked: Asked| {
                        let before = {
                            let mut all = shared.1.lock().unwrap();
                            all.push(asked.clone());
                            all.len() - 1
                        };
                        (shared.0)(&asked, before)
                    };
                    if is_tls(&stream).await {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, "https", ask).await;
                        }
                    } else {
                        serve(stream, "http", ask).await;
                    }
                });
            }
        });
        Self { address, asked, task }
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn is_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1)) && first == [0x16]
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    scheme: &'static str,
    ask: impl FnOnce(Asked) -> Answer,
) {
    let Some(asked) = read(&mut stream, scheme).await else { return };
    let answer = ask(asked);
    let head = format!("HTTP/1.1 {}\r\nconnection: close\r\n\r\n", answer.head);
    // The other end may have gone: that is its matter.
    let _ = stream.write_all(&[head.as_bytes(), &answer.body].concat()).await;
    let _ = stream.flush().await;
    if answer.then == Then::Silence {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut (impl AsyncRead + Unpin), scheme: &'static str) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap();
    let headers: Vec<_> = rest
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let all = |wanted: &str| {
        headers.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    Some(Asked {
        scheme,
        host: all("host").join(","),
        target: line.split(' ').nth(1).unwrap_or_default().to_owned(),
        authorization: all("authorization"),
        headers,
    })
}

/// A header with login and password as they were before they were encoded.
pub(crate) fn readable(authorization: &str) -> String {
    match authorization.strip_prefix("Basic ") {
        Some(pair) => format!("Basic {}", String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap()),
        None => authorization.to_owned(),
    }
}
