//! The kinds of call that gRPC knows.

use serde::{Deserialize, Serialize};

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Unary,
    ClientStream,
    ServerStream,
    Bidi,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Unary, Self::ClientStream, Self::ServerStream, Self::Bidi];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ClientStream => "client stream",
            Self::ServerStream => "server stream",
            Self::Bidi => "bidi",
        }
    }
}
