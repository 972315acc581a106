//! What a browser keeps in a token's place.
//!
//! Cookies go to every server on a host name, whatever its port, so a cookie that held the token would hand the cluster to
//! all of them. A session value holds when it ends, and a code that only a holder of the token can make; it proves that its
//! bearer once presented the token, and is of no use where the token itself is asked for.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Token, TokenSet, compare, hex};
use crate::token::buffer::Buffer;

/// What stands before the end. Another form gets another word.
const VERSION: &[u8] = b"v1.";
/// What the code is made over, before the end: a token that keys other codes elsewhere makes none that fit here.
const PURPOSE: &[u8] = b"ray-auth session cookie v1\0";
/// Digits of a code.
const CODE_LEN: usize = 64;
/// The most digits of an end: beyond all clocks.
const MAX_END_LEN: usize = 19;

/// A session value as a peer presented it: well formed, and not yet judged.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    /// In seconds since 1970, as it was written: what the code is made over.
    end: &'a [u8],
    code: &'a [u8],
}

impl<'a> Session<'a> {
    /// Some if `presented` has the form of a session value.
    pub(crate) fn parse(presented: &'a [u8]) -> Option<Self> {
        let rest = presented.strip_prefix(VERSION)?;
        let dot = rest.iter().position(|byte| *byte == b'.')?;
        let (end, code) = (&rest[..dot], &rest[dot + 1..]);
        let is_end = matches!(end.len(), 1..=MAX_END_LEN) && end.iter().all(u8::is_ascii_digit) && end[0] != b'0';
        let is_code = code.len() == CODE_LEN && code.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_end && is_code).then_some(Self { end, code })
    }

    /// When it ends, in seconds since 1970.
    pub(crate) fn end(&self) -> u64 {
        self.end.iter().fold(0, |end, digit| end * 10 + u64::from(digit - b'0'))
    }
}

impl Token {
    /// The session value that this token vouches for until `end`, in seconds since 1970.
    pub(crate) fn session(&self, end: u64) -> Zeroizing<String> {
        let end = end.max(1).to_string();
        Zeroizing::new(format!("v1.{end}.{}", self.session_code(end.as_bytes()).expose_secret()))
    }

    /// The code as a secret of its own: it opens what the token opens.
    fn session_code(&self, end: &[u8]) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.buffer.token()).expect("a key may have any length");
        mac.update(PURPOSE);
        mac.update(end);
        let code = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        Self { buffer: Buffer::new(hex(&code).as_slice()) }
    }
}

impl TokenSet {
    /// The place of the token that vouches for `session`, whatever its end. All codes are made, and compared as tokens are.
    pub(crate) fn find_session(&self, session: Session<'_>) -> Option<usize> {
        let codes: Vec<Token> = self.iter().map(|token| token.session_code(session.end)).collect();
        compare::find(session.code, &codes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_session_value_is_taken_to_the_byte() {
        let set = TokenSet::new(Token::parse("primary").unwrap()).with_next(Token::parse("next").unwrap()).unwrap();
        let value = set.primary().session(1_800_000_000);
        let found = |value: &[u8]| Session::parse(value).and_then(|session| set.find_session(session));
        assert_eq!(found(value.as_bytes()), Some(0));
        assert_eq!(found(set.next().unwrap().session(7).as_bytes()), Some(1));
        assert_eq!(Session::parse(value.as_bytes()).unwrap().end(), 1_800_000_000);
        assert_eq!(found(Token::parse("other").unwrap().session(1_800_000_000).as_bytes()), None);
        let code = value.rsplit_once('.').unwrap().1;
        let table = [
            format!("v1.1800000001.{code}"),
            format!("v1.01800000000.{code}"),
            format!("v1.+1800000000.{code}"),
            format!("v1..{code}"),
            format!("v1.18000000000000000000.{code}"),
            format!("v2.1800000000.{code}"),
            format!("V1.1800000000.{code}"),
            format!("v1.1800000000.{}", code.to_uppercase()),
            format!("v1.1800000000.{code}0"),
            format!("v1.1800000000.{}", &code[1..]),
            format!("v1.1800000000 .{code}"),
            format!("v1.1800000000.{code}."),
            format!(" v1.1800000000.{code}"),
            "v1.1800000000.".to_owned(),
            "v1.1800000000".to_owned(),
            "v1.".to_owned(),
            String::new(),
            "primary".to_owned(),
        ];
        for value in table {
            assert_eq!(found(value.as_bytes()), None, "{value:?}");
        }
    }

    #[test]
    fn the_code_is_hmac_sha_256_over_purpose_and_end() {
        // By another implementation: Python's hmac.new(b"k" * 64, b"ray-auth session cookie v1\0" + b"1800000000", "sha256").
        let value = Token::parse("k".repeat(64)).unwrap().session(1_800_000_000);
        assert_eq!(*value, format!("v1.1800000000.{EXPECTED}"));
    }

    const EXPECTED: &str = "c8147e0dca54bc1a9672e8a44664a3a3f6b6697dfa83592f618e897d6ec6eca8";

    proptest! {
        #[test]
        fn no_bytes_break_the_parser_and_what_is_made_is_found(
            noise in proptest::collection::vec(any::<u8>(), 0..120),
            token in "[!-~]{1,80}",
            end in 1_u64..9_999_999_999_999_999_999,
        ) {
            let set = TokenSet::new(Token::parse(token).unwrap());
            if let Some(session) = Session::parse(&noise) {
                prop_assert_eq!(set.find_session(session), None);
            }
            let value = set.primary().session(end);
            let session = Session::parse(value.as_bytes()).unwrap();
            prop_assert_eq!(session.end(), end);
            prop_assert_eq!(set.find_session(session), Some(0));
        }
    }
}
