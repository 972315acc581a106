//! Credentials for the remote URIs of Ray's `runtime_env`: `working_dir` and `py_modules` packages on private servers.

pub mod credentials;
pub mod download;
pub mod logs;
pub mod netrc;
pub mod redact;
mod secret;
pub mod uri;

pub use self::credentials::Credentials;
pub use self::netrc::Netrc;
pub use self::secret::Secret;
pub use self::uri::RemoteUri;
