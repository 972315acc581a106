//! The client layer that sends a refused call once more.
//!
//! A token is read when a call is sent. If the cluster's token changes while the call is on its way, the server may no
//! longer accept the one it carries, although this process holds a better one by then. And a real Ray server accepts one
//! token only: between our `promote` and its restart it refuses our primary. [`AddTokenLayer`](super::AddTokenLayer) hands
//! such a refusal to the caller. This layer, which is to be asked for, first tries once more.
//!
//! A call is **sent once more** when all of this holds:
//!
//! 1. This layer attached its token: the caller set no `authorization` value, and the request goes
//!    [where the token may go](super::AddTokenLayer::for_origin). The second time it goes to the same place.
//! 2. The request is one message, all there when the call is made, of at most
//!    [so many bytes](RetryTokenLayer::with_body_limit). Requests of unary calls are, and those of calls that are answered
//!    with a stream, which look the same from outside. Streams of requests are not: they are passed on without waiting
//!    for more of them, and the refusal is the answer. (One that ends at once after one message is no different from a
//!    unary call.)
//! 3. The answer is Ray's refusal of a token: headers with status 16 and its text, to the byte, and no message before
//!    them. A handler's own UNAUTHENTICATED is not, nor is a wrong cluster ID.
//! 4. There is another token to try. After [`retry_refused`](super::AddTokenLayer::retry_refused) that is the primary, if
//!    the keyring has another one than when the call was sent. After
//!    [`retry_with_accepted`](super::AddTokenLayer::retry_with_accepted) it is the first that was not sent of: the
//!    primary; the staged one, which a server has that was restarted before our `promote`; the others in the keyring's
//!    order, the latest predecessor first, which a server has that was not restarted since.
//!
//! Method, URI, version, headers, extensions and message are the same the second time, but for the token, and for
//! `grpc-timeout`, which then says what is left of the caller's time. (An `Endpoint`'s own timeout is counted from the
//! start each time.) What comes of the second time is the call's outcome, a second refusal included: there is never a
//! third. Nothing runs in the background, and dropping the future ends all of it.
//!
//! A call that can be sent once more keeps a copy of its headers, its message and its token until it is answered. The
//! message is not copied, but not freed either.
//!
//! Each second sending is counted in `ray_auth_replayed_total` by `outcome`: `accepted`, `refused` again, `failed`
//! without an answer, or `cancelled` by the caller. The log has a line for each at the level debug.
//!
//! Whoever answers at that address, and refuses the first token, is shown a second one. It is meant for a server of the
//! cluster, which has them all anyway; if others could stand there, use TLS.
//!
//! ```
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer, Token};
//! use tonic::body::Body;
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A server that was restarted with the new token, and accepts no other.
//! let new = Token::generate();
//! let handler = service_fn(async |_: Request<Body>| Ok::<_, std::convert::Infallible>(Response::new("hello")));
//! let server = RequireTokenLayer::new(Keyring::new(new.clone())).layer(handler);
//!
//! // A client in the middle of the rotation: it still sends the old one.
//! let keyring = Keyring::new(Token::generate());
//! keyring.stage(new)?;
//! let client = AddTokenLayer::new(keyring.clone()).layer(server.clone());
//! let patient = AddTokenLayer::new(keyring).retry_with_accepted().layer(server);
//!
//! let call = || Request::post("/a.B/C").body(Body::new(Full::from(&b"\0\0\0\0\0"[..])));
//! assert_eq!(client.oneshot(call()?).await?.headers()["grpc-status"], "16");
//! assert_eq!(patient.oneshot(call()?).await?.into_body(), "hello");
//! # Ok(())
//! # }
//! ```
//!
//! It fits around a channel that attaches the token itself, as [`ClusterAuth::connect`](crate::ClusterAuth) gives it:
//! `auth.add_token().retry_with_accepted().layer(auth.connect(address).await?)`.

mod choice;
mod deadline;
mod future;
mod kept;
mod layer;
mod message;
mod outcome;
mod service;

pub(super) use self::choice::Policy;
pub use self::future::ResponseFuture;
pub use self::layer::RetryTokenLayer;
pub use self::service::RetryToken;

#[cfg(test)]
mod tests;
