//! What a remote URI is taken for: the table of vectors, cases of our own, and any text at all.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use ray_auth_runtime_env::redact::redact_uri;
use ray_auth_runtime_env::uri::{MAX_LEN, RemoteUri, Scheme, UriError, ray_package_name};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) uri: String,
    pub(crate) redacted: String,
    pub(crate) secrets: Vec<String>,
    ray_2_60_package_name: Option<String>,
}

pub(crate) fn vectors() -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/uri_redaction.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_vector_is_redacted_and_named_as_it_says() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 38);
    for Vector { name, uri, redacted, secrets, ray_2_60_package_name } in vectors {
        assert_eq!(redact_uri(&uri), redacted, "{name}");
        assert_eq!(ray_package_name(&uri), ray_2_60_package_name, "{name}");
        let parsed = RemoteUri::parse(&uri);
        if redacted.contains("<unparseable URI>") {
            assert!(parsed.is_err(), "{name} is not refused");
        }
        let mut shown = vec![redacted.clone()];
        match parsed {
            Ok(parsed) => {
                assert_eq!(parsed.to_string(), redacted, "{name}");
                assert_eq!(parsed.ray_package_name(), ray_package_name(&uri), "{name}");
                assert_eq!(parsed.expose_uri(), uri, "{name}");
                shown.extend([format!("{parsed:?}"), format!("{parsed:#?}"), format!("{:?}", parsed.origin())]);
                shown.extend(parsed.safe_package_name().ok());
            }
            Err(error) => shown.extend([error.to_string(), format!("{error:?}")]),
        }
        for (secret, shown) in secrets.iter().flat_map(|secret| shown.iter().map(move |shown| (secret, shown))) {
            assert!(!shown.contains(secret.as_str()), "{name}: {secret} is in {shown}");
        }
    }
}

