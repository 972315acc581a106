//! Tokens by their names, as the tool shows them.

use ray_auth::token::{Token, TokenSet};
use serde::Serialize;

/// One token.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) role: &'static str,
    pub(crate) fingerprint: String,
    pub(crate) weak: bool,
}

impl Row {
    pub(crate) fn new(role: &'static str, token: &Token) -> Self {
        Self { role, fingerprint: token.fingerprint().to_string(), weak: token.is_weak() }
    }

    /// The name, for people.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.fingerprint, if self.weak { " (weak)" } else { "" })
    }

    /// What is wrong with a weak token.
    pub(crate) fn warning(&self) -> Option<String> {
        self.weak.then(|| {
            format!(
                "the {} token is shorter than {} characters: whoever sees its fingerprint can find it by trying; \
                 keep this output to yourself, and replace the token by one that \
                 `ray-auth get-auth-token --generate` made",
                self.role,
                Token::STRONG_LEN
            )
        })
    }
}

/// All tokens of a set, the primary first.
pub(crate) fn rows(tokens: &TokenSet) -> Vec<Row> {
    std::iter::once(Row::new("primary", tokens.primary()))
        .chain(tokens.next().map(|token| Row::new("next", token)))
        .chain(tokens.accepted().iter().map(|token| Row::new("accepted", token)))
        .collect()
}
