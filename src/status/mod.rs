//! What a process tells about its tokens: to its operators over gRPC, to their metrics, and to itself.
//!
//! A rotation is safe when every process has taken a step before any takes the next; a [`ProcessStatus`] is how a
//! process says so. It names tokens by [label](crate::token::Label) and holds none. There are three ways to it:
//!
//! - [`ClusterAuth::status_service`](crate::ClusterAuth::status_service), a gRPC service that a program adds to its
//!   server, and [`ask`], which asks it (both with the feature `proto`);
//! - [`UsageWatch::status`], in the process itself;
//! - metrics, while there is a [`UsageWatch`] (a status service has one):
//!
//! | metric | labels | what |
//! |---|---|---|
//! | `ray_auth_keyring_generation` | | grows with each change of the keyring |
//! | `ray_auth_token_accepted_total` | `token`, `role` | calls let in, by the role the token had when they were published |
//! | `ray_auth_token_last_seen_seconds` | `token` | when the token last let a call in, in seconds since 1970; missing while it has not |
//! | `ray_auth_reload_age_seconds` | | time since tokens were last taken over from a source that is followed |
//! | `ray_auth_reload_failing` | | 1 while such a source cannot be used, else 0 |
//!
//! The label `token` is the token's label for the first 64 tokens that a watch sees, and `other` for later ones, whose
//! last use is not published. Of a token that has left the keyring nothing more is published once its last call is
//! counted, so an exporter that forgets idle series forgets it. No accepted call is missing, but for those of a token
//! that came and went within a second. Several watched keyrings in one process share these names.
//!
//! # Who may ask
//!
//! The service belongs **behind [`RequireTokenLayer`](crate::RequireTokenLayer)**, like every other: a call is answered
//! when the layer let it in by its token. A caller without one gets the layer's refusal. A path that is
//! [exempt](crate::require::Exempt) lets nobody in here: the service itself refuses what came through without a token.
//! Without any layer it would tell strangers fingerprints, paths of files and counts.
//!
//! # When a token was last seen
//!
//! No call reads a clock. Once a second, and whenever it is asked, the watch looks which counts have moved. So the time
//! is that of the last call or **up to one second later**, never earlier; and that a token was never seen holds for as
//! long as its use was [watched](TokenReport::watched). Asking is a call too, and counts for the token that it carries.
//!
//! ```
//! use ray_auth::keyring::Role;
//! use ray_auth::status::UsageWatch;
//! use ray_auth::{Keyring, Token};
//!
//! let keyring = Keyring::new(Token::generate());
//! let watch = UsageWatch::new(keyring.clone());
//! let next = Token::generate();
//! keyring.stage(next.clone())?;
//!
//! let status = watch.status();
//! assert_eq!(status.role_of(&next.fingerprint().to_string()), Some(Role::Next));
//! assert!(status.tokens().iter().all(|token| token.last_seen.is_none()));
//! # Ok::<(), ray_auth::keyring::KeyringError>(())
//! ```

#[cfg(feature = "proto")]
mod ask;
mod gauges;
mod process;
#[cfg(feature = "proto")]
mod service;
mod watch;
#[cfg(feature = "proto")]
mod wire;

#[cfg(feature = "proto")]
pub use self::ask::{AskError, ask};
pub use self::process::{KeyringReport, Moment, ProcessStatus, SourceReport, TokenReport};
#[cfg(feature = "proto")]
pub use self::service::KeyringStatusService;
pub use self::watch::UsageWatch;
#[cfg(feature = "proto")]
pub use self::wire::Malformed;
