use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// A set's tokens by role, as `primary next accepted…`.
fn shape(tokens: &TokenSet) -> String {
    let next = tokens.next().map_or("-", Token::expose_secret);
    let accepted: Vec<_> = tokens.accepted().iter().map(Token::expose_secret).collect();
    format!("{} {next} {}", tokens.primary().expose_secret(), accepted.join(","))
}

#[test]
fn each_line_is_what_it_says() {
    let longest = "a".repeat(Token::MAX_LEN);
    let eight = format!("a\n{}", (2..=8).map(|number| format!("accept {number}\n")).collect::<String>());
    let table: &[(&str, &[u8], &str, &[usize])] = &[
        ("one line", b"a", "a - ", &[]),
        ("one line, ended", b" \ta\r\n", "a - ", &[]),
        ("a keyword alone on line 1 is a token", b"next a\n", "next a - ", &[]),
        ("a keyword on line 1 before empty lines", b"accept a\n\r\n \t\n", "accept a - ", &[]),
        ("a comment on line 1 is a token", b"# a\nnext b", "# a b ", &[]),
        ("next", b"a\nnext b\n", "a b ", &[]),
        ("next, not ended", b"a\nnext b", "a b ", &[]),
        ("accept", b"a\naccept b\naccept c\n", "a - b,c", &[]),
        ("all of them, any order", b"a\naccept c\nnext b\naccept d\n", "a b c,d", &[]),
        ("blanks and CR", b"a\r\n \t next  b \t\r\n\x0baccept c\x0c\r\n", "a b c", &[]),
        ("empty lines and comments", b"a\n\n#\n# next x\n \t#accept y\n\naccept b\n", "a - b", &[]),
        ("a blank inside a token", b"a\nnext b c\n", "a b c ", &[]),
        ("a stray second line", b"a\nb\n", "a - ", &[2]),
        ("other words", b"a\nNext b\nnext\tc\nnextd\nprev e\naccepted f\n\xff\n", "a - ", &[2, 3, 4, 5, 6, 7]),
        ("one named twice counts once", b"a\nnext b\nnext b\naccept a\naccept b\naccept c\naccept c", "a b c", &[]),
        ("the first role counts", b"a\naccept b\nnext b\nnext b\n", "a b ", &[]),
        ("the primary as next", b"a\nnext a\n", "a - ", &[]),
        ("a count at the end", b"a\nnext b\n# ray-auth keyring: 2 tokens\n", "a b ", &[]),
        ("a count, not ended", b"a\nnext b\n# ray-auth keyring: 2 tokens", "a b ", &[]),
        (
            "a count in front, and at the end",
            b"a\n# ray-auth keyring: 1 tokens\n# ray-auth keyring: 1 tokens",
            "a - ",
            &[],
        ),
        ("a comment after the count", b"a\naccept b\n# ray-auth keyring: 2 tokens\n# mine\n", "a - b", &[]),
        ("a stray line after the count", b"a\naccept b\n# ray-auth keyring: 2 tokens\nmine\n", "a - b", &[4]),
        ("other comments of ours", b"a\n# ray-auth\n# ray-auth keyring\n# ray-auth keyrings: 3\n", "a - ", &[]),
        ("as many as there may be", eight.as_bytes(), "a - 2,3,4,5,6,7,8", &[]),
    ];
    for (name, text, tokens, ignored) in table {
        let read = KeyringText::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(shape(&read.tokens), *tokens, "{name}");
        assert_eq!(read.ignored, *ignored, "{name}");
    }
    let read = KeyringText::parse(format!("{longest}\nnext {longest}")).unwrap();
    assert!(read.tokens.next().is_none() && read.tokens.primary().matches(longest));
}

