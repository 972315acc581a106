//! Header values that hold a credential: marked sensitive, and wiped when the last clone is gone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use ray_auth::Token;
use zeroize::Zeroizing;

/// `Bearer` with this token (RFC 6750).
pub(super) fn bearer(token: &Token) -> HeaderValue {
    sensitive(Zeroizing::new([b"Bearer ", token.expose_secret().as_bytes()].concat()))
}

/// `Basic` with this login and password, both as UTF-8 (RFC 7617). A login has no colon: whoever parsed it saw to that.
pub(super) fn basic(login: &str, password: &str) -> HeaderValue {
    const SCHEME: &[u8] = b"Basic ";
    let pair = Zeroizing::new([login.as_bytes(), b":", password.as_bytes()].concat());
    let mut value = Zeroizing::new(vec![0; SCHEME.len() + pair.len().div_ceil(3) * 4]);
    let (scheme, encoded) = value.split_at_mut(SCHEME.len());
    scheme.copy_from_slice(SCHEME);
    STANDARD.encode_slice(&*pair, encoded).expect("there is room for all of it");
    sensitive(value)
}

/// Takes printable ASCII.
fn sensitive(value: Zeroizing<Vec<u8>>) -> HeaderValue {
    let mut header =
        HeaderValue::from_maybe_shared(Bytes::from_owner(value)).expect("printable ASCII is a valid header value");
    header.set_sensitive(true);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_is_the_token_and_marked_sensitive() {
        let header = bearer(&Token::parse("correct-horse").unwrap());
        assert_eq!(header.as_bytes(), b"Bearer correct-horse");
        assert!(header.is_sensitive());
    }

    #[test]
    fn basic_is_the_encoded_pair_and_marked_sensitive() {
        // The examples of RFC 7617, sections 2 and 2.1, and pairs of every length modulo three.
        let table = [
            ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("test", "123\u{a3}", "Basic dGVzdDoxMjPCow=="),
            ("", "", "Basic Og=="),
            ("a", "", "Basic YTo="),
            ("a", "b", "Basic YTpi"),
        ];
        for (login, password, expected) in table {
            let header = basic(login, password);
            assert_eq!(header.as_bytes(), expected.as_bytes());
            assert!(header.is_sensitive());
            assert_eq!(format!("{header:?}"), "Sensitive");
        }
    }
}
