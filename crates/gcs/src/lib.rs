//! An in-memory equivalent of Ray's GCS, behind token authentication and within limits.
//!
//! - [`Gcs`] is the state and the two services every Ray client needs: nodes, and the key-value store. What it holds is
//!   bounded by [`Bounds`].
//! - [`Server`] serves it, or the services of a node ([`NodeManager`], [`Echo`]), with the gRPC health service beside
//!   them, behind any authentication layer. What peers can hold open, those without a token above all, is bounded by
//!   [`Limits`]; the [`limits`] page says how.
//!
//! Unmodified Ray 2.60 clients work with it: `GcsClient`, `ray health-check`, `ray status`.
//!
//! It is made for tests, demonstrations and development. It keeps nothing when it ends, does not watch whether its
//! nodes are alive, and calls none of them: `DrainNode` marks a node as draining, and the node must look.
//!
//! ```
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use ray_auth::{Keyring, RequireTokenLayer, Token};
//! use ray_auth_gcs::{Gcs, Server};
//!
//! let gcs = Gcs::builder().build()?;
//! let server = Server::builder().gcs(&gcs).echo().bind("127.0.0.1:0".parse()?).await?;
//! println!("listening on {}", server.local_addr());
//!
//! let auth = RequireTokenLayer::new(Keyring::new(Token::generate()));
//! server.serve(auth, async { /* until when */ }).await?;
//! # Ok(())
//! # }
//! ```

pub mod cluster_id;
pub mod limits;
pub mod server;

mod bounds;
mod echo;
mod gcs;
mod health;
mod kv;
mod node;
mod nodes;
mod status;

pub use self::bounds::{BoundError, Bounds};
pub use self::cluster_id::ClusterId;
pub use self::echo::Echo;
pub use self::gcs::{Gcs, GcsBuilder};
pub use self::limits::Limits;
pub use self::node::NodeManager;
pub use self::server::{Server, ServerBuilder, ServerError};
