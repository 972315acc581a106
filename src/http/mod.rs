//! The HTTP spelling of the server layer: dashboards, job submission, agents.
//!
//! [`RequireTokenLayer::http`](crate::RequireTokenLayer::http) makes the server layer speak HTTP beside gRPC, as Ray's
//! dashboard does, with the same keyring, exemptions and counts. A request is **allowed** when
//!
//! 1. the first of these that is there and not empty holds an accepted token: `Authorization: Bearer …`,
//!    `X-Ray-Authorization: Bearer …` (for proxies that use up the first), the cookie that is set [at login](Login); or
//! 2. its path is [`Exempt`](crate::Exempt), or authentication is disabled, as on gRPC.
//!
//! A request whose credential is the **cookie** must also not be a browser's that somebody else made it send:
//!
//! - its host name must be `localhost`, an address, or [allowed by name](Http::allow_host): a name that an attacker owns
//!   can be made to lead here (DNS rebinding), and an address cannot;
//! - unless it is GET or HEAD and asks for no upgrade, neither its `Sec-Fetch-Site` nor its `Origin` may say that it comes from
//!   another origin, as [`tower_http::csrf`] has it; browsers send one of them, programs none. WebSockets are upgrades. So **no handler may change anything on GET**.
//!
//! What kind of browser it is, or says it is, does not matter. A request that is gRPC by its content type (`application/grpc…`),
//! or whose path ends in that of a gRPC method (`/package.Service/Method`), is never opened by a cookie; one that is gRPC by its
//! content type is judged by `authorization` alone. A service without a package is not known by its path: put a plain
//! [`RequireTokenLayer`](crate::RequireTokenLayer) around it.
//!
//! A **refused** caller sees, by its content type, gRPC's answer, or Ray's on HTTP: 401 `Unauthorized: Missing authentication
//! token` with `WWW-Authenticate: Bearer`, 403 `Forbidden: Invalid authentication token`, 503 when nobody could judge; or
//! [the login page](Http::with_login_page), with the same status, if it is a browser that asks for a page. A cookie that is
//! not accepted is cleared.
//!
//! Responses have bodies made of bytes then (`B: From<Bytes>`), as axum's are. Put the layer outside of
//! `Router::nest`, and inside of CORS layers, which otherwise hide refusals from scripts.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use ray_auth::http::Http;
//! use ray_auth::{Keyring, RequireTokenLayer, Token};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keyring = Keyring::new(Token::parse("open-sesame")?);
//! let jobs = RequireTokenLayer::new(keyring).http(Http::new()).layer(service_fn(async |_: Request<()>| {
//!     Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from("no jobs")))
//! }));
//!
//! let request = Request::get("/api/jobs/").header("authorization", "Bearer open-sesame").body(())?;
//! let allowed = jobs.clone().oneshot(request).await?;
//! assert_eq!(allowed.into_body().collect().await?.to_bytes(), "no jobs");
//!
//! let refused = jobs.oneshot(Request::get("/api/jobs/").body(())?).await?;
//! assert_eq!(refused.status(), 401);
//! assert_eq!(refused.headers()["www-authenticate"], "Bearer");
//! assert_eq!(refused.into_body().collect().await?.to_bytes(), "Unauthorized: Missing authentication token");
//! # Ok(())
//! # }
//! ```

mod answer;
mod cookie;
mod guard;
mod hosts;
mod login;
mod page;
mod settings;
mod spelling;

pub use self::guard::TrustedOriginError;
pub use self::hosts::HostError;
pub use self::login::{Login, LoginFuture};
pub use self::settings::Http;

#[cfg(test)]
mod tests;
