//! Ray's Kubernetes mode: who a caller is, and whether it may use this cluster, is asked of the Kubernetes API server.
//!
//! [`Verifier`] goes behind the [server layer](ray_auth::RequireTokenLayer) in the keyring's place. A call is **allowed** when
//!
//! 1. a TokenReview of the token it presents says that it is authenticated, names a user and, if
//!    [audiences](VerifierBuilder::audiences) are asked for, one of these; and
//! 2. a SubjectAccessReview says that this user may `ray:write` this cluster's RayCluster.
//!
//! Both answers are kept for [a while](VerifierBuilder::ttl), so that a call costs no review as a rule: a right that is
//! taken away counts at most so much longer. Who was let in is in the request's extensions, as
//! [`Identity`](ray_auth::verify::Identity): name, uid and groups.
//!
//! A **refused** caller sees status 16 and Ray's message, as anywhere, or with
//! [`tell_not_allowed`](VerifierBuilder::tell_not_allowed) status 7 when it is known and not allowed. When nobody can
//! say, because the API server is down, slow, answers nonsense or does not let this process ask, the caller sees status 14
//! (UNAVAILABLE), which clients try again on, and the log says why. Nothing of that is remembered, and nobody is let in by it.
//!
//! What strangers can cause is bounded: reviews under way, in all and for each address they come from; what is remembered of good
//! tokens, and apart from that of bad ones; and time. Tokens are kept by a keyed hash, whose key lives as long as the process.
//!
//! The program chooses which version of Kubernetes it is built for, by a feature of `k8s-openapi`: `earliest`, as a rule.
//!
//! ```no_run
//! use ray_auth::{ClusterAuth, Exempt};
//! use ray_auth_kubernetes::Verifier;
//!
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = ClusterAuth::from_env()?; // RAY_AUTH_MODE=token, RAY_ENABLE_K8S_TOKEN_AUTH=true
//! let verifier = Verifier::from_env()?; // inside a pod, with RAY_CLUSTER_NAME and RAY_CLUSTER_NAMESPACE
//! let layer = auth.require(verifier).exempt(Exempt::grpc_health());
//! # drop(layer);
//! # Ok(())
//! # }
//! ```

mod builder;
mod cache;
mod client;
mod flights;
mod jwt;
mod limits;
mod pod;
mod reachable;
mod review;
mod throttle;
mod trouble;
mod verifier;

pub use self::builder::VerifierBuilder;
pub use self::jwt::Claims;
pub use self::pod::{Pod, StartError};
pub use self::verifier::Verifier;