#[test]
fn line_1_ends_at_the_first_line_feed_and_nowhere_else() {
    let invalid = |byte, position| Err(KeyringTextError::Primary(TokenError::InvalidByte { byte, position }));
    let table: [(&[u8], Result<&str, KeyringTextError>); 6] = [
        (b"abc", Ok("abc")),
        (b"abc\n", Ok("abc")),
        (b"abc\r\ndef", Ok("abc")),
        (b"abc\rdef\nghi", invalid(b'\r', 3)),
        (b"abc\x0bdef", invalid(0x0b, 3)),
        (b"abc\0def\nghi", invalid(0, 3)),
    ];
    for (text, token) in table {
        let read = KeyringText::parse(text).map(|read| read.tokens.primary().expose_secret().to_owned());
        assert_eq!(read, token.map(str::to_owned));
    }
}

#[test]
fn malformed_text_is_refused_for_its_reason() {
    use KeyringTextError::{Count, Cut, Keyword, Primary, SecondNext, TooMany};
    let token = |line, error| KeyringTextError::Token { line, error };
    let invalid = |byte, position| TokenError::InvalidByte { byte, position };
    let too_long = format!("a\naccept {}", "a".repeat(Token::MAX_LEN + 1));
    let nine = format!("a\n{}", (2..=9).map(|number| format!("accept {number}\n")).collect::<String>());
    let table: &[(&str, &[u8], KeyringTextError)] = &[
        ("nothing", b"", Primary(TokenError::Empty)),
        ("an empty line 1", b"\nnext a\n", Primary(TokenError::Empty)),
        ("no token on line 1", b"a\tb\n", Primary(invalid(b'\t', 1))),
        ("next first", b"next a\naccept b\n", Keyword { line: 1 }),
        ("accept first", b" accept a\r\n# comment\n", Keyword { line: 1 }),
        ("keyword first, before a stray line", b"accept a\nb\n", Keyword { line: 1 }),
        ("next twice in a line", b"a\nnext next b\n", Keyword { line: 2 }),
        ("accept after next", b"a\n\nnext accept b\n", Keyword { line: 3 }),
        ("two nexts", b"a\nnext b\n#\nnext c\n", SecondNext { line: 4 }),
        ("two nexts, one of them the primary", b"a\nnext a\nnext b\n", SecondNext { line: 3 }),
        ("next without a token", b"a\nnext\n", token(2, TokenError::Empty)),
        ("accept without a token", b"a\n accept \r\n", token(2, TokenError::Empty)),
        ("a control byte", b"a\nnext b\tc\n", token(2, invalid(b'\t', 6))),
        ("beyond ASCII", b"a\n\n  accept  \xc3\xa4\n", token(3, invalid(0xc3, 10))),
        ("CR inside", b"a\naccept b\rc\n", token(2, invalid(b'\r', 8))),
        ("a byte order mark", b"a\nnext \xef\xbb\xbfb\n", token(2, TokenError::ByteOrderMark)),
        ("too long", too_long.as_bytes(), token(2, TokenError::TooLong { len: Token::MAX_LEN + 1 })),
        ("too many", nine.as_bytes(), TooMany { line: 9 }),
        ("fewer than counted", b"a\n# ray-auth keyring: 2 tokens\n", Count { line: 2, stated: 2, found: 1 }),
        ("more than counted", b"a\naccept b\n# ray-auth keyring: 1 tokens\n", Count { line: 3, stated: 1, found: 2 }),
        (
            "two counts that differ",
            b"a\n# ray-auth keyring: 2 tokens\naccept b\n# ray-auth keyring: 3 tokens\n",
            Count { line: 4, stated: 3, found: 2 },
        ),
        ("a count before the last token only", b"a\n# ray-auth keyring: 2 tokens\naccept b\n", Cut { line: 3 }),
        ("a count that is cut off", b"a\naccept b\n# ray-auth keyring: 2 tok", Cut { line: 3 }),
        ("a count that is no number", b"a\n# ray-auth keyring: many tokens\n", Cut { line: 2 }),
        ("a count without a number", b"a\n# ray-auth keyring:\naccept b\n", Cut { line: 2 }),
        ("the beginning of a count", b"a\naccept b\n# ray-", Cut { line: 3 }),
    ];
    for (name, text, error) in table {
        assert_eq!(KeyringText::parse(text).map(|_| ()), Err(*error), "{name}");
    }
}

