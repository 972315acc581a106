//! Paths that need no token.

use http::Method;

/// Paths that need no token: compared with the path a request has when it reaches the layer, byte by byte.
///
/// Nothing is decoded or normalised: `//`, `%2f`, `.` and `..`, another case or a trailing slash make another path. There
/// are no patterns, so what is exempt is what is written down; and one kind of [prefix](Exempt::files), for files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exempt {
    paths: Vec<Box<str>>,
    /// What comes after them is read, and no more.
    folders: Vec<Box<str>>,
}

impl Exempt {
    /// Nothing is exempt.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// gRPC's health service, `Check` and `Watch`: what Kubernetes probes and load balancers ask, which cannot carry a
    /// token. A caller learns which services are up. Reflection and channelz are not exempt, as they are with Ray.
    #[must_use]
    pub fn grpc_health() -> Self {
        Self::listed(&["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"])
    }

    /// What is open on Ray's dashboard: its first page, its files, the [login endpoints](crate::http::Login), and the health
    /// checks. A caller learns what the page shows before it asks for data, and which parts are up.
    ///
    /// `/` is open in every method, as with Ray; serve nothing there but a page that holds no data.
    #[must_use]
    pub fn ray_dashboard() -> Self {
        let health = Self::listed(&["/api/healthz", "/api/gcs_healthz", "/api/local_raylet_healthz", "/-/healthz"]);
        let page = Self { folders: vec!["/static/".into()], ..Self::listed(&["/", "/favicon.ico"]) };
        page.and(Self::login()).and(health)
    }

    /// What is open on Ray's dashboard agent: its two health checks.
    #[must_use]
    pub fn ray_agent() -> Self {
        Self::listed(&["/api/healthz", "/api/local_raylet_healthz"])
    }

    /// The [login endpoints](crate::http::Login), which are asked without a token by nature.
    #[must_use]
    pub fn login() -> Self {
        Self::listed(&[Self::AUTHENTICATION_MODE, Self::AUTHENTICATE])
    }

    /// Where a login page asks whether a token is required.
    pub(crate) const AUTHENTICATION_MODE: &str = "/api/authentication_mode";
    /// Where it presents one.
    pub(crate) const AUTHENTICATE: &str = "/api/authenticate";

    /// One path, for gRPC `/package.Service/Method`.
    ///
    /// # Errors
    ///
    /// [`ExemptError`] for text that no request path can equal, or that looks like a pattern.
    pub fn path(path: impl Into<String>) -> Result<Self, ExemptError> {
        let path = path.into();
        if !is_path(&path) {
            return Err(ExemptError { path });
        }
        Ok(Self { paths: vec![path.into()], ..Self::none() })
    }

    /// Files in one folder and those below it: GET and HEAD of paths that begin with `folder`, which must end in `/`. On
    /// HTTP only; gRPC knows no such methods.
    ///
    /// What comes after must be plain: a path in which `..`, `//`, `%`, a backslash or a byte beyond ASCII follows is not exempt, since
    /// whoever serves the files could be led out of the folder by it. Serve nothing else there: handlers of other
    /// routes below the folder are open, too.
    ///
    /// # Errors
    ///
    /// [`ExemptError`] for text that is not a folder, and for `/`, which would be everything.
    pub fn files(folder: impl Into<String>) -> Result<Self, ExemptError> {
        let path = folder.into();
        if !is_path(&path) || !path.ends_with('/') || path == "/" || !is_plain(&path[1..]) {
            return Err(ExemptError { path });
        }
        Ok(Self { folders: vec![path.into()], ..Self::none() })
    }

    /// These paths and those.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.paths.extend(other.paths);
        self.folders.extend(other.folders);
        self
    }

    /// Whether a request of `method` for `path` needs no token.
    #[must_use]
    pub fn contains(&self, method: &Method, path: &str) -> bool {
        let listed = self.paths.iter().any(|exempt| **exempt == *path);
        let file = || {
            let rest = self.folders.iter().find_map(|folder| path.strip_prefix(&**folder));
            rest.is_some_and(is_plain) && matches!(*method, Method::GET | Method::HEAD)
        };
        listed || file()
    }

    fn listed(paths: &[&str]) -> Self {
        Self { paths: paths.iter().map(|path| Box::from(*path)).collect(), ..Self::none() }
    }
}

/// Whether a request can have this path, and nobody can take it for a pattern.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"?#*{}".contains(&byte))
}

/// Whether whatever reads this part of a path stays below where it began.
fn is_plain(part: &str) -> bool {
    let printable = part.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    printable && !part.starts_with('/') && !part.contains("..") && !part.contains("//") && !part.contains(['%', '\\'])
}

/// In the extensions of a request that was let in because its path is [exempt](Exempt), or by
/// [report-only mode](super::report_only), and not by its token: whatever it asks for, nobody knows who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exempted;

/// Text that cannot be an exempt path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{path:?} cannot be exempt; write one whole request path, for example /grpc.health.v1.Health/Check, or a folder of files that ends in a slash, without patterns"
)]
pub struct ExemptError {
    path: String,
}
