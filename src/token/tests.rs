use proptest::prelude::*;

use super::*;

#[test]
fn parsing_follows_rays_trimming_and_refuses_what_no_header_carries() {
    let long = vec![b'a'; Token::MAX_LEN];
    let too_long = vec![b'a'; Token::MAX_LEN + 1];
    let accepted: &[(&str, &[u8], &[u8])] = &[
        ("plain", b"abc", b"abc"),
        ("blanks around", b" \t\r\n\x0b\x0cabc\x0c\x0b\n\r\t ", b"abc"),
        ("a blank inside", b"a b", b"a b"),
        ("quotes are kept", b"\"abc\"", b"\"abc\""),
        ("a scheme is kept", b"Bearer abc", b"Bearer abc"),
        ("a comment is a token", b"# comment", b"# comment"),
        ("one byte", b"x", b"x"),
        ("seven bytes", b"1234567", b"1234567"),
        ("the longest", &long, &long),
    ];
    for (name, raw, token) in accepted {
        let parsed = Token::parse(raw).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(parsed.expose_secret().as_bytes(), *token, "{name}");
    }

    let refused: &[(&str, &[u8], TokenError)] = &[
        ("nothing", b"", TokenError::Empty),
        ("blanks only", b" \t\r\n\x0b\x0c", TokenError::Empty),
        ("NUL", b"a\0b", TokenError::InvalidByte { byte: 0, position: 1 }),
        ("an inner line feed", b" a\nb", TokenError::InvalidByte { byte: b'\n', position: 2 }),
        ("an inner tab", b"a\tb", TokenError::InvalidByte { byte: b'\t', position: 1 }),
        ("DEL", b"\x7f", TokenError::InvalidByte { byte: 0x7f, position: 0 }),
        ("beyond ASCII", "tök".as_bytes(), TokenError::InvalidByte { byte: 0xc3, position: 1 }),
        ("a no-break space", b"\xc2\xa0a", TokenError::InvalidByte { byte: 0xc2, position: 0 }),
        ("byte order mark", b"\xef\xbb\xbfabc", TokenError::ByteOrderMark),
        ("too long", &too_long, TokenError::TooLong { len: Token::MAX_LEN + 1 }),
    ];
    for (name, raw, error) in refused {
        assert_eq!(Token::parse(raw).map(|_| ()), Err(*error), "{name}");
    }
}

