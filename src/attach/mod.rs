//! The client layer: attaches the cluster's token to every outgoing call.
//!
//! `authorization: Bearer <token>` with the [`Keyring`](crate::Keyring)'s primary token is **attached** when
//!
//! 1. the request has no `authorization` value of the caller's own (a value that is there stays), and
//! 2. the request's URI is a mere path, as generated clients send into a channel, or names exactly the origin that the
//!    layer was [built for](AddTokenLayer::for_origin): the secret of one cluster never goes to another host because a
//!    request said so.
//!
//! Otherwise the request goes on as it is. The layer refuses nothing and its future is the inner service's. The value is
//! marked sensitive where it is made, so `Debug` output of headers does not show it and HTTP/2 does not put it into the
//! peer's compression table, unless [somebody asks for that](AddTokenLayer::dangerous_indexed). The next call after a
//! change of the keyring carries the new primary; a call that was refused because of such a change can be sent once more
//! by another layer, [to be asked for](retry).
//!
//! ```
//! use http::Request;
//! use ray_auth::{AddTokenLayer, Keyring, Token};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keyring = Keyring::new(Token::parse("open-sesame")?);
//! let echo = service_fn(async |request: Request<()>| Ok::<_, std::convert::Infallible>(request.into_parts().0.headers));
//! let client = AddTokenLayer::new(keyring).layer(echo);
//!
//! let headers = client.clone().oneshot(Request::get("/ray.rpc.NodeInfoGcsService/CheckAlive").body(())?).await?;
//! assert_eq!(headers["authorization"], "Bearer open-sesame");
//! assert_eq!(format!("{headers:?}"), r#"{"authorization": Sensitive}"#);
//!
//! let elsewhere = client.oneshot(Request::get("http://elsewhere.example/").body(())?).await?;
//! assert!(elsewhere.get("authorization").is_none());
//! # Ok(())
//! # }
//! ```

mod layer;
mod origin;
pub mod retry;
mod service;

pub use self::layer::{AddTokenLayer, IndexedError};
pub use self::origin::OriginError;
pub use self::service::AddToken;
pub(crate) use self::service::attach;

#[cfg(test)]
mod tests;
