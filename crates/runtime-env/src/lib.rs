//! Credentials for the remote URIs of Ray's `runtime_env`: `working_dir` and `py_modules` packages on private servers.
//!
//! For agents that do what Ray's runtime environment agent does. It reads what Ray 2.60 reads, netrc files,
//! `RAY_RUNTIME_ENV_BEARER_TOKEN` and logins in URIs, sends each to nobody it is not meant for, and writes none of it into a log.
//!
//! | module | what it does |
//! |---|---|
//! | [`uri`] | reads a URI strictly, and keeps its secrets apart; names of packages |
//! | [`netrc`] | finds and reads the netrc file |
//! | [`credentials`] | decides what goes with a request, and with what a redirect asks for |
//! | [`download`] | downloads a package |
//! | [`redact`] | takes secrets out of a URI, a text, a log |
//! | [`logs`] | does so for what `tracing` writes |
//!
//! ```
//! use ray_auth_runtime_env::redact::Redactor;
//! use ray_auth_runtime_env::{Credentials, RemoteUri};
//!
//! let uri = RemoteUri::parse("https://me:correct-horse@files.example/f.zip")?;
//! let request = Credentials::none().begin(&uri)?;
//! assert!(request.authorization().is_some());
//! assert_eq!(request.uri().to_string(), "https://***@files.example/f.zip");
//!
//! let line = format!("401 Client Error: Unauthorized for url: {}", uri.expose_uri());
//! assert_eq!(Redactor::new().redact(&line), format!("401 Client Error: Unauthorized for url: {uri}"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod characters;
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