#[test]
fn rendered_text_is_canonical() {
    let token = |text: &str| Token::parse(text).unwrap();
    let tokens = TokenSet::new(token("a"));
    assert_eq!(*KeyringText::render(&tokens).unwrap(), "a\n", "one token is a file of Ray's");
    let tokens = tokens.add_accepted(token("c")).unwrap().with_next(token("b")).unwrap();
    assert_eq!(
        *KeyringText::render(&tokens).unwrap(),
        "a\n# ray-auth keyring: 3 tokens\nnext b\naccept c\n# ray-auth keyring: 3 tokens\n"
    );

    let keyword = TokenSet::new(token("next a"));
    assert_eq!(*KeyringText::render(&keyword).unwrap(), "next a\n");
    let keyword = keyword.add_accepted(token("b")).unwrap();
    assert_eq!(KeyringText::render(&keyword), Err(KeyringTextError::Keyword { line: 1 }));
    let keyword = TokenSet::new(token("a")).with_next(token("accept b")).unwrap();
    assert_eq!(KeyringText::render(&keyword), Err(KeyringTextError::Keyword { line: 3 }));
    let harmless = TokenSet::new(token("a")).add_accepted(token("accept b")).unwrap();
    assert!(KeyringText::parse(&*KeyringText::render(&harmless).unwrap()).unwrap().tokens.is_same(&harmless));
}

#[test]
fn the_largest_set_fits_into_a_file_and_its_text_is_never_moved() {
    let token = |first: char| Token::parse(format!("{first}{}", "x".repeat(Token::MAX_LEN - 1))).unwrap();
    let mut tokens = TokenSet::new(token('a')).with_next(token('b')).unwrap();
    for first in 'c'..='h' {
        tokens = tokens.add_accepted(token(first)).unwrap();
    }
    let text = KeyringText::render(&tokens).unwrap();
    assert!(text.len() <= super::super::MAX_FILE_LEN);
    assert_eq!(text.len(), text.capacity(), "the size was known from the start");
}

#[test]
fn the_errors_name_the_line_and_the_way_out() {
    let table: [(KeyringTextError, &str); 6] = [
        (
            KeyringTextError::Primary(TokenError::ByteOrderMark),
            "line 1: the token starts with a UTF-8 byte order mark; save the file without one",
        ),
        (
            KeyringTextError::Keyword { line: 1 },
            "line 1 has `next` or `accept` where a token should begin; line 1 is the primary token alone, and each other \
             token has one such word before it",
        ),
        (KeyringTextError::SecondNext { line: 4 }, "line 4 is a second `next` line; remove one of them"),
        (
            KeyringTextError::TooMany { line: 9 },
            "line 9 names one token too many, the limit is 8; remove those no longer needed",
        ),
        (
            KeyringTextError::Count { line: 5, stated: 3, found: 2 },
            "line 5 says 3 tokens and there are 2, as if something was cut off; write all of it again, or remove the \
             lines that say a number",
        ),
        (
            KeyringTextError::Cut { line: 3 },
            "a whole line that says how many tokens there are is missing at line 3, as if something was cut off; write \
             all of it again, or remove the lines that say a number",
        ),
    ];
    for (error, text) in table {
        assert_eq!(error.to_string(), text);
    }
}

/// A token, often one that reads like something else.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[!-~]{1,12}",
        1 => "[!-~][ -~]{0,20}[!-~]",
        1 => "(next|accept|#|# ray-auth keyring: [0-9] tokens)( [a-c]{1,3})?",
    ]
}