#[test]
fn redirects_lead_where_browsers_go() {
    let table: [(&str, &str, Result<&str, &str>); 26] = [
        ("absolute", "https://b.test/g.zip", Ok("https://b.test/g.zip")),
        ("path", "/g.zip", Ok("https://a.test/g.zip")),
        ("relative", "g.zip", Ok("https://a.test/dir/g.zip")),
        ("up", "../../../g.zip", Ok("https://a.test/g.zip")),
        ("query", "?x=y", Ok("https://a.test/dir/f.zip?x=y")),
        ("empty", "", Ok("https://a.test/dir/f.zip?sig=1")),
        ("another host", "//b.test:444/g.zip", Ok("https://b.test:444/g.zip")),
        ("default port", "https://b.test:443", Ok("https://b.test/")),
        ("http", "http://a.test/g.zip", Ok("http://a.test/g.zip")),
        ("upper case", "HTTPS://B.TEST/G.zip", Ok("https://b.test/G.zip")),
        ("at sign in path", "https://b.test/x@1.2/f.zip", Ok("https://b.test/x@1.2/f.zip")),
        ("at sign in query", "/f.zip?to=me@b.test", Ok("https://a.test/f.zip?to=me@b.test")),
        ("fragment", "/f.zip#SECRET1", Ok("https://a.test/f.zip")),
        ("only a fragment", "#SECRET1", Ok("https://a.test/dir/f.zip?sig=1")),
        ("user information", "https://u:SECRET1@b.test/f.zip", Ok("https://b.test/f.zip")),
        ("user information, same host", "//SECRET1@a.test/f.zip", Ok("https://a.test/f.zip")),
        ("two at signs", "https://u@SECRET1@b.test/f.zip", Ok("https://b.test/f.zip")),
        ("backslash", "https://b.test\\@c.test/", Ok("https://b.test/@c.test/")),
        ("IPv6", "https://[::1]:8/", Ok("https://[::1]:8/")),
        ("blanks around", " /g.zip\t", Ok("https://a.test/g.zip")),
        ("not ASCII", "/\u{e9}", Ok("https://a.test/%C3%A9")),
        ("file", "file:///etc/passwd", Err("only http and https are followed, not `file`")),
        ("data", "data:text/plain,SECRET1", Err("only http and https are followed, not `data`")),
        ("s3", "s3://bucket/f.zip", Err("only http and https are followed, not `s3`")),
        ("no host", "https://", Err("the server's `Location` header is not a URI")),
        ("bad port", "https://b.test:SECRET1/", Err("the server's `Location` header is not a URI")),
    ];
    let uri = RemoteUri::parse("https://me:SECRET1@a.test/dir/f.zip?sig=1#x").unwrap();
    for (name, location, expected) in table {
        match (uri.redirect_target(location.as_bytes()), expected) {
            (Ok(target), Ok(expected)) => {
                assert_eq!((target.expose_uri(), target.expose_request_uri()), (expected, expected), "{name}");
                assert!(target.user_info().is_none(), "{name}");
                assert!(!format!("{target} {target:?} {:?}", target.safe_package_name()).contains("SECRET"), "{name}");
            }
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected, "{name}"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
    assert_eq!(uri.redirect_target(b"/\xff").unwrap_err(), UriError::Location);
    let long = |length: usize| "a".repeat(length);
    assert_eq!(uri.redirect_target(format!("/{}", long(MAX_LEN)).as_bytes()).unwrap_err(), UriError::TooLong);
    assert_eq!(uri.redirect_target(format!("//{}", long(254)).as_bytes()).unwrap_err(), UriError::Location);
    assert!(uri.redirect_target(format!("//{}.{}", long(63), long(63)).as_bytes()).is_ok());
    let scheme = uri.redirect_target(format!("{}:x", long(9_000)).as_bytes()).unwrap_err();
    assert_eq!(scheme, UriError::NotHttp { scheme: long(32) });
    let bucket = RemoteUri::parse("s3://bucket/f.zip").unwrap();
    assert_eq!(bucket.redirect_target(b"https://a.test/").unwrap_err(), UriError::NotHttp { scheme: "s3".to_owned() });
}

#[test]
fn what_is_too_long_for_anybody_is_refused_and_not_repeated() {
    let of_length = |length: usize| format!("https://a.test/{}", "a".repeat(length - "https://a.test/".len()));
    assert!(RemoteUri::parse(&of_length(MAX_LEN)).is_ok());
    let refused = RemoteUri::parse(&of_length(MAX_LEN + 1)).unwrap_err();
    assert_eq!(refused.to_string(), "the URI is longer than 32768 bytes; use a shorter one");
    let refused = RemoteUri::parse(&format!("{}://a.test/", "s".repeat(9_000))).unwrap_err();
    assert_eq!(refused, UriError::Scheme { scheme: "s".repeat(32) });
    let refused = RemoteUri::parse(&format!("https://{}/", "h".repeat(254))).unwrap_err();
    assert_eq!(refused, UriError::Host { scheme: "https".to_owned() });
}

/// A secret of twelve letters that stand nowhere else, with all that may stand around them in a part of a URI.
fn secret(around: &'static str) -> impl Strategy<Value = (String, String)> {
    ("[QWXZ]{12}", around, around).prop_map(|(marker, before, after)| (marker.clone(), before + &marker + &after))
}

/// Every way in which something prints a URI.
fn shown(uri: &RemoteUri) -> String {
    let user_info = uri.user_info();
    format!("{uri} {uri:?} {uri:#?} {user_info:?} {:?} {:?} {:?}", uri.origin(), uri.host(), uri.safe_package_name())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn a_valid_uri_is_read_and_shows_no_secret(
        scheme in "https?|HTTPS|s3|gs|azure|file",
        login in prop::option::of(secret("[a-z0-9!$&'()*+,;=._~@-]{0,4}(%2F|%40|%C3%A9)?")),
        password in prop::option::of(secret("[a-z0-9!$&'()*+,;=._~:@-]{0,4}(%2F|%3A|%40|%20)?")),
        host in "[a-z]([a-z0-9-]{0,6}[a-z])?(\\.[a-z]{2,4}){0,2}|127\\.0\\.0\\.1|\\[::1\\]",
        port in prop::option::of(any::<u16>()),
        path in "(/[a-z0-9._~!$&'()*+,;=:%20-]{0,6}){0,3}(/f\\.zip)?",
        query in prop::option::of(secret("[a-z0-9&=/?:.%20-]{0,4}")),
        fragment in prop::option::of(secret("[a-z0-9&=/?:.-]{0,4}")),
    ) {
        // What begins so is read by rules of its own.
        let host = host.replace("xn--", "x");
        let mut uri = format!("{scheme}://");
        let mut markers = Vec::new();
        for (part, mark) in [(&login, ""), (&password, ":")] {
            if let Some((marker, part)) = part {
                markers.push(marker.clone());
                uri.push_str(&format!("{mark}{part}"));
            }
        }
        uri.push_str(if markers.is_empty() { "" } else { "@" });
        uri.push_str(&host);
        uri.extend(port.map(|port| format!(":{port}")));
        uri.push_str(&path);
        for (mark, part) in [('?', query), ('#', fragment)] {
            if let Some((marker, part)) = part {
                uri.push_str(&format!("{mark}{part}"));
                markers.push(marker);
            }
        }
        let parsed = RemoteUri::parse(&uri).map_err(|error| TestCaseError::fail(format!("{uri}: {error}")))?;
        prop_assert_eq!(parsed.expose_uri(), uri.as_str());
        prop_assert_eq!(parsed.ray_package_name(), ray_package_name(&uri));
        let host = host.trim_matches(['[', ']']);
        prop_assert_eq!(parsed.host(), Some(host));
        if let Some(origin) = parsed.origin() {
            let default = if origin.scheme() == Scheme::Https { 443 } else { 80 };
            prop_assert_eq!((origin.host(), origin.port()), (host, port.unwrap_or(default)));
        }
        let decoded = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8().unwrap().into_owned();
        let user_info = parsed.user_info();
        if let (Some(user_info), Some((_, login))) = (user_info, &login) {
            prop_assert_eq!(user_info.expose_user(), decoded(login));
        }
        prop_assert_eq!(user_info.is_some(), login.is_some() || password.is_some());
        let expected = password.as_ref().map(|(_, password)| decoded(password));
        prop_assert_eq!(user_info.and_then(|user_info| user_info.expose_password().map(str::to_owned)), expected);
        for text in [login, password].iter().flatten() {
            prop_assert!(!parsed.expose_request_uri().contains(&text.0), "sent twice: {uri}");
        }
        for marker in markers {
            prop_assert!(!shown(&parsed).contains(&marker), "{}", shown(&parsed));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_and_says_nothing_of_itself(text in any_uri()) {
        let redacted = redact_uri(&text);
        let _ = ray_package_name(&text);
        match RemoteUri::parse(&text) {
            Ok(uri) => {
                prop_assert_eq!(uri.expose_uri(), text.as_str());
                prop_assert_eq!(uri.to_string(), redacted);
                if let Some(user_info) = uri.user_info() {
                    prop_assert!(!user_info.expose_user().contains(':'));
                }
            }
            Err(error) => prop_assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}"),
        }
    }

    #[test]
    fn an_http_client_reads_the_same_host(text in any_uri().prop_map(|rest| format!("https://{rest}"))) {
        if let Ok(uri) = RemoteUri::parse(&text) {
            let origin = uri.origin().unwrap();
            for text in [uri.expose_uri(), uri.expose_request_uri()] {
                let url = url::Url::parse(text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
                prop_assert_eq!(url.host_str().unwrap().trim_matches(['[', ']']), origin.host(), "{}", text);
                prop_assert_eq!(url.port_or_known_default(), Some(origin.port()), "{}", text);
                prop_assert_eq!(url.scheme(), "https");
            }
            let request = url::Url::parse(uri.expose_request_uri()).unwrap();
            prop_assert!(request.username().is_empty() && request.password().is_none() && request.fragment().is_none());
        }
    }

    #[test]
    fn a_redirect_has_no_user_information(location in any_uri()) {
        let uri = RemoteUri::parse("https://me:SECRET@a.test/f.zip").unwrap();
        if let Ok(target) = uri.redirect_target(location.as_bytes()) {
            let url = url::Url::parse(target.expose_request_uri()).unwrap();
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            prop_assert!(matches!(url.scheme(), "http" | "https") && target.user_info().is_none());
            let origin = target.origin().unwrap();
            prop_assert_eq!((url.host_str().unwrap().trim_matches(['[', ']']), url.port_or_known_default()), (origin.host(), Some(origin.port())));
        }
    }
}

/// What parsers differ about.
fn any_uri() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("https://".to_owned()),
        Just("HTTP:".to_owned()),
        Just("abfss://".to_owned()),
        Just("file://".to_owned()),
        Just("//".to_owned()),
        Just("h.test".to_owned()),
        Just("SECRET@".to_owned()),
        Just("u:SECRET@".to_owned()),
        Just("[::1]".to_owned()),
        Just("[::ffff:127.0.0.1]".to_owned()),
        Just("xn--".to_owned()),
        Just(":443".to_owned()),
        Just("0x7f.1".to_owned()),
        Just("%40".to_owned()),
        Just("%2e".to_owned()),
        "[/?#:@\\[\\].%\\\\ \t\n_~-]",
        "[a-c0-9]{1,3}",
        ".",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}
