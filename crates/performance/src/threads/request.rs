//! The requests: what a generated client sends, or what a server of tonic receives, as in the benches of the library.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use http::header::{AUTHORIZATION, CONTENT_TYPE, TE};
use http::{HeaderValue, Request, Uri};
use ray_auth::Token;
use tonic::body::Body;
use tonic::transport::server::TcpConnectInfo;

/// Makes requests of one kind, in as little time as may be.
pub(super) struct Maker {
    uri: Uri,
    credential: Option<HeaderValue>,
    peer: Option<TcpConnectInfo>,
}

impl Maker {
    /// Requests as a generated client makes them, into its channel.
    pub(super) fn of_client() -> Self {
        Self { uri: Uri::from_static("/ray.rpc.NodeInfoGcsService/CheckAlive"), credential: None, peer: None }
    }

    /// Requests as they arrive at a server, with this token.
    ///
    /// # Errors
    ///
    /// When the token is no header value, which none is.
    pub(super) fn at_server(token: &Token) -> Result<Self> {
        let mut credential: HeaderValue = format!("Bearer {}", token.expose_secret()).parse()?;
        credential.set_sensitive(true);
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
        // Every server of tonic puts something like this there.
        let peer = TcpConnectInfo { local_addr: Some(peer), remote_addr: Some(peer) };
        Ok(Self { credential: Some(credential), peer: Some(peer), ..Self::of_client() })
    }

    /// Another of the kind, with a header value of its own: clones of one share a count of references, at which threads
    /// would wait for each other, and no two requests that arrive share one.
    ///
    /// # Errors
    ///
    /// When a header value is none.
    pub(super) fn apart(&self) -> Result<Self> {
        let credential = self.credential.as_ref().map(|value| HeaderValue::from_bytes(value.as_bytes())).transpose()?;
        let credential = credential.map(|mut value| {
            value.set_sensitive(true);
            value
        });
        Ok(Self { uri: self.uri.clone(), credential, peer: self.peer.clone() })
    }

    /// One request: header by header, as clients and servers make it, so that a map grows as theirs do.
    pub(super) fn make(&self) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        if let Some(credential) = &self.credential {
            headers.insert(AUTHORIZATION, credential.clone());
        }
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        request
    }
}
