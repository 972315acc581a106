//! Ray's token authentication for Rust services and clients.
//!
//! A Ray cluster (2.52 and newer) can be told to require a token: a secret that every process of the cluster holds, sends
//! with every gRPC call, and asks of every caller. This crate does the same for processes written in Rust, so that they
//! and Ray's own authenticate each other: a [client layer](AddTokenLayer) that attaches the token, a
//! [server layer](RequireTokenLayer) that validates it, and between them a [`Keyring`] whose tokens can be changed while
//! calls are under way. [`ClusterAuth`] reads Ray's environment variables and gives both layers and a channel.
//!
//! # A client
//!
//! ```no_run
//! use ray_auth::ClusterAuth;
//! use ray_auth::proto::CheckAliveRequest;
//! use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = ClusterAuth::from_env()?;
//! let channel = auth.connect("http://127.0.0.1:6379").await?;
//! let mut gcs = NodeInfoGcsServiceClient::new(channel);
//! let reply = gcs.check_alive(CheckAliveRequest::default()).await?.into_inner();
//! println!("Ray {} is alive", reply.ray_version);
//! # Ok(())
//! # }
//! ```
//!
//! # A server
//!
//! ```no_run
//! use ray_auth::ClusterAuth;
//! use ray_auth::require::Exempt;
//!
//! # async fn run(health: tonic_health::server::HealthService) -> Result<(), Box<dyn std::error::Error>> {
//! # let my_service = tonic_health::pb::health_server::HealthServer::new(health);
//! let auth = ClusterAuth::from_env()?;
//! tonic::transport::Server::builder()
//!     .layer(auth.require_token().exempt(Exempt::grpc_health()))
//!     .add_service(my_service)
//!     .serve("127.0.0.1:6380".parse()?)
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is where
//!
//! | module | concern |
//! |---|---|
//! | [`auth`] | a process's whole configuration: [`ClusterAuth`] |
//! | [`mode`], [`source`] | Ray's environment variables and token files |
//! | [`token`] | the secret itself, and sets of them |
//! | [`keyring`], [`reload`] | hot-swappable token state, the steps of a rotation, and following a file |
//! | [`keyring_file`] | the steps of a rotation on a token file |
//! | [`attach`] | the client layer |
//! | [`require`](mod@require) | the server layer |
//! | [`http`](mod@http) | the server layer on HTTP: dashboards, jobs, logging in by cookie |
//! | [`interceptor`] | both as tonic interceptors |
//! | [`credential`], [`verify`], [`reject`] | what a request presented, who judges it, and how a refusal is answered |
//! | `tls` | mutual TLS by Ray's variables, with the feature of that name |
//! | [`status`] | what a process tells about its tokens, over gRPC and as metrics |
//! | `proto` | the subset of Ray's wire contract that is used, with the feature of that name |
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `proto` | yes | generated messages, clients and servers: the module `proto` |
//! | `connect` | yes | [`ClusterAuth`]'s `connect` methods: a tonic channel that attaches the token |
//! | `tls` | yes | mutual TLS by Ray's variables: the module `tls`, `ClusterAuth::tls`. Without it `RAY_USE_TLS=1` is an error |
//!
//! # What it does not do
//!
//! A shared secret tells members of a cluster from everybody else, and nothing more: whoever holds it, user code on a
//! worker included, can do all that the cluster can. It encrypts nothing unless `RAY_USE_TLS` says so. A call is judged when it opens, and left alone
//! then, unless the layer is told to [`close_on_revoke`](RequireTokenLayer::close_on_revoke).

pub mod attach;
pub mod auth;
pub mod credential;
mod grpc_timeout;
pub mod http;
pub mod interceptor;
pub mod keyring;
pub mod keyring_file;
pub mod mode;
mod peer_text;
#[cfg(feature = "proto")]
pub mod proto;
pub mod reject;
pub mod reload;
pub mod require;
pub mod source;
pub mod status;
#[cfg(feature = "tls")]
pub mod tls;
pub mod token;
pub mod verify;

pub use self::attach::AddTokenLayer;
pub use self::auth::ClusterAuth;
pub use self::keyring::Keyring;
pub use self::mode::AuthMode;
pub use self::reject::Rejection;
pub use self::require::{Exempt, RequireTokenLayer};
pub use self::source::TokenSource;
pub use self::token::{Token, TokenSet};
