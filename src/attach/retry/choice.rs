//! The decision: whether an answer is a refusal of the token, and which token to try instead.

use std::iter::once;

use http::{HeaderValue, Response, StatusCode};
use tonic::Code;

use crate::keyring::{Keyring, Role};
use crate::reject::Rejection;
use crate::token::{SCHEME, Token, TokenSet};

/// Which tokens may be tried instead of the one that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attach) enum Policy {
    /// The primary, if it changed since.
    Primary,
    /// Any that the keyring holds.
    Held,
}

/// The token that a call was sent with.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    pub(super) value: &'a HeaderValue,
    /// The keyring's generation then.
    pub(super) generation: u64,
}

/// Whether this is Ray's answer to a token that is not accepted, and no other: nothing but headers, the status, the text.
pub(super) fn is_refusal<B>(response: &Response<B>) -> bool {
    let field = |name| response.headers().get(name).map_or(&b""[..], HeaderValue::as_bytes);
    // A status that stands in the first headers is the whole answer: no message comes with it.
    response.status() == StatusCode::OK
        && Code::from_bytes(field("grpc-status")) == Code::Unauthenticated
        && is_refusal_text(field("grpc-message"))
}

/// Ray writes the blanks as they are, a tonic server's interceptor as `%20`.
fn is_refusal_text(message: &[u8]) -> bool {
    let text = Rejection::WrongToken.grpc_message();
    message == text.as_bytes() || message == text.replace(' ', "%20").as_bytes()
}

/// The token to try instead of the one that was refused, and what it is to the keyring.
pub(super) fn another(keyring: &Keyring, policy: Policy, sent: &Sent<'_>) -> Option<(Token, Role)> {
    // Read before the tokens are: they are then at least as new.
    if policy == Policy::Primary && keyring.generation() == sent.generation {
        return None;
    }
    let tokens = keyring.tokens();
    choose(&tokens, policy, sent.value.as_bytes().strip_prefix(SCHEME)?).map(|(token, role)| (token.clone(), role))
}

/// The first candidate that is not `sent`: a server that refused a token gets another one or none.
fn choose<'a>(tokens: &'a TokenSet, policy: Policy, sent: &[u8]) -> Option<(&'a Token, Role)> {
    let candidates = match policy {
        Policy::Primary => 1,
        Policy::Held => TokenSet::MAX_TOKENS,
    };
    once((tokens.primary(), Role::Primary))
        .chain(tokens.next().map(|token| (token, Role::Next)))
        .chain(tokens.accepted().iter().map(|token| (token, Role::Accepted)))
        .take(candidates)
        .find(|(token, _)| !token.matches(sent))
}

#[cfg(test)]
mod tests;
