//! The server layer that also ends open calls: when their token is retired, and, if wanted, when they get too old.
//!
//! [`RequireTokenLayer`](crate::RequireTokenLayer) judges a call when it opens, as Ray does, and a stream may then live
//! for weeks. With [`close_on_revoke`](crate::RequireTokenLayer::close_on_revoke) a call **ends** when the token it was
//! opened with leaves the [`Keyring`](crate::Keyring), by whichever step, at once and without a task of its own:
//!
//! 1. its request body ends with an error, never as if the peer had finished; the error is a [`tonic::Status`] with
//!    [`Closed`] as its source;
//! 2. a call whose handler has not answered yet, such as a long poll, is answered with status 16 and Ray's message, and
//!    the handler's future is dropped;
//! 3. a gRPC response ends with status 16 and Ray's message in its trailers, and the handler's stream is dropped; any
//!    other response ends with an error, since it would look complete otherwise. (Not a body that is complete already.)
//!
//! A peer that does not read gets what was sent to it before, then the status, once it reads again: until then nothing
//! asks for the next part of its response, and the handler's stream is held. HTTP/2 keepalive finds the peers that are
//! gone; a maximum age of *connections* ends the others. A token that comes back does not bring back its calls.
//!
//! **Not ended** are calls on [exempt](super::Exempt) paths and calls let in by a verifier that did not ask a keyring:
//! they have no token that could be retired. A [`Verify`](crate::verify::Verify) of your own that returns the identity
//! it got from a keyring hands on the keyring's word on when the call ends. A connection that was upgraded, to a
//! WebSocket for example, is no longer a call. Calls that were opened in [report-only mode](super::report_only) are not ended,
//! not even after it.
//!
//! [`with_max_age`](CloseOnRevokeLayer::with_max_age) also ends each call that a verifier let in when it gets too old,
//! with status 14 (UNAVAILABLE): the one status on which gRPC clients connect again by themselves.
//!
//! Ended calls are counted in `ray_auth_closed_total` (label `reason`: `revoked` or `max_age`). Both bodies get another
//! type, [`CallBody`], which what stands inside must take; generated services, routers and `axum` do.
//!
//! ```
//! use http::{Request, Response};
//! use ray_auth::require::close::CallBody;
//! use ray_auth::token::TokenSet;
//! use ray_auth::{Keyring, RequireTokenLayer, Token};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tokens = TokenSet::new(Token::parse("new-token")?).add_accepted(Token::parse("old-token")?)?;
//! let keyring = Keyring::with_tokens(tokens);
//! let service = RequireTokenLayer::new(keyring.clone()).close_on_revoke().layer(service_fn(
//!     async |call: Request<CallBody<String>>| match call.uri().path() {
//!         "/wait" => std::future::pending().await,
//!         _ => Ok::<_, std::convert::Infallible>(Response::new(String::from("hello"))),
//!     },
//! ));
//! let call = |path| {
//!     let call = Request::post(path).header("content-type", "application/grpc");
//!     call.header("authorization", "Bearer old-token").body(String::new())
//! };
//! let waiting = tokio::spawn(service.clone().oneshot(call("/wait")?));
//! let answered = service.oneshot(call("/greet")?).await?;
//! assert!(!answered.headers().contains_key("grpc-status"));
//!
//! keyring.retire()?;
//! assert_eq!(waiting.await??.headers()["grpc-status"], "16");
//! # Ok(())
//! # }
//! ```

mod age;
mod body;
mod closed;
mod ending;
mod future;
mod layer;
mod service;

pub use self::body::CallBody;
pub use self::closed::Closed;
pub use self::future::ResponseFuture;
pub use self::layer::CloseOnRevokeLayer;
pub use self::service::CloseOnRevoke;

#[cfg(test)]
mod tests;
