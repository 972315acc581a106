//! Who sends the calls: the rows.

/// A client, by what its HPACK encoder does with the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// tonic's channel, and no layer on either side. The others are compared with it.
    NoToken,
    /// tonic's channel in the layer as it is by default: the value is marked as sensitive.
    NeverIndexed,
    /// tonic's channel in the layer that was told `dangerous_indexed`: the value is not marked.
    NotMarked,
    /// Another HTTP/2 client, whose encoder keeps the value in the connection's table. Only what the server does for it is
    /// this project's stack.
    Indexing,
}

impl Sender {
    /// In the order of the rows.
    pub(crate) const ALL: [Self; 4] = [Self::NoToken, Self::NeverIndexed, Self::NotMarked, Self::Indexing];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoToken => "tonic, no token",
            Self::NeverIndexed => "tonic, never indexed",
            Self::NotMarked => "tonic, not marked",
            Self::Indexing => "an encoder that indexes",
        }
    }

    /// Whether its client is tonic, so that whole calls can be counted.
    pub(crate) fn is_tonic(self) -> bool {
        self != Self::Indexing
    }

    /// Whether its calls have the token, and its server asks for it.
    pub(crate) fn has_token(self) -> bool {
        self != Self::NoToken
    }
}
