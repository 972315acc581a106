//! The requests: what a generated client sends, or what a server of tonic receives.

use std::net::{Ipv4Addr, SocketAddr};

use http::header::{AUTHORIZATION, CONTENT_TYPE, TE};
use http::{HeaderValue, Request, Uri};
use ray_auth::Token;
use tonic::body::Body;
use tonic::transport::server::TcpConnectInfo;

/// A request, as the layer that is measured gets it. One kind has one baseline: the same request to nothing but the
/// service that does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// By a generated client into its channel.
    ByClient,
    /// The same, with a credential of the caller's own.
    ByClientWithOwn,
    /// To a server, with an accepted token.
    WithToken(Length),
    /// To a server, with a token that is not accepted.
    WithWrongToken,
    /// To a server, with no token.
    WithoutToken,
}

impl Sent {
    /// What names the requests in the name of a case: that of the group or the case which sends them.
    pub(crate) fn name(self) -> String {
        match self {
            Self::ByClient => "attach".to_owned(),
            Self::ByClientWithOwn => "keyring, caller's value kept".to_owned(),
            Self::WithToken(USUAL) => "accept".to_owned(),
            Self::WithToken(length) => length.to_string(),
            Self::WithWrongToken => "refuse".to_owned(),
            Self::WithoutToken => "missing".to_owned(),
        }
    }
}

/// How many bytes the token has.
pub(crate) type Length = usize;

/// The form that Ray generates: 64 hexadecimal digits.
pub(crate) const USUAL: Length = 64;

/// The token that the requests carry.
pub(crate) fn token(length: Length) -> Token {
    numbered(0, length)
}

/// Tokens of one length that differ in their beginning only.
pub(crate) fn numbered(number: usize, length: Length) -> Token {
    let digits: String = (0..length).map(|place| char::from(b"0123456789abcdef"[place * 7 % 16])).collect();
    Token::parse(format!("{number}{}", &digits[1..])).expect("digits are a token")
}

/// The token as a header value.
pub(crate) fn bearer(token: &Token) -> HeaderValue {
    let mut value: HeaderValue =
        format!("Bearer {}", token.expose_secret()).parse().expect("a token is a header value");
    value.set_sensitive(true);
    value
}

/// Makes requests of one kind, in as little time as may be.
pub(crate) struct Maker {
    uri: Uri,
    credential: Option<HeaderValue>,
    peer: Option<TcpConnectInfo>,
}

impl Maker {
    pub(crate) fn new(sent: Sent) -> Self {
        let (credential, at_server) = match sent {
            Sent::ByClient => (None, false),
            Sent::ByClientWithOwn => (Some(numbered(9, USUAL)), false),
            Sent::WithToken(length) => (Some(token(length)), true),
            Sent::WithWrongToken => (Some(numbered(9, USUAL)), true),
            Sent::WithoutToken => (None, true),
        };
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
        Self {
            uri: Uri::from_static("/ray.rpc.NodeInfoGcsService/CheckAlive"),
            credential: credential.as_ref().map(bearer),
            // Every server of tonic puts something like this there.
            peer: at_server.then_some(TcpConnectInfo { local_addr: Some(peer), remote_addr: Some(peer) }),
        }
    }

    /// One request: header by header, as clients and servers make it, so that a map grows as theirs do.
    pub(crate) fn make(&self) -> Request<Body> {
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
