use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

fn headers(values: &[&[u8]]) -> HeaderMap {
    values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())).collect()
}

#[test]
fn the_first_value_decides_and_is_taken_to_the_byte() {
    let long = [b"Bearer ".to_vec(), vec![b'a'; Token::MAX_LEN]].concat();
    let too_long = [b"Bearer ".to_vec(), vec![b'a'; Token::MAX_LEN + 1]].concat();
    type Row<'a> = (&'a str, &'a [&'a [u8]], Result<(&'a [u8], bool), Rejection>);
    let table: &[Row<'_>] = &[
        ("one", &[b"Bearer abc"], Ok((b"abc", false))),
        ("blanks belong to the token", &[b"Bearer  abc "], Ok((b" abc ", false))),
        ("a scheme in the token", &[b"Bearer Bearer abc"], Ok((b"Bearer abc", false))),
        ("bytes beyond ASCII", &[b"Bearer \xff"], Ok((b"\xff", false))),
        ("the same twice", &[b"Bearer abc", b"Bearer abc"], Ok((b"abc", false))),
        ("two that differ", &[b"Bearer abc", b"Bearer abd"], Ok((b"abc", true))),
        ("an empty second", &[b"Bearer abc", b""], Ok((b"abc", true))),
        ("the longest", &[&long], Ok((&long[7..], false))),
        ("none", &[], Err(Rejection::Missing)),
        ("empty", &[b""], Err(Rejection::Malformed)),
        ("the scheme alone", &[b"Bearer"], Err(Rejection::Malformed)),
        ("no token", &[b"Bearer "], Err(Rejection::Malformed)),
        ("no scheme", &[b"abc"], Err(Rejection::Malformed)),
        ("lower case", &[b"bearer abc"], Err(Rejection::Malformed)),
        ("upper case", &[b"BEARER abc"], Err(Rejection::Malformed)),
        ("another scheme", &[b"Basic abc"], Err(Rejection::Malformed)),
        ("a tab", &[b"Bearer\tabc"], Err(Rejection::Malformed)),
        ("a leading blank", &[b" Bearer abc"], Err(Rejection::Malformed)),
        ("an empty first", &[b"", b"Bearer abc"], Err(Rejection::Malformed)),
        ("too long", &[&too_long], Err(Rejection::Malformed)),
    ];
    for (name, values, expected) in table {
        let mut headers = headers(values);
        let credential = Credential::from_grpc(&mut headers);
        let seen = credential.map(|credential| (credential.token(), credential.is_ambiguous()));
        assert_eq!(seen, *expected, "{name}");
    }
}

#[test]
fn other_headers_are_not_looked_at() {
    for name in ["x-ray-authorization", "cookie", "proxy-authorization", "authorization-bin"] {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static("Bearer abc"));
        assert_eq!(Credential::from_grpc(&mut headers).map(|_| ()), Err(Rejection::Missing), "{name}");
    }
}

#[test]
fn every_value_is_marked_sensitive_whatever_it_holds() {
    for values in
        [&[&b"Bearer abc"[..]][..], &[b"Basic abc"], &[b"Bearer abc", b"Bearer abd", b"x"], &[b"", b"Bearer abc"]]
    {
        let mut headers = headers(values);
        let _ = Credential::from_grpc(&mut headers);
        assert!(headers.get_all(AUTHORIZATION).iter().all(HeaderValue::is_sensitive), "{values:?}");
    }
}

#[test]
fn debug_output_is_redacted() {
    let mut headers = headers(&[b"Bearer abc"]);
    let credential = Credential::from_grpc(&mut headers).unwrap();
    assert_eq!(
        format!("{credential:?}"),
        r#"Credential { token: "[redacted]", form: Authorization, ambiguous: false }"#
    );
}

proptest! {
    #[test]
    fn parsing_never_panics_and_agrees_with_a_plain_model(
        list in proptest::collection::vec(
            (prop_oneof!["authorization", "x-ray-authorization", "te"], prop_oneof!["Bearer [ab]{0,3}", "[ -~]{0,12}"]), 0..5),
    ) {
        let mut headers: HeaderMap = list.iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let values: Vec<&String> = list.iter().filter(|(name, _)| name == "authorization").map(|(_, value)| value).collect();
        let expected = match values.first() {
            None => Err(Rejection::Missing),
            Some(first) => match first.strip_prefix("Bearer ") {
                Some(token) if !token.is_empty() => Ok((token.as_bytes(), values.iter().any(|value| value != first))),
                _ => Err(Rejection::Malformed),
            },
        };
        let seen = Credential::from_grpc(&mut headers).map(|credential| (credential.token(), credential.is_ambiguous()));
        prop_assert_eq!(seen, expected);
    }
}
