//! What a pod is told about its cluster and the API server.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::path::PathBuf;

use http::Uri;
use ray_auth::source::SourceError;

/// Where Kubernetes puts a pod's own credentials.
const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The most seconds that an approval may count: Ray's.
const MAX_TTL: u64 = 300;

/// The API server, and this process's credentials for it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) server: Uri,
    pub(crate) authority: PathBuf,
    pub(crate) token: PathBuf,
}

/// What this process's pod is told: which cluster it belongs to, and who judges.
#[derive(Clone, Debug)]
pub struct Pod {
    pub(crate) place: Place,
    pub(crate) cluster: String,
    pub(crate) namespace: String,
    pub(crate) ttl_seconds: Option<u64>,
    /// None: not said.
    pub(crate) audiences: Option<Vec<String>>,
}

impl Pod {
    /// Reads what [`Verifier::from_env`](crate::Verifier::from_env) reads, and asks nobody.
    ///
    /// # Errors
    ///
    /// [`StartError`] when any of it is missing or blank.
    pub fn from_env() -> Result<Self, StartError> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// The API server's address.
    #[must_use]
    pub fn server(&self) -> &Uri {
        &self.place.server
    }

    /// The name of the RayCluster.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, StartError> {
        let required = |name: &'static str, what: &'static str| {
            let value = lookup(name).and_then(|value| value.into_string().ok()).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty()).ok_or(StartError::Missing { name, what })
        };
        let cluster = required("RAY_CLUSTER_NAME", "the name of the RayCluster; set it from the label ray.io/cluster")?;
        let namespace =
            required("RAY_CLUSTER_NAMESPACE", "the namespace of the RayCluster; set it from metadata.namespace")?;
        let host =
            required("KUBERNETES_SERVICE_HOST", "the address of the API server; Kubernetes sets it in every pod")?;
        let port = required("KUBERNETES_SERVICE_PORT", "the port of the API server; Kubernetes sets it in every pod")?;
        let folder = lookup("RAY_AUTH_KUBERNETES_FOLDER").filter(|folder| !folder.is_empty());
        let folder = folder.map_or_else(|| PathBuf::from(FOLDER), PathBuf::from);
        let ttl = lookup("RAY_AUTH_KUBERNETES_TTL_SECONDS").filter(|seconds| !seconds.is_empty());
        let ttl_seconds = ttl
            .map(|seconds| {
                seconds
                    .to_str()
                    .and_then(|seconds| seconds.parse().ok())
                    .filter(|seconds| *seconds <= MAX_TTL)
                    .ok_or(StartError::Ttl)
            })
            .transpose()?;
        let audiences = lookup("RAY_AUTH_KUBERNETES_AUDIENCES").filter(|audiences| !audiences.is_empty());
        let audiences = audiences.map(|audiences| list(&audiences)).transpose()?;
        let place = Place {
            server: server(&host, &port)?,
            authority: filled(folder.join("ca.crt"), "the authority of the API server's certificate")?,
            token: filled(folder.join("token"), "this process's own token for the API server")?,
        };
        filled(folder.join("namespace"), "the namespace that this process is in")?;
        Ok(Self { place, cluster, namespace, ttl_seconds, audiences })
    }
}

/// Words with commas between them, at least one.
fn list(words: &OsStr) -> Result<Vec<String>, StartError> {
    let words = words.to_str().ok_or(StartError::Audiences)?.split(',').map(str::trim);
    let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if words.is_empty() { Err(StartError::Audiences) } else { Ok(words) }
}

fn server(host: &str, port: &str) -> Result<Uri, StartError> {
    let invalid = || StartError::Server { host: host.to_owned(), port: port.to_owned() };
    let port: u16 = port.parse().map_err(|_| invalid())?;
    let host = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ if host.contains(['/', '@', ':', '?', '#']) => return Err(invalid()),
        _ => host.to_owned(),
    };
    format!("https://{host}:{port}").parse().map_err(|_| invalid())
}

/// The path, if there is something in the file.
fn filled(path: PathBuf, what: &'static str) -> Result<PathBuf, StartError> {
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() && metadata.len() > 0 => Ok(path),
        Ok(metadata) if metadata.is_file() => Err(StartError::File { path, what, reason: "it is empty".to_owned() }),
        Ok(_) => Err(StartError::File { path, what, reason: "it is no file".to_owned() }),
        Err(error) => Err(StartError::File { path, what, reason: error.to_string() }),
    }
}

/// Why there is no verifier: what is missing, and how to mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A variable that is not set, or blank.
    #[error("{name} is not set, or blank: {what}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What it should hold, and where that comes from.
        what: &'static str,
    },
    /// Variables that are no address.
    #[error(
        "KUBERNETES_SERVICE_HOST {host:?} and KUBERNETES_SERVICE_PORT {port:?} are not an address; leave them as Kubernetes sets them"
    )]
    Server {
        /// The host as it was read.
        host: String,
        /// The port as it was read.
        port: String,
    },
    /// A file of the pod that is missing, empty or cannot be read.
    #[error(
        "{path:?}, {what}, cannot be used: {reason}; let Kubernetes mount it (automountServiceAccountToken), and run as a user who can read it"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An authority that certificates cannot be verified with.
    #[error("{path:?} is not the authority of the API server's certificate: {reason}; let Kubernetes mount it")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// This process's own token.
    #[error("this process's own token for the API server cannot be used: {0}")]
    Token(#[from] SourceError),
    /// A time that is none.
    #[error("RAY_AUTH_KUBERNETES_TTL_SECONDS is not a number of seconds up to 300; write it like 60")]
    Ttl,
    /// A verb that is none, which would ask about nothing.
    #[error("the verb that callers must be allowed is blank; leave it as it is, or name one")]
    Verb,
    /// A list of nothing, which would take tokens for anybody.
    #[error("the audiences (RAY_AUTH_KUBERNETES_AUDIENCES) name none; write them like ray.io,other, or leave them out")]
    Audiences,
}
