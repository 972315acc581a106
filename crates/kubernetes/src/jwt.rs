//! When a token says of itself that it ends.
//!
//! Nothing is verified here, which is the API server's: what is read can only make this process trust a token for less
//! long.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// The `exp` of a JSON Web Token, in seconds since 1970 (RFC 7519, section 4.1.4); none of what is no such token.
pub(crate) fn expiry(token: &str) -> Option<u64> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?);
    let claims: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&claims).ok()?;
    let exp = claims.get("exp")?;
    exp.as_u64().or_else(|| exp.as_f64().map(whole))
}

/// Fractions are allowed. What is before 1970 is long over, and what no clock reaches never is.
fn whole(seconds: f64) -> u64 {
    let beyond = if seconds > 0.0 { u64::MAX } else { 0 };
    Duration::try_from_secs_f64(seconds).map_or(beyond, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
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
