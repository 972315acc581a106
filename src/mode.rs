//! How a process authenticates: not at all, with the shared secret, or with Kubernetes.
//!
//! [`AuthMode`] is decided by two variables, which are Ray's:
//!
//! | `RAY_AUTH_MODE` | `RAY_ENABLE_K8S_TOKEN_AUTH` | mode |
//! |---|---|---|
//! | `disabled` | any valid value | [`AuthMode::Disabled`] |
//! | `token`, empty or unset | `0`, `false`, empty or unset | [`AuthMode::Token`] |
//! | `token`, empty or unset | `1`, `true` | [`AuthMode::Kubernetes`] |
//! | anything else | any | an error |
//! | any | anything else | an error |
//!
//! Upper and lower case are the same in both; blanks are not ignored in either. Two things differ from Ray up to 2.60, so
//! that a misspelt word never opens a cluster: what is unset means `token` (Ray's own default from 2.61 on), and a value
//! that is not known is an error instead of `disabled`.
//!
//! ```
//! use std::ffi::OsString;
//!
//! use ray_auth::mode::AuthMode;
//!
//! let set = |mode: &'static str| move |name: &str| (name == "RAY_AUTH_MODE").then(|| OsString::from(mode));
//! assert_eq!(AuthMode::from_vars(set("Token"))?, AuthMode::Token);
//! assert!(AuthMode::from_vars(set("tokens")).is_err());
//! # Ok::<(), ray_auth::mode::ModeError>(())
//! ```

use std::ffi::{OsStr, OsString};
use std::fmt;

/// The variable that names the mode.
pub(crate) const MODE_VARIABLE: &str = "RAY_AUTH_MODE";

/// The variable that turns mode token into Kubernetes mode.
pub(crate) const KUBERNETES_VARIABLE: &str = "RAY_ENABLE_K8S_TOKEN_AUTH";

/// The variable that turns TLS on.
pub(crate) const TLS_VARIABLE: &str = "RAY_USE_TLS";

/// How calls are authenticated. See the [module](self) for how it is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMode {
    /// Nothing is attached and everything is accepted. Only ever the result of a named choice.
    Disabled,
    /// The cluster's shared secret is attached and required.
    Token,
    /// A service account's token is attached, and the cluster's API server decides about what others present.
    Kubernetes,
}

impl AuthMode {
    /// The mode this process's environment asks for.
    ///
    /// # Errors
    ///
    /// [`ModeError`] when one of the two variables has a value that is not known.
    pub fn from_env() -> Result<Self, ModeError> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// The mode that the variables found by `lookup` ask for.
    ///
    /// # Errors
    ///
    /// [`ModeError`] when one of the two variables has a value that is not known.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ModeError> {
        let kubernetes = kubernetes_asked(&lookup)?;
        let value = lookup(MODE_VARIABLE).unwrap_or_default();
        if value.eq_ignore_ascii_case("disabled") {
            return Ok(Self::Disabled);
        }
        if value.is_empty() || value.eq_ignore_ascii_case("token") {
            return Ok(if kubernetes { Self::Kubernetes } else { Self::Token });
        }
        if ["k8s", "kubernetes"].iter().any(|name| value.eq_ignore_ascii_case(name)) {
            return Err(ModeError::KubernetesAsMode { value: shown(&value) });
        }
        Err(ModeError::UnknownMode { value: shown(&value) })
    }
}

impl fmt::Display for AuthMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "disabled",
            Self::Token => "token",
            Self::Kubernetes => "kubernetes",
        })
    }
}

/// Why the variables name no mode.
///
/// A `value` is the variable's, quoted, or how long it is when it has more than 16 bytes: a secret that was put into the
/// wrong variable must not reach a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModeError {
    /// `RAY_AUTH_MODE` is not one of its values.
    #[error(
        "RAY_AUTH_MODE is {value}, which is no mode; set it to token or disabled, without blanks, \
         or leave it unset for token"
    )]
    UnknownMode {
        /// What it is.
        value: String,
    },
    /// `RAY_AUTH_MODE` names Kubernetes, which is asked for in another way.
    #[error(
        "RAY_AUTH_MODE is {value}, and takes token or disabled only; \
         for Kubernetes set RAY_AUTH_MODE=token and RAY_ENABLE_K8S_TOKEN_AUTH=true"
    )]
    KubernetesAsMode {
        /// What it is.
        value: String,
    },
    /// `RAY_ENABLE_K8S_TOKEN_AUTH` or `RAY_USE_TLS` is neither on nor off.
    #[error("{variable} is {value}, which is neither on nor off; set it to true, 1, false or 0")]
    UnknownFlag {
        /// Which of the two.
        variable: &'static str,
        /// What it is.
        value: String,
    },
}

/// Whether `RAY_ENABLE_K8S_TOKEN_AUTH` is on.
pub(crate) fn kubernetes_asked(lookup: impl Fn(&str) -> Option<OsString>) -> Result<bool, ModeError> {
    is_on(KUBERNETES_VARIABLE, lookup)
}

/// Whether `RAY_USE_TLS` is on.
pub(crate) fn tls_asked(lookup: impl Fn(&str) -> Option<OsString>) -> Result<bool, ModeError> {
    is_on(TLS_VARIABLE, lookup)
}

fn is_on(variable: &'static str, lookup: impl Fn(&str) -> Option<OsString>) -> Result<bool, ModeError> {
    let value = lookup(variable).unwrap_or_default();
    if value == "1" || value.eq_ignore_ascii_case("true") {
        return Ok(true);
    }
    if value.is_empty() || value == "0" || value.eq_ignore_ascii_case("false") {
        return Ok(false);
    }
    Err(ModeError::UnknownFlag { variable, value: shown(&value) })
}

fn shown(value: &OsStr) -> String {
    match value.len() {
        0..=16 => format!("{value:?}"),
        len => format!("a text of {len} bytes"),
    }
}

#[cfg(test)]
mod tests;
