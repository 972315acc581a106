//! The status as it goes over the wire. What comes from there is checked before anybody relies on it.

use std::time::{Duration, SystemTime};

use super::process::{KeyringReport, Moment, ProcessStatus, SourceReport, TokenReport};
use crate::keyring::Role;
use crate::mode::AuthMode;
use crate::proto::v1;
use crate::token::TokenSet;

/// The longest text that is taken from a peer, in characters: a path may be long.
const MAX_TEXT: usize = 1_024;

/// The end of the year 9999, in milliseconds since 1970: what comes after cannot be shown as a date.
const MAX_UNIX_MS: u64 = 253_402_300_799_999;

/// What an answer that is no status lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A mode that is not known here.
    #[error("it names no known mode")]
    Mode,
    /// No keyring where the mode needs one, or one where it has none.
    #[error("it has a keyring where there can be none, or none where there must be one")]
    Keyring,
    /// A source that is not known here.
    #[error("it names no known source of tokens")]
    Source,
    /// Not one primary, at most one next, and others behind them.
    #[error("its tokens are not those of a keyring")]
    Tokens,
    /// A label that is neither a fingerprint nor a place.
    #[error("it names a token by what is no label")]
    Label,
    /// A time beyond all dates.
    #[error("it names a time that is none")]
    Time,
}

pub(super) fn encode(status: ProcessStatus) -> v1::GetStatusReply {
    let mode = match status.mode {
        AuthMode::Disabled => v1::AuthMode::Disabled,
        AuthMode::Token => v1::AuthMode::Token,
        AuthMode::Kubernetes => v1::AuthMode::Kubernetes,
    };
    v1::GetStatusReply {
        mode: mode.into(),
        uptime_ms: millis(status.uptime),
        keyring: status.keyring.map(|keyring| v1::Keyring {
            generation: keyring.generation,
            source: Some(v1::Source { kind: Some(encode_source(keyring.source)) }),
            tokens: keyring.tokens.into_iter().map(encode_token).collect(),
        }),
    }
}

fn encode_source(source: SourceReport) -> v1::source::Kind {
    match source {
        SourceReport::Program => v1::source::Kind::Program(v1::source::Program {}),
        SourceReport::Static { origin } => v1::source::Kind::Static(v1::source::Static { origin }),
        SourceReport::Followed { origin, last_reload, reloads, failures, error } => {
            let last_reload = Some(encode_moment(last_reload));
            v1::source::Kind::Followed(v1::source::Followed { origin, last_reload, reloads, failures, error })
        }
    }
}

fn encode_token(token: TokenReport) -> v1::Token {
    let role = match token.role {
        Role::Primary => v1::Role::Primary,
        Role::Next => v1::Role::Next,
        Role::Accepted => v1::Role::Accepted,
    };
    v1::Token {
        label: token.label,
        role: role.into(),
        weak: token.weak,
        accepted_calls: token.accepted_calls,
        last_seen: token.last_seen.map(encode_moment),
        watched_ms: millis(token.watched),
    }
}

fn encode_moment(moment: Moment) -> v1::Moment {
    let unix = moment.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    v1::Moment { age_ms: millis(moment.age), unix_ms: millis(unix) }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn decode(reply: v1::GetStatusReply) -> Result<ProcessStatus, Malformed> {
    let mode = match v1::AuthMode::try_from(reply.mode) {
        Ok(v1::AuthMode::Disabled) => AuthMode::Disabled,
        Ok(v1::AuthMode::Token) => AuthMode::Token,
        Ok(v1::AuthMode::Kubernetes) => AuthMode::Kubernetes,
        Ok(v1::AuthMode::Unspecified) | Err(_) => return Err(Malformed::Mode),
    };
    if (mode == AuthMode::Disabled) != reply.keyring.is_none() {
        return Err(Malformed::Keyring);
    }
    let keyring = reply.keyring.map(decode_keyring).transpose()?;
    Ok(ProcessStatus { mode, uptime: Duration::from_millis(reply.uptime_ms), keyring })
}

fn decode_keyring(keyring: v1::Keyring) -> Result<KeyringReport, Malformed> {
    let source = keyring.source.and_then(|source| source.kind).ok_or(Malformed::Source)?;
    if keyring.tokens.len() > TokenSet::MAX_TOKENS {
        return Err(Malformed::Tokens);
    }
    let tokens: Vec<TokenReport> = keyring.tokens.into_iter().map(decode_token).collect::<Result<_, _>>()?;
    let (primary, others) = tokens.split_first().ok_or(Malformed::Tokens)?;
    let behind = others.get(usize::from(others.first().is_some_and(|token| token.role == Role::Next))..);
    if primary.role != Role::Primary || behind.unwrap_or_default().iter().any(|token| token.role != Role::Accepted) {
        return Err(Malformed::Tokens);
    }
    Ok(KeyringReport { generation: keyring.generation, source: decode_source(source)?, tokens })
}

fn decode_source(source: v1::source::Kind) -> Result<SourceReport, Malformed> {
    Ok(match source {
        v1::source::Kind::Program(_) => SourceReport::Program,
        v1::source::Kind::Static(v1::source::Static { origin }) => SourceReport::Static { origin: shown(&origin) },
        v1::source::Kind::Followed(followed) => SourceReport::Followed {
            origin: shown(&followed.origin),
            last_reload: decode_moment(followed.last_reload.ok_or(Malformed::Time)?)?,
            reloads: followed.reloads,
            failures: followed.failures,
            error: followed.error.as_deref().map(shown),
        },
    })
}

fn decode_token(token: v1::Token) -> Result<TokenReport, Malformed> {
    let role = match v1::Role::try_from(token.role) {
        Ok(v1::Role::Primary) => Role::Primary,
        Ok(v1::Role::Next) => Role::Next,
        Ok(v1::Role::Accepted) => Role::Accepted,
        Ok(v1::Role::Unspecified) | Err(_) => return Err(Malformed::Tokens),
    };
    if !is_label(&token.label) {
        return Err(Malformed::Label);
    }
    Ok(TokenReport {
        role,
        weak: token.weak,
        accepted_calls: token.accepted_calls,
        last_seen: token.last_seen.map(decode_moment).transpose()?,
        watched: Duration::from_millis(token.watched_ms),
        label: token.label,
    })
}

fn decode_moment(moment: v1::Moment) -> Result<Moment, Malformed> {
    let unix = Some(moment.unix_ms).filter(|unix| *unix <= MAX_UNIX_MS).ok_or(Malformed::Time)?;
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(unix)).ok_or(Malformed::Time)?;
    Ok(Moment { age: Duration::from_millis(moment.age_ms), at })
}

/// Whether it is what a [`Label`](crate::token::Label) prints.
fn is_label(label: &str) -> bool {
    match label.strip_prefix("weak-") {
        Some("primary") => true,
        Some(place) => place.len() == 1 && matches!(place.as_bytes(), [b'2'..=b'8']),
        None => label.len() == 12 && label.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')),
    }
}

/// A peer's text for people: what is not printable is escaped, and what is too long is cut.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_TEXT));
    for (place, character) in text.chars().enumerate() {
        match character {
            _ if place == MAX_TEXT => {
                shown.push('…');
                break;
            }
            // Paths are quoted already.
            '"' | '\'' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
