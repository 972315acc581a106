//! What a token says of itself.
//!
//! Nothing is verified here, which is the API server's: what is read can only make this process trust a token for less
//! long, or tell an operator what is in a file.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

/// What a JSON Web Token says of itself, unverified: for an operator to read, and nothing to decide by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// Whom it is of: `system:serviceaccount:NAMESPACE:NAME`.
    pub subject: Option<String>,
    /// Whom it is for.
    pub audiences: Vec<String>,
    /// When it ends, in seconds since 1970.
    pub expiry: Option<u64>,
}

impl Claims {
    /// Reads a token; none of what is no such token (RFC 7519).
    #[must_use]
    pub fn unverified(token: &str) -> Option<Self> {
        let claims = claims(token)?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let audiences = match claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().filter_map(text).collect(),
            Some(audience) => text(audience).into_iter().collect(),
            None => Vec::new(),
        };
        Some(Self { subject: claims.get("sub").and_then(text), audiences, expiry: claims.get("exp").and_then(seconds) })
    }
}

/// The `exp` of a JSON Web Token, in seconds since 1970 (RFC 7519, section 4.1.4); none of what is no such token.
pub(crate) fn expiry(token: &str) -> Option<u64> {
    claims(token)?.get("exp").and_then(seconds)
}

fn claims(token: &str) -> Option<serde_json::Map<String, Value>> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?);
    serde_json::from_slice(&claims).ok()
}

/// Fractions are allowed. What is before 1970 is long over, and what no clock reaches never is.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let seconds = value.as_f64()?;
        let beyond = if seconds > 0.0 { u64::MAX } else { 0 };
        Some(Duration::try_from_secs_f64(seconds).map_or(beyond, |time| time.as_secs()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn an_operator_is_told_what_a_token_says_of_itself() {
        let said = |claims: &str| Claims::unverified(&token(claims)).unwrap();
        let usual = said(r#"{"sub":"system:serviceaccount:here:head","aud":["https://kubernetes"],"exp":7}"#);
        assert_eq!(usual.subject.as_deref(), Some("system:serviceaccount:here:head"));
        assert_eq!((usual.audiences, usual.expiry), (vec!["https://kubernetes".to_owned()], Some(7)));
        assert_eq!(said(r#"{"aud":"ray.io"}"#).audiences, ["ray.io"]);
        assert_eq!(said(r#"{"sub":7,"aud":7,"exp":"7"}"#), Claims::default());
        assert_eq!(Claims::unverified("opaque"), None);
    }

    #[test]
    fn only_a_whole_token_with_a_number_says_when_it_ends() {
        let table = [
            (token(r#"{"exp":1800000000}"#), Some(1_800_000_000)),
            (token(r#"{"iss":"x","exp":1800000000.9}"#), Some(1_800_000_000)),
            (token(r#"{"exp":-1}"#), Some(0)),
            (token(r#"{"exp":1e300}"#), Some(u64::MAX)),
            (token(r#"{"exp":"1800000000"}"#), None),
            (token(r#"{"exp":null}"#), None),
            (token(r#"{}"#), None),
            (token(r#"[1]"#), None),
            (token("not json"), None),
            (format!("e30.{}", BASE64_URL_SAFE_NO_PAD.encode(r#"{"exp":1}"#)), None),
            (format!("{}.more", token(r#"{"exp":1}"#)), None),
            ("a.!!!.b".to_owned(), None),
            ("..".to_owned(), None),
            ("opaque".to_owned(), None),
            (String::new(), None),
        ];
        for (token, expected) in table {
            assert_eq!(expiry(&token), expected, "{token}");
        }
    }
}
