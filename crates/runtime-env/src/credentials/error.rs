//! Why there is no credential for a request, and why a redirect is not followed.

use ray_auth::token::TokenError;

use super::BEARER_VARIABLE;
use crate::netrc::{NetrcError, NetrcWarning};
use crate::uri::{Origin, Scheme, UriError};

/// Which of its credentials a process sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// Login and password, or the login alone, from the URI.
    UserInfo,
    /// The entry for this host in a netrc file.
    NetrcMachine,
    /// The bearer token from the environment.
    Bearer,
    /// The `default` entry of a netrc file.
    NetrcDefault,
}

impl CredentialKind {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserInfo => "userinfo",
            Self::NetrcMachine => "netrc_machine",
            Self::Bearer => "bearer",
            Self::NetrcDefault => "netrc_default",
        }
    }

    /// As part of a sentence.
    fn described(self) -> &'static str {
        match self {
            Self::UserInfo => "the user information in the URI",
            Self::NetrcMachine => "the netrc entry for this host",
            Self::Bearer => "the bearer token",
            Self::NetrcDefault => "the default entry of the netrc file",
        }
    }
}

impl std::fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.described())
    }
}

/// Why a request cannot be given its credential. No variant holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The value of `RAY_RUNTIME_ENV_BEARER_TOKEN` is no token.
    #[error("{BEARER_VARIABLE} holds no usable token: {0}")]
    Bearer(TokenError),
    /// It has a blank inside, which no server takes.
    #[error(
        "{BEARER_VARIABLE} holds no usable token: there is a blank inside it; set it to the token alone, without a scheme"
    )]
    BearerBlank,
    /// The netrc file that `NETRC` names cannot be used.
    #[error(transparent)]
    Netrc(#[from] NetrcError),
    /// A credential would be sent in the clear.
    #[error(
        "{kind} would go to {origin} in the clear, where anybody on the way reads it; use https, or, where the network is \
         trusted, allow plaintext"
    )]
    Plaintext {
        /// Which one.
        kind: CredentialKind,
        /// To whom.
        origin: Origin,
    },
    /// This is no URI of HTTP, so there is no header to put a credential into.
    #[error("{scheme} URIs are not handled here; use the {scheme} client with its own credentials")]
    NotHttp {
        /// What it is.
        scheme: Scheme,
    },
}

impl CredentialError {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Bearer(_) | Self::BearerBlank => "bad_bearer",
            Self::Netrc(error) => error.as_str(),
            Self::Plaintext { .. } => "plaintext_refused",
            Self::NotHttp { .. } => "not_handled",
        }
    }
}

/// Why a redirect is not followed. No variant holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// From https to http, after a credential was sent.
    #[error(
        "{from} redirects to {to}, in the clear, after it was sent a credential; that is what an attacker would do; \
         use the address it leads to if you trust it"
    )]
    Downgrade {
        /// Where it comes from.
        from: Origin,
        /// Where it leads.
        to: Origin,
    },
    /// One more than are followed.
    #[error(
        "more than {limit} redirects; the server sends everybody in a circle, or wants a login page to be filled in"
    )]
    TooMany {
        /// How many are followed.
        limit: usize,
    },
    /// It leads to what is no URI of HTTP.
    #[error("the redirect cannot be followed: {0}")]
    Target(#[from] UriError),
    /// There is no credential to be had for the target.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

impl RedirectError {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Downgrade { .. } => "downgrade_refused",
            Self::TooMany { .. } => "too_many_redirects",
            Self::Target(_) => "bad_redirect",
            Self::Credential(error) => error.as_str(),
        }
    }
}

/// What is worth a line in the log, though the request is made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialWarning {
    /// About the netrc file.
    #[error("{0}")]
    Netrc(NetrcWarning),
    /// The user information in a URI goes over plain HTTP, as Ray and curl have it.
    #[error("the user information in the URI goes to {origin} in the clear; use https")]
    PlaintextUserInfo {
        /// To whom.
        origin: Origin,
    },
    /// The netrc file's `default` entry does not go over plain HTTP, so the request goes without.
    #[error("the default entry of the netrc file is not sent to {origin}, since that would be in the clear; use https")]
    PlaintextDefault {
        /// To whom not.
        origin: Origin,
    },
    /// A variable of this name was given to a runtime environment, where it is not used and can be read by many.
    #[error("{name} in env_vars is not used for downloads, and is printed in logs; set it where the agent is started")]
    Misplaced {
        /// Which one.
        name: &'static str,
    },
}
