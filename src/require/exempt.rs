//! Paths that need no token.

/// Paths that need no token: compared with the path a request has when it reaches the layer, byte by byte.
///
/// Nothing is decoded or normalised: `//`, `%2f`, `.` and `..`, another case or a trailing slash make another path. There
/// are no prefixes or patterns, so what is exempt is what is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exempt {
    paths: Vec<Box<str>>,
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
        Self { paths: vec!["/grpc.health.v1.Health/Check".into(), "/grpc.health.v1.Health/Watch".into()] }
    }

    /// One path, for gRPC `/package.Service/Method`.
    ///
    /// # Errors
    ///
    /// [`ExemptError`] for text that no request path can equal, or that looks like a pattern.
    pub fn path(path: impl Into<String>) -> Result<Self, ExemptError> {
        let path = path.into();
        let valid =
            path.starts_with('/') && path.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"?#*{}".contains(&byte));
        if valid { Ok(Self { paths: vec![path.into()] }) } else { Err(ExemptError { path }) }
    }

    /// These paths and those.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.paths.extend(other.paths);
        self
    }

    /// Whether `path` needs no token.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.paths.iter().any(|exempt| **exempt == *path)
    }
}

/// In the extensions of a request that was let in because its path is [exempt](Exempt), or by
/// [report-only mode](super::report_only), and not by its token: whatever it asks for, nobody knows who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exempted;

/// Text that cannot be an exempt path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{path:?} cannot be exempt; write one whole request path, for example /grpc.health.v1.Health/Check, without patterns"
)]
pub struct ExemptError {
    path: String,
}
