//! The server layer: validates the token on every incoming call.
//!
//! A request is **allowed** when
//!
//! 1. its first `authorization` value is `Bearer`, one space, and one of the tokens the [`Keyring`](crate::Keyring)
//!    accepts, to the byte; or
//! 2. its path is one of the [`Exempt`] ones, compared exactly; or
//! 3. authentication is [disabled](crate::ClusterAuth), which is a mode somebody asked for by name.
//!
//! (In [report-only mode](report_only), which somebody asked for by name and which ends, everything is let in.)
//!
//! Everything else is **refused** before its body is read. The caller of a refused request sees HTTP 200 with
//! `grpc-status: 16` and Ray's message in a single header frame, and nothing about the reason; the reason is in the
//! response's extensions as a [`Rejection`](crate::Rejection), in the metric `ray_auth_refused_total` (labels `reason` and
//! `method`, see [`RequireTokenLayer::count_methods`]) and in the log at the target [`LOG_TARGET`], at most 20 lines a
//! second per reason.
//!
//! The layer fits around a whole tonic server (`Server::layer`), one generated service, tonic's
//! `Routes` or an `axum` router. It answers every refused request as a gRPC call, with HTTP status 200; to protect HTTP
//! routes, too, tell it to [speak HTTP](RequireTokenLayer::http). Put it around the **whole server** where you can: then an
//! unknown method is refused like any other, and a service added later is protected, too. Inside `axum`'s
//! `Router::nest` a request's path lacks the nested prefix, so a layer with exemptions belongs outside of nests. A call
//! is judged when it opens; one that is open stays open when its token is retired, as with Ray, unless the layer is told to
//! [close it](close).
//!
//! ```
//! use http::{Request, Response};
//! use ray_auth::require::Exempt;
//! use ray_auth::{Keyring, RequireTokenLayer, Token};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keyring = Keyring::new(Token::parse("open-sesame")?);
//! let service = RequireTokenLayer::new(keyring).exempt(Exempt::grpc_health()).layer(service_fn(async |_: Request<String>| {
//!     Ok::<_, std::convert::Infallible>(Response::new(String::from("hello")))
//! }));
//!
//! let call = Request::get("/ray.rpc.NodeInfoGcsService/CheckAlive");
//! let allowed = service.clone().oneshot(call.header("authorization", "Bearer open-sesame").body(String::new())?).await?;
//! assert_eq!(allowed.into_body(), "hello");
//!
//! let refused = service.oneshot(Request::get("/ray.rpc.NodeInfoGcsService/CheckAlive").body(String::new())?).await?;
//! assert_eq!(refused.headers()["grpc-status"], "16");
//! assert_eq!(refused.into_body(), "");
//! # Ok(())
//! # }
//! ```

pub mod close;
mod decide;
mod exempt;
mod future;
mod layer;
mod refusals;
pub mod report_only;
mod service;
mod settings;
mod spelling;
mod throttle;

pub(crate) use self::decide::judge;
pub use self::exempt::{Exempt, ExemptError, Exempted};
pub use self::future::ResponseFuture;
pub use self::layer::RequireTokenLayer;
pub use self::refusals::LOG_TARGET;
pub(crate) use self::refusals::{Refusals, client_addr};
pub use self::report_only::ReportOnly;
pub use self::service::RequireToken;
pub use self::spelling::{Answer, Grpc, Spelling};
pub(crate) use self::spelling::{Content, sealed};

#[cfg(test)]
mod tests;
