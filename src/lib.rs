//! Ray's token authentication for Rust services and clients.

pub mod attach;
pub mod auth;
pub mod credential;
pub mod interceptor;
pub mod keyring;
pub mod mode;
mod peer_text;
#[cfg(feature = "proto")]
pub mod proto;
pub mod reject;
pub mod require;
pub mod source;
pub mod token;
pub mod verify;

pub use self::attach::AddTokenLayer;
pub use self::auth::ClusterAuth;
pub use self::keyring::Keyring;
pub use self::mode::AuthMode;
pub use self::reject::Rejection;
pub use self::require::RequireTokenLayer;
pub use self::token::Token;
