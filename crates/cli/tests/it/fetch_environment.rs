//! `fetch` in environments that name proxies and certificates, some of which cannot be used.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Ran, Tool};

/// A proxy on loopback that says the same to everybody, and writes down what it is told first.
struct Proxy {
    address: SocketAddr,
    told: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, told) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<_>>>::default());
        let proxy = Self { address, told: Arc::clone(&told) };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = vec![0; 4_096];
                let len = stream.read(&mut buffer).await.unwrap();
                told.lock().unwrap().push(String::from_utf8(buffer[..len].to_vec()).unwrap());
                // Who does not like the answer may have gone.
                let _ = stream.write_all(answer).await;
            }
        });
        proxy
    }

    /// What it was told first, and nobody else told it anything.
    fn told(&self) -> String {
        let mut told = std::mem::take(&mut *self.told.lock().unwrap());
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    }
}

async fn fetch(tool: &Tool, uri: &str) -> (Ran, String, String) {
    let ran = tool.run(&["fetch", uri, "-o", "package.zip", "--attempts", "2", "--json"]).await;
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = |name: &str| told["error"][name].as_str().unwrap_or_default().to_owned();
    let (kind, text) = (of("kind"), of("text"));
    (ran, kind, text)
}

const WANTS_LOGIN: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_proxy_that_wants_a_login_is_told_from_a_server_that_does() {
    for (variable, uri, origin, begin) in [
        ("HTTPS_PROXY", "https://packages.test/p.zip", "https://packages.test:443", "CONNECT packages.test:443 HTTP"),
        ("http_proxy", "http://packages.test/p.zip", "http://packages.test:80", "GET http://packages.test/p.zip HTTP"),
    ] {
        let proxy = Proxy::start(WANTS_LOGIN).await;
        for login in ["", "me:s3cr3t@"] {
            let tool =
                Tool::new().var(variable, format!("http://{login}{}", proxy.address)).var("RAY_AUTH_LOG", "trace");
            let (ran, kind, text) = fetch(&tool, uri).await;
            let expected = format!(
                "the proxy that this environment names wants a login before it asks {origin} (407 Proxy Authentication \
                 Required); put one into its variable, as in http://login:password@proxy.example:3128"
            );
            assert_eq!((ran.code, kind.as_str(), text), (1, "proxy_login", expected), "{variable}");
            let told = proxy.told();
            // me:s3cr3t
            let sent = told.to_lowercase().contains("proxy-authorization: basic bwu6cznjcjn0");
            assert!(told.starts_with(begin) && sent != login.is_empty(), "{variable}: {told}");
            for secret in ["s3cr3t", "bWU6czNjcjN0"] {
                assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(secret), "{variable}: {}", ran.stderr);
            }
        }
    }

    // Nobody's proxy: it is the server that answers so.
    let server = Proxy::start(WANTS_LOGIN).await;
    let (_, kind, text) = fetch(&Tool::new(), &format!("http://{}/p.zip", server.address)).await;
    let expected = format!("http://{} answered 407 Proxy Authentication Required", server.address);
    assert_eq!((kind.as_str(), text), ("status", expected));
}

#[tokio::test]
async fn a_connection_that_fails_says_whether_it_went_through_a_proxy() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let through = "packages.test:443: cannot connect through the proxy that this environment names: ";
    let proxy = "; see whether the proxy is up and its variable right, or name the host in NO_PROXY";
    let server = "; see whether the server is up, and the address right";
    let direct = format!("https://{nobody}: cannot connect: ");
    // Variables, a URI, and how the sentence goes on after the scheme and ends.
    let table: [(&[(&str, String)], String, &str, &str); 4] = [
        (&[("HTTPS_PROXY", format!("http://{nobody}"))], "https://packages.test/".to_owned(), through, proxy),
        (&[("all_proxy", format!("socks5h://{nobody}"))], "https://packages.test/".to_owned(), through, proxy),
        (&[("ALL_PROXY", format!("http://{nobody}"))], format!("https://{nobody}/"), &direct, server),
        (&[], format!("https://{nobody}/"), &direct, server),
    ];
    for (vars, uri, begin, end) in table {
        let tool = vars.iter().fold(Tool::new(), |tool, (name, value)| tool.var(name, value));
        let (ran, kind, text) = fetch(&tool, &uri).await;
        assert_eq!((ran.code, kind.as_str()), (1, "connect"), "{vars:?}: {text}");
        assert!(text.contains(begin) && text.ends_with(end), "{vars:?}: {text}");
    }
}

#[tokio::test]
async fn a_socks_proxy_is_greeted_as_one() {
    let proxy = Proxy::start(b"").await;
    let tool = Tool::new().var("ALL_PROXY", format!("socks5h://{}", proxy.address));
    let ran = tool.run(&["fetch", "https://packages.test/p.zip", "-o", "package.zip", "--attempts", "1"]).await;
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    // Version 5, and one way to log in: none.
    assert_eq!(proxy.told(), "\u{5}\u{1}\0");
}

#[tokio::test]
async fn an_environment_that_cannot_be_used_is_said_before_anybody_is_asked() {
    let server = Proxy::start(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let proxy = |variable: &str| {
        format!(
            "{variable} names no proxy that can be used; write it as http://proxy.example:3128, with / ? # and @ in a password \
             as %2F %3F %23 and %40, or unset it"
        )
    };
    let nobody_trusted = "no certificates that the operating system trusts were found; install them (ca-certificates), name \
                          a file with SSL_CERT_FILE, or add one";
    let table: [(&[(&str, &str)], &str, String); 5] = [
        (&[("HTTPS_PROXY", "http://me:s3cr3t/7@proxy.test:3128")], "bad_proxy", proxy("HTTPS_PROXY")),
        (&[("http_proxy", "s3cr3t proxy")], "bad_proxy", proxy("http_proxy")),
        (&[("HTTP_PROXY", "http://proxy.test"), ("all_proxy", "ftp://s3cr3t.test")], "bad_proxy", proxy("all_proxy")),
        (&[("SSL_CERT_FILE", "__home__/empty")], "no_certificates", nobody_trusted.to_owned()),
        (&[("SSL_CERT_FILE", "__home__/nothing")], "no_certificates", nobody_trusted.to_owned()),
    ];
    for (vars, expected, sentence) in table {
        let tool = Tool::new().file("empty", "").vars(vars);
        let (ran, kind, text) = fetch(&tool, &format!("http://{}/p.zip", server.address)).await;
        assert_eq!((ran.code, kind.as_str(), text), (2, expected, sentence), "{vars:?}");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cr3t"), "{vars:?}: {}", ran.stderr);
    }
    assert_eq!(*server.told.lock().unwrap(), [""; 0]);

    for vars in [&[("HTTPS_PROXY", ""), ("no_proxy", "s3cr3t proxy")][..], &[("FTP_PROXY", "s3cr3t proxy")]] {
        let ran = Tool::new().vars(vars).run(&["fetch", &format!("http://{}/", server.address), "-o", "p"]).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{vars:?}");
    }
}