#[test]
fn a_generated_token_is_64_lower_case_hex_digits_and_never_the_same() {
    let one = Token::generate();
    let other = Token::generate();
    assert_eq!(one.expose_secret().len(), 64);
    assert!(one.expose_secret().bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert!(!one.matches(other.expose_secret()));
}

#[test]
fn the_header_value_is_the_bearer_form_and_marked_sensitive() {
    let token = Token::parse("abc").unwrap();
    for indexing in [Indexing::Never, Indexing::Strong] {
        assert_eq!(token.header_value(indexing).as_bytes(), b"Bearer abc");
        assert!(token.header_value(indexing).is_sensitive(), "it is weak");
        assert!(token.header_value(indexing).clone().is_sensitive());
    }
    let strong = Token::parse([b'a'; Token::STRONG_LEN]).unwrap();
    assert!(strong.header_value(Indexing::Never).is_sensitive());
    assert!(!strong.header_value(Indexing::Strong).is_sensitive());
    assert!(strong.header_value(Indexing::Never).is_sensitive(), "the other use left no trace");
}

#[test]
fn a_fingerprint_is_the_documented_digest() {
    // printf 'ray-auth fingerprint v1\0abc' | sha256sum
    assert_eq!(Token::parse("abc").unwrap().fingerprint().to_string(), "cc7903c27dfb");
}

#[test]
fn a_weak_token_is_labelled_by_its_place() {
    let strong = Token::parse([b'a'; Token::STRONG_LEN]).unwrap();
    let weak = Token::parse([b'a'; Token::STRONG_LEN - 1]).unwrap();
    assert_eq!(Label::of(&strong, 1).to_string(), strong.fingerprint().to_string());
    assert_eq!(Label::of(&weak, 1).to_string(), "weak-primary");
    assert_eq!(Label::of(&weak, 3).to_string(), "weak-3");
}

#[test]
fn debug_output_is_redacted_to_the_letter() {
    let token = Token::parse("hunter2hunter2").unwrap();
    assert_eq!(format!("{token:?}"), "Token([redacted])");
    assert_eq!(format!("{:?}", token.header_value(Indexing::Never)), "Sensitive");
    let set = TokenSet::new(token);
    assert_eq!(format!("{set:?}"), "TokenSet { primary: Token([redacted]), next: None, accepted: [] }");
}

#[test]
fn a_set_counts_a_token_once_and_holds_at_most_eight() {
    let token = |name: &str| Token::parse(name).unwrap();
    let set = TokenSet::new(token("a")).with_next(token("b")).unwrap();
    let set = set.add_accepted(token("a")).unwrap().add_accepted(token("b")).unwrap();
    assert_eq!(set.iter().count(), 2, "the primary and the next are not accepted once more");

    let set = set.add_accepted(token("c")).unwrap().with_next(token("c")).unwrap();
    assert!(set.next().unwrap().matches("c"));
    assert!(set.accepted().is_empty(), "a token that became next is no longer accepted only");

    let mut set = TokenSet::new(token("primary"));
    for number in 2..=TokenSet::MAX_TOKENS {
        set = set.add_accepted(token(&number.to_string())).unwrap();
    }
    assert_eq!(set.clone().add_accepted(token("one too many")).unwrap_err(), TokenSetError::TooMany);
    assert_eq!(set.with_next(token("one too many")).unwrap_err(), TokenSetError::TooMany);
}

proptest! {
    #[test]
    fn parsing_never_panics_and_its_error_never_repeats_the_input(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
        match Token::parse(&raw) {
            Ok(token) => prop_assert!(token.matches(token.expose_secret())),
            Err(error) => {
                let text = String::from_utf8_lossy(&raw);
                prop_assert!(text.len() < 8 || !error.to_string().contains(&*text));
            }
        }
    }

    #[test]
    fn the_comparison_is_equality(
        tokens in proptest::collection::vec("[ab]{1,20}", 1..9),
        presented in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), any::<u8>()], 0..20),
    ) {
        let keys: Vec<Token> = tokens.iter().map(|token| Token::parse(token).unwrap()).collect();
        let expected = tokens.iter().position(|token| token.as_bytes() == presented);
        prop_assert_eq!(compare::find(&presented, &keys), expected);
        for (key, text) in keys.iter().zip(&tokens) {
            prop_assert_eq!(key.matches(&presented), text.as_bytes() == presented);
            prop_assert!(key.matches(text));
        }
    }

    #[test]
    fn what_looks_like_a_token_in_every_block_is_not_one(
        len in 1_usize..300, other in 0_usize..600, filler in prop_oneof![Just(0_u8), any::<u8>()],
    ) {
        // The same byte throughout, so that wherever the comparison wraps around it finds what it looks for.
        let token = Token::parse(vec![b'a'; len]).unwrap();
        prop_assert_eq!(token.matches(vec![b'a'; other]), len == other);
        let mut padded = vec![b'a'; len];
        padded.resize(len.max(other), filler);
        prop_assert_eq!(token.matches(&padded), other <= len || padded == vec![b'a'; len]);
    }

    #[test]
    fn a_set_finds_what_it_holds_whatever_the_lengths(
        lens in proptest::collection::vec(1_usize..200, 1..=TokenSet::MAX_TOKENS), presented in 0_usize..250,
    ) {
        let text = |place: usize, len: usize| -> String {
            (0..len).map(|at| char::from(b'a' + u8::try_from((at + place) % 26).unwrap())).collect()
        };
        let texts: Vec<_> = lens.iter().enumerate().map(|(place, len)| text(place, *len)).collect();
        let mut set = TokenSet::new(Token::parse(&texts[0]).unwrap());
        for text in &texts[1..] {
            set = set.add_accepted(Token::parse(text).unwrap()).unwrap();
        }
        for text in &texts {
            prop_assert!(set.matches(text));
        }
        for place in 0..lens.len() {
            let presented = text(place, presented);
            prop_assert_eq!(set.matches(&presented), texts.contains(&presented));
        }
    }

    #[test]
    fn one_changed_byte_anywhere_is_noticed(len in 1_usize..300, position in any::<proptest::sample::Index>(), change in 1_u8..=255) {
        let text: Vec<u8> = (0..len).map(|index| b'!' + u8::try_from(index % 90).unwrap()).collect();
        let token = Token::parse(&text).unwrap();
        let mut presented = text;
        let position = position.index(len);
        presented[position] ^= change;
        prop_assert!(!token.matches(&presented));
    }
}
