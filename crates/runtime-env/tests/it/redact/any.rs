//! Free text, redacted: that no secret of any URI, and none that is known, is in what is left of any text.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use ray_auth_runtime_env::redact::{Redactor, redact_uri};

use crate::uri::vectors;

/// What is looked for in the output: no part of the texts around it has six of these letters in a row.
const MARKER: &str = "[QWXZ]{12}";

/// All that a login or a password may be written with, but for blanks and control characters.
const PUNCTUATION: &str = "[!\"#$%&'()*+,./:;<=>?@\\[\\\\\\]^_`{|}~-]";

/// A secret: the marker, with anything before, in and after it.
pub(super) fn secret() -> impl Strategy<Value = (String, String)> {
    let regex = |regex: String| proptest::string::string_regex(&regex).unwrap();
    let around = || regex(format!("({PUNCTUATION}|[a-z0-9\u{e9}\u{4e16}]){{0,6}}"));
    (MARKER, around(), regex(format!("{PUNCTUATION}{{0,3}}")), around()).prop_map(|(marker, before, inside, after)| {
        let (first, second) = marker.split_at(6);
        (marker.clone(), format!("{before}{first}{inside}{second}{after}"))
    })
}

/// Texts as they stand in logs: words, quotation marks, brackets, other URIs.
pub(super) fn surroundings() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z ]{0,8}",
        "[\"'`(\\[{<=:, ]{1,3}",
        "[)\\]}>.,;:!? \n\t]{1,3}",
        Just("url: ".to_owned()),
        Just("https://other.test/x, ".to_owned()),
        Just("\\\"".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("a@b.test ".to_owned()),
        Just("\u{e9}\u{4e16}".to_owned()),
        Just("Authorization: ".to_owned()),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Whether six of the marker's letters are left, one after the other.
pub(super) fn survives(marker: &str, text: &str) -> bool {
    (0..=marker.len() - 6).any(|start| text.contains(&marker[start..start + 6]))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_secret_of_a_uri_is_left(
        scheme in "https?|s3|git\\+https|HTTPS|x",
        user_info in prop::option::of(secret()),
        host in "[a-z][a-z0-9.-]{0,8}|127\\.0\\.0\\.1|\\[::1\\]",
        port in prop::option::of(any::<u16>()),
        path in "(/[a-z0-9._-]{0,6}){0,3}",
        query in prop::option::of(secret()),
        fragment in prop::option::of(secret()),
        before in surroundings(),
        after in surroundings(),
    ) {
        // What stands after the URI begins with the end of a word, and no letter joins it.
        let mut uri = format!("{scheme}://");
        let mut markers = Vec::new();
        if let Some((marker, user_info)) = user_info {
            uri.push_str(&format!("{user_info}@"));
            markers.push(marker);
        }
        uri.push_str(&host);
        uri.extend(port.map(|port| format!(":{port}")));
        uri.push_str(&path);
        for (mark, part) in [('?', query), ('#', fragment)] {
            if let Some((marker, part)) = part {
                uri.push_str(&format!("{mark}{part}"));
                markers.push(marker);
            }
        }
        let text = format!("{before}{uri}{after}");
        let redactor = Redactor::new();
        let shown = redactor.redact(&text);
        for marker in markers {
            prop_assert!(!survives(&marker, &shown), "{text:?}\n{shown:?}");
        }
        prop_assert_eq!(redactor.redact(&shown), &*shown, "{:?}", text);
    }

    #[test]
    fn no_known_secret_is_left(
        (marker, secret) in secret(),
        spelling in 0..9_usize,
        before in surroundings(),
        after in surroundings(),
    ) {
        let spelled = match spelling {
            0 => secret.clone(),
            1 => utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string(),
            2 => utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string().to_lowercase(),
            3 => secret.bytes().map(|byte| format!("%{byte:02x}")).collect(),
            4 => serde_json::to_string(&secret).unwrap(),
            5 => format!("{secret:?}"),
            6 => serde_json::to_string(&serde_json::to_string(&secret).unwrap()).unwrap(),
            7 => ["\\", "/", "\""].iter().fold(secret.clone(), |text, char| text.replace(char, &format!("\\{char}"))),
            _ => secret.chars().flat_map(|char| {
                let mut units = [0; 2];
                char.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>()
            }).collect(),
        };
        // In lower case only what stands in the escapes differs.
        let secret = if spelling == 2 { secret.to_lowercase() } else { secret };
        let marker = if spelling == 2 { marker.to_lowercase() } else { marker };
        let redactor = Redactor::new().hide(&secret);
        let text = format!("{before}{spelled}{after}");
        let shown = redactor.redact(&text);
        prop_assert!(!survives(&marker, &shown), "{text:?}\n{shown:?}");
        prop_assert_eq!(redactor.redact(&shown), &*shown, "{:?}", text);
    }

    #[test]
    fn no_known_pair_is_left(login in "[a-z]{0,4}", (marker, password) in secret(), before in surroundings()) {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{login}:{password}"));
        let redactor = Redactor::with_secrets(["another"]).hide_basic(&login, &password);
        let shown = redactor.redact(&format!("{before} x={encoded} {password}")).into_owned();
        prop_assert!(!shown.contains(&encoded) && !survives(&marker, &shown), "{shown}");
    }

    #[test]
    fn any_text_at_all_is_the_same_when_it_is_redacted_again(text in any_text(), secrets in prop::collection::vec("[a-c:/?@.\\\\%\"]{4,6}", 0..4)) {
        let redactor = Redactor::with_secrets(secrets);
        let shown = redactor.redact(&text).into_owned();
        prop_assert_eq!(redactor.redact(&shown), shown.as_str());
    }

    #[test]
    fn what_holds_nothing_is_borrowed(text in "[ -+.-9;-@\\[-`{-~a-z\u{e9}\n\t]{0,80}") {
        // Without a colon and a comma, and so without `://` and most values of names.
        let kept = [
            "bearer", "basic", "cookie", "authorization", "ray_", "ray-", "=/", "'/", "\"/", " /", "%3a",
        ];
        prop_assume!(!kept.iter().any(|needle| text.to_lowercase().contains(needle)));
        let redactor = Redactor::new().hide("SECRET1");
        prop_assert!(matches!(redactor.redact(&text), Cow::Borrowed(same) if same == text));
    }
}

/// Whatever redaction looks at, in any order.
pub(super) fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("://".to_owned()),
        Just("https://".to_owned()),
        Just("https://u:p@h.test/".to_owned()),
        Just("<unparseable URI>".to_owned()),
        Just("***".to_owned()),
        Just("%3A%2F%2F".to_owned()),
        Just(":\\/\\/".to_owned()),
        Just("Authorization".to_owned()),
        Just("cookie".to_owned()),
        Just("RAY_AUTH_TOKEN".to_owned()),
        Just("Bearer ".to_owned()),
        Just("Basic YTpi".to_owned()),
        Just("url: /".to_owned()),
        Just("\\u0040".to_owned()),
        Just("%2540".to_owned()),
        Just("%3A//".to_owned()),
        Just("Url(scheme='".to_owned()),
        Just("Uri { scheme: ".to_owned()),
        Just("\u{1b}[0m".to_owned()),
        Just("{\"a\":\"".to_owned()),
        Just("\"}".to_owned()),
        "[:/?#@\\[\\]'\"\\\\%,.;<>=|{} \n\r\t-]{1,3}",
        "[a-cA-C0-9]{1,4}",
        ".",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

#[test]
fn the_vectors_are_redacted_the_same_in_sentences() {
    let redactor = Redactor::new();
    let sentences = [
        ("", ""),
        ("got ", " twice"),
        ("'", "'"),
        ("(\"", "\", 1)"),
        ("{\"a\": \"", "\"}"),
        ("<", ">."),
        ("see ", ", or not"),
    ];
    for vector in vectors() {
        let has_end = vector.uri.contains(['\n', ' ']) || !vector.uri.contains("://");
        for (before, after) in sentences {
            let text = format!("{before}{}{after}", vector.uri);
            let shown = redactor.redact(&text);
            if !has_end {
                // In a sentence it is known that there is a URI, and with which scheme.
                let uri = if vector.redacted == "<unparseable URI>" {
                    "https://<unparseable URI>"
                } else {
                    &*vector.redacted
                };
                // The scheme stays as it was written.
                let scheme = vector.uri.split_once("://").map_or("", |(scheme, _)| scheme);
                let uri = uri.split_once("://").map_or(uri.to_owned(), |(_, rest)| format!("{scheme}://{rest}"));
                assert_eq!(shown, format!("{before}{uri}{after}"), "{}", vector.name);
            }
            for secret in vector.secrets.iter().filter(|secret| *secret != "FAKE LOG LINE") {
                assert!(!shown.contains(secret.as_str()), "{}: {shown}", vector.name);
            }
            assert_eq!(redactor.redact(&shown), shown, "{}", vector.name);
        }
        assert_eq!(redactor.redact(&redact_uri(&vector.uri)), redact_uri(&vector.uri), "{}", vector.name);
    }
}

#[test]
fn secrets_that_overlap_or_touch_leave_nothing() {
    let table: [(&[&str], &str, &str); 8] = [
        (&["abcdef", "defghi"], "abcdefghi", "***"),
        (&["abcdef", "defghi"], "xabcdefghix abcdef defghi", "x***x *** ***"),
        (&["abcd", "efgh"], "abcdefgh", "***"),
        (&["abcdefgh", "cdef"], "abcdefgh cdef", "*** ***"),
        (&["aaaa"], "aaaaaaaaa", "***"),
        (&["abc", "", "***", "****", "parse"], "abc **** parse", "abc **** parse"),
        (&["h.test"], "https://h.test/x?y", "https://<unparseable URI>"),
        (&["s://u:"], "https://u:SECRET@h.test/", "http***@h.test/"),
    ];
    for (secrets, text, expected) in table {
        assert_eq!(Redactor::with_secrets(secrets).redact(text), expected, "{secrets:?} {text}");
    }
}

#[test]
fn a_redactor_shows_only_how_much_it_knows() {
    let redactor = Redactor::with_secrets(["SECRET1", "SECRET2"]).hide("SECRET3").hide_basic("SECRET", "SECRET4");
    assert_eq!(format!("{redactor:?}"), "Redactor { secrets: 8 }", "a pair is looked for in five spellings");
    assert_eq!(redactor.redact("SECRET1 SECRET2 SECRET3 SECRET4"), "*** *** *** ***");
}

/// A mebibyte takes some hundredths of a second, and some tenths in a debug build. With work that grows with the square of the
/// length each of these would take hours, so the limit says nothing about the machine.
#[test]
fn the_work_grows_with_the_length_of_the_text() {
    let table = [
        ("a://", ""),
        ("https://", ""),
        ("a:b://", ""),
        (":", "////"),
        ("%3A%2F%2F", ""),
        (":\\/\\/", ""),
        ("a://b@", ""),
        ("a://b@", "?x"),
        ("a://", "]]]]"),
        ("a://]", ""),
        ("a://[", "]"),
        ("]", "a://"),
        ("a://,,,,", ",,,,"),
        ("a://b ", "@"),
        ("a://b:1 ", "\n@"),
        ("a://x\\n", "@"),
        ("authorization", ""),
        ("authorization=", ""),
        ("authorization='", ""),
        ("'authorization',", ""),
        ("'authorization','x'", ""),
        ("\\", "\""),
        ("cookie ", ":"),
        ("authorization=\\", "'"),
        ("RAY_AUTH_TOKEN=", ""),
        ("RAY_AUTH_TOKEN='", ""),
        ("Bearer ", ""),
        ("Bearer=", ""),
        ("Basic YTpi", ""),
        ("Basic ", ""),
        ("url=/", "?#"),
        ("url=/", ""),
        (": /?", ""),
        ("GET /", "#"),
        ("%", "41"),
        ("%41", ""),
        ("\\u", "0041"),
        ("aaaa", ""),
        ("abcd", "e"),
        ("{\"a\":", "}"),
        ("[", "]"),
        ("{\"://", "\"}"),
        ("<unparseable URI>", ""),
        ("Url(scheme=", ""),
        ("Url(scheme='", ")"),
        ("Uri { scheme: ", " }"),
        ("a://<unparseable URI>", "@"),
        ("a://<unparseable URI>?", ""),
        ("\u{e9}", "://"),
        ("?", "://"),
        ("*", "://"),
        ("a:// ", ""),
        ("\u{1b}[", "m"),
        ("cookie\u{1b}[", ""),
        ("://\n", "@"),
        ("cookie=[\"a\",", ""),
        ("cookie=[\"Bearer a\",", "]"),
        ("\"a\",", "cookie=["),
        ("cookie={", ""),
        ("cookie=null,", ""),
        ("'cookie','", ""),
        ("Bearer \"", ""),
        ("\"/", "?"),
        ("%25", "41"),
        ("a://\\u0040", ""),
        ("a://", "\\u0040"),
        ("\\u0040", "a://"),
        ("%3A//%", ""),
        (":\\u002f\\u002f", ""),
    ];
    let redactor = Redactor::with_secrets(["aaaa", "aaaaa", "aaaaaaaa", "abcdabcd", "%41%41", "\\\\\\\\"]);
    for (repeated, last) in table {
        let text = repeated.repeat((1 << 20) / repeated.len()) + last;
        let started = Instant::now();
        let _ = redactor.redact(&text);
        assert!(started.elapsed() < Duration::from_secs(60), "{repeated:?} {last:?}");
    }
}

/// The same where something begins once and goes on for long.
#[test]
fn the_work_grows_with_the_length_of_what_follows_a_name() {
    let begins = ["Url(scheme=", "Uri { scheme:", "'cookie',", "cookie=[", "Bearer ", "a://", "%3A//", "GET /?"];
    let runs = ["\\", " ", "'", "\u{1b}[", "\\u001b[", "%", "@"];
    let redactor = Redactor::with_secrets(["aaaa", "%41%41", "\\\\"]);
    for (begin, run) in begins.into_iter().flat_map(|begin| runs.map(|run| (begin, run))) {
        let text = begin.to_owned() + &run.repeat((1 << 19) / run.len());
        let started = Instant::now();
        let _ = redactor.redact(&text);
        assert!(started.elapsed() < Duration::from_secs(60), "{begin:?} {run:?}");
    }
}