/// A set that a file can hold.
fn set() -> impl Strategy<Value = TokenSet> {
    let parsed = |text: String| Token::parse(text).unwrap();
    (token(), proptest::option::of(token()), proptest::collection::vec(token(), 0..7))
        .prop_map(move |(primary, next, accepted)| {
            let tokens = TokenSet::new(parsed(primary));
            let tokens = next.into_iter().try_fold(tokens, |tokens, next| tokens.with_next(parsed(next)));
            let accepted = accepted.into_iter().map(parsed);
            accepted.fold(tokens.unwrap(), |tokens, token| tokens.add_accepted(token).unwrap())
        })
        .prop_filter("line 1 of several may not begin with a keyword", |tokens| KeyringText::render(tokens).is_ok())
}

/// Text that often is nearly a keyring file.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        2 => "[a-d]{1,3}".prop_map(String::into_bytes),
        2 => prop_oneof![Just("next "), Just("accept "), Just("next"), Just(" ")].prop_map(|word| word.as_bytes().to_vec()),
        1 => (0..5_usize).prop_map(|count| format!("# ray-auth keyring: {count} tokens").into_bytes()),
        3 => prop_oneof![Just(b"\n".to_vec()), Just(b"\r\n".to_vec())],
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_rendered_reads_the_same(tokens in set()) {
        let text = KeyringText::render(&tokens).unwrap();
        let read = KeyringText::parse(&*text).unwrap();
        prop_assert!(read.tokens.is_same(&tokens));
        prop_assert!(read.ignored.is_empty());
        let crlf = text.replace('\n', "\r\n");
        prop_assert!(KeyringText::parse(crlf).unwrap().tokens.is_same(&tokens), "with the line ends of Windows");
    }

    #[test]
    fn nothing_makes_reading_panic_and_what_was_read_can_be_rendered(text in text()) {
        if let Ok(read) = KeyringText::parse(&text) {
            let rendered = KeyringText::render(&read.tokens).unwrap();
            prop_assert!(KeyringText::parse(&*rendered).unwrap().tokens.is_same(&read.tokens));
            let again = KeyringText::render(&KeyringText::parse(&*rendered).unwrap().tokens).unwrap();
            prop_assert_eq!(rendered, again, "rendering is canonical");
        }
    }

    #[test]
    fn arbitrary_bytes_never_make_reading_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = KeyringText::parse(&text);
    }

    #[test]
    fn line_1_alone_reads_as_ray_reads_it(line in proptest::collection::vec(any::<u8>(), 0..40)) {
        let line: Vec<u8> = line.into_iter().filter(|byte| *byte != b'\n').collect();
        let token = Token::parse(&line).map(|token| token.expose_secret().to_owned());
        let read = KeyringText::parse(&line).map(|read| shape(&read.tokens));
        match token {
            Ok(token) => prop_assert_eq!(read, Ok(format!("{token} - "))),
            Err(error) => prop_assert_eq!(read, Err(KeyringTextError::Primary(error))),
        }
    }

    /// What was cut inside line 1, or right after it, cannot be told from a file of Ray's.
    #[test]
    fn a_file_that_was_cut_short_below_line_1_is_never_a_smaller_keyring(tokens in set()) {
        let text = KeyringText::render(&tokens).unwrap();
        let line_1 = text.find('\n').unwrap() + 1;
        for cut in 0..text.len() {
            match KeyringText::parse(&text[..cut]) {
                Err(_) => {}
                Ok(read) if cut <= line_1 => prop_assert_eq!(shape(&read.tokens), format!("{} - ", text[..cut].trim())),
                Ok(read) => prop_assert!(read.tokens.is_same(&tokens), "cut at {}", cut),
            }
        }
    }

    #[test]
    fn no_error_shows_what_was_read(text in text(), at in any::<Index>()) {
        const SECRET: &[u8] = b"5ECRET-5ECRET-5ECRET";
        let at = at.index(text.len() + 1);
        let with_secret = [&text[..at], SECRET, &text[at..]].concat();
        let shown = match KeyringText::parse(&with_secret) {
            Ok(read) => format!("{read:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!shown.contains("5ECRET"), "{}", shown);
    }
}
