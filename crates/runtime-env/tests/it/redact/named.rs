//! Values that are secret by the name before them, and secrets that are known.

use proptest::prelude::*;
use ray_auth_runtime_env::redact::Redactor;

use super::any::{secret, surroundings, survives};
use super::check;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_value_of_a_name_is_left(
        name in "(proxy-|X-Ray-|HTTP_)?(authorization|Authorization|AUTHORIZATION)|(set-|Set-)?(cookie|Cookie)",
        variable in "RAY_AUTH_TOKEN|RAY_RUNTIME_ENV_BEARER_TOKEN|ray-authentication-token",
        scheme in "(Bearer |basic |Digest )?",
        (marker, value) in secret(),
        spelling in 0..10_usize,
        before in surroundings(),
        after in surroundings(),
    ) {
        // The value of an open quotation mark would be what follows, and this a part of it.
        let before = before.replace(['\'', '"', '`'], "");
        let header = format!("{scheme}{value}");
        let text = match spelling {
            0 => format!("{name}: {header}"),
            1 => format!("{name}={header}"),
            2 => format!("{{\"a\": \"b\", {name:?}: {header:?}"),
            3 => format!("({name:?}, {header:?})"),
            4 => format!("{:?}", format!("{name:?}:{header:?}")),
            5 => serde_json::json!({"name": variable, "value": value}).to_string(),
            6 => serde_json::json!({name: [header]}).to_string(),
            7 => format!("{variable}={value}"),
            8 => format!("{{{variable:?}: {value:?}}}"),
            _ => format!("Bearer {value}"),
        };
        let text = format!("{before} {text} {after}");
        let redactor = Redactor::new();
        let shown = redactor.redact(&text);
        prop_assert!(!survives(&marker, &shown), "{text:?}\n{shown:?}");
        prop_assert_eq!(redactor.redact(&shown), &*shown, "{:?}", text);
    }
}

#[test]
fn values_with_a_name() {
    check(&[
        ("header", "authorization: Bearer SECRET1", "authorization: Bearer ***"),
        (
            "header, another scheme",
            "Authorization: Digest username=\"SECRET1\", nonce=\"SECRET2\"\nnext",
            "Authorization: ***\nnext",
        ),
        ("header, no scheme", "x-ray-authorization: SECRET1 SECRET2\r\nnext", "x-ray-authorization: ***\r\nnext"),
        ("proxy", "Proxy-Authorization: Basic SECRET1\r\n", "Proxy-Authorization: Basic ***\r\n"),
        ("cookies", "Cookie: a=SECRET1; ray-authentication-token=SECRET2", "Cookie: ***"),
        (
            "the end of a JSON string",
            r#"{"Env":["RAY_AUTH_TOKEN=","PATH=/usr/bin"],"m":"bad header Authorization:","n":{"x":1}}"#,
            r#"{"Env":["RAY_AUTH_TOKEN=","PATH=/usr/bin"],"m":"bad header Authorization:","n":{"x":1}}"#,
        ),
        (
            "nothing, JSON",
            r#"{"cookie": [], "authorization": {}, "x": 1}"#,
            r#"{"cookie": [], "authorization": {}, "x": 1}"#,
        ),
        (
            "braces in a JSON string",
            r#"{"message":"cookie: {} and SECRET1","status":200}"#,
            r#"{"message":"cookie: ***","status":200}"#,
        ),
        (
            "a sentence after a quoted name",
            "missing header \"Authorization\", status 401; unknown field 'cookie', line 3",
            "missing header \"Authorization\", status 401; unknown field 'cookie', line 3",
        ),
        (
            "another key after the name",
            "{'name': 'RAY_AUTH_TOKEN', 'value_from': {'secret': 1}, 'x': 2}",
            "{'name': 'RAY_AUTH_TOKEN', 'value_from': {'secret': 1}, 'x': 2}",
        ),
        ("a pair with content", "(\"cookie\", Some(\"SECRET1\")), 1", "(\"cookie\", ***"),
        ("a cookie like a scheme", "Cookie: Basic x; sid=SECRET1", "Cookie: ***"),
        ("an index", "os.environ[\"RAY_AUTH_TOKEN\"] = \"SECRET1\"", "os.environ[\"RAY_AUTH_TOKEN\"] = \"***\""),
        ("an index, a header", "headers['Authorization'] = 'Digest SECRET1'", "headers['Authorization'] = '***'"),
        ("an index without marks", "headers[authorization]=SECRET1", "headers[authorization]=***"),
        ("a logger", "[cookie]: nothing to see", "[cookie]: nothing to see"),
        (
            "protobuf",
            "env_vars { key: \"RAY_AUTH_TOKEN\" value: \"SECRET1\" }",
            "env_vars { key: \"RAY_AUTH_TOKEN\" value: \"***\" }",
        ),
        ("YAML", "- {name: RAY_AUTH_TOKEN, value: SECRET1}", "- {name: RAY_AUTH_TOKEN, value: ***}"),
        ("two words", "name=cookie value=SECRET1", "name=cookie value=***"),
        (
            "a challenge",
            "www-authenticate: Bearer error=\"invalid_token\", error_description=\"expired\"",
            "www-authenticate: Bearer error=\"invalid_token\", error_description=\"expired\"",
        ),
        ("prose", "no bearer was sent, bearer not found", "no bearer was sent, bearer not found"),
        ("set-cookie", "< set-cookie: ray-authentication-token=SECRET2; HttpOnly; Path=/", "< set-cookie: ***"),
        (
            "a dictionary",
            "{'Authorization': 'Bearer SECRET1', 'Cookie': 'a=SECRET1; b=SECRET2', 'Accept': '*/*'}",
            "{'Authorization': 'Bearer ***', 'Cookie': '***', 'Accept': '*/*'}",
        ),
        (
            "bytes",
            "[(b'authorization', b'Basic SECRET1'), (b'accept', b'x')]",
            "[(b'authorization', b'Basic ***'), (b'accept', b'x')]",
        ),
        (
            "a list",
            "{'set-cookie': ['a=SECRET1', b'b=SECRET2'], 'a': 'b'}",
            "{'set-cookie': ['***', b'***'], 'a': 'b'}",
        ),
        ("a list, JSON", r#"{"cookie":["SECRET1","SECRET2"],"n":["x"]}"#, r#"{"cookie":["***","***"],"n":["x"]}"#),
        (
            "no value",
            r#"{"cookie":null,"authorization":"","n":["x"]}"#,
            r#"{"cookie":null,"authorization":"","n":["x"]}"#,
        ),
        ("an object", r#"{"authorization":{"scheme":"Bearer","token":"SECRET1"}}"#, r#"{"authorization":***"#),
        (
            "after an encoded URI without a secret",
            "https%3A%2F%2Fh.test/authorization=SECRET1",
            "https%3A%2F%2Fh.test/authorization=***",
        ),
        ("an arrow", "authorization => \"SECRET1\" x", "authorization => \"***\" x"),
        ("a name in a value", "RAY_AUTH_TOKEN=authorization: Digest SECRET1", "RAY_AUTH_TOKEN=***: ***"),
        (
            "a pair",
            "(\"authorization\", \"Bearer SECRET1\"), (\"a\", \"b\")",
            "(\"authorization\", \"Bearer ***\"), (\"a\", \"b\")",
        ),
        (
            "gRPC metadata",
            "_Metadatum(key='authorization', value='SECRET1')",
            "_Metadatum(key='authorization', value='***')",
        ),
        (
            "JSON",
            r#"{"authorization":["Bearer SECRET1"],"cookie":"SECRET2 \" SECRET3","n":1}"#,
            r#"{"authorization":["Bearer ***"],"cookie":"***","n":1}"#,
        ),
        (
            "JSON in JSON",
            r#"{"m":"{\"Cookie\":\"SECRET1\",\"authorization\":\"Bearer SECRET2\"}"}"#,
            r#"{"m":"{\"Cookie\":\"***\",\"authorization\":\"Bearer ***\"}"}"#,
        ),
        (
            "a list of names and values",
            r#"{"name":"RAY_AUTH_TOKEN","value":"SECRET1"}"#,
            r#"{"name":"RAY_AUTH_TOKEN","value":"***"}"#,
        ),
        (
            "colours",
            "\u{1b}[3mauthorization\u{1b}[0m\u{1b}[2m=\u{1b}[0m\"Bearer SECRET1\" \u{1b}[3ma\u{1b}[0m=1",
            "\u{1b}[3mauthorization\u{1b}[0m\u{1b}[2m=\u{1b}[0m\"Bearer ***\" \u{1b}[3ma\u{1b}[0m=1",
        ),
        (
            "colours, written out",
            r#"\u001b[3mauthorization\u001b[0m\u001b[2m=\u001b[0m\"Digest SECRET\" \x1B[1;3mcookie\033[0m=\"SECRET\""#,
            r#"\u001b[3mauthorization\u001b[0m\u001b[2m=\u001b[0m\"***\" \x1B[1;3mcookie\033[0m=\"***\""#,
        ),
        (
            "colours of grep",
            "\u{1b}[01;31m\u{1b}[KRAY_AUTH_TOKEN\u{1b}[m\u{1b}[K=SECRET1 x",
            "\u{1b}[01;31m\u{1b}[KRAY_AUTH_TOKEN\u{1b}[m\u{1b}[K=*** x",
        ),
        (
            "a module",
            "INFO agent::authorization: refused, storage::cookie: kept, authorization::login: done",
            "INFO agent::authorization: refused, storage::cookie: kept, authorization::login: done",
        ),
        ("quotes inside", "'cookie': 'SECRET\"SECRET'x SECRET', 'a': 1", "'cookie': '***', 'a': 1"),
        ("an open quote", "cookie=\"SECRET1 SECRET2", "cookie=\"***"),
        (
            "WSGI",
            "HTTP_AUTHORIZATION=Basic SECRET1 HTTP_COOKIE='SECRET2'",
            "HTTP_AUTHORIZATION=Basic *** HTTP_COOKIE='***'",
        ),
        (
            "a shell",
            "RAY_AUTH_TOKEN=SECRET1 RAY_RUNTIME_ENV_BEARER_TOKEN='SECRET 2' ray start",
            "RAY_AUTH_TOKEN=*** RAY_RUNTIME_ENV_BEARER_TOKEN='***' ray start",
        ),
        (
            "other variables",
            "RAY_AUTH_TOKEN_PATH=/x MY_RAY_AUTH_TOKEN=y RAY_AUTH_MODE=token",
            "RAY_AUTH_TOKEN_PATH=/x MY_RAY_AUTH_TOKEN=y RAY_AUTH_MODE=token",
        ),
        (
            "Rust",
            "{\"RAY_AUTH_TOKEN\": Some(\"SECRET1\")} headers={\"authorization\": Sensitive}",
            "{\"RAY_AUTH_TOKEN\": ***\")} headers={\"authorization\": Sensitive}",
        ),
        (
            "only the name",
            "set RAY_AUTH_TOKEN, or `Authorization`, `Cookie` or the like; cookies are fine",
            "set RAY_AUTH_TOKEN, or `Authorization`, `Cookie` or the like; cookies are fine",
        ),
        (
            "bearer",
            "sent Bearer SECRET1, \"bearer SECRET2\" and Bearer\tSECRET3.",
            "sent Bearer ***, \"bearer ***\" and Bearer\t***.",
        ),
        (
            "about bearers",
            "the bearer token is missing; WWW-Authenticate: Bearer realm=\"ray\"",
            "the bearer token is missing; WWW-Authenticate: Bearer realm=\"ray\"",
        ),
        ("quoted", "sent Basic \"U0VDUkVUMTpTRUNSRVQy\", Bearer 'SECRET1'", "sent Basic \"***\", Bearer '***'"),
        ("basic", "sent Basic U0VDUkVUMTpTRUNSRVQy, Basic authentication", "sent Basic ***, Basic authentication"),
        ("a name in a query", "GET /x?authorization=SECRET1 HTTP/1.1", "GET /x?*** HTTP/1.1"),
    ]);
}

#[test]
fn what_is_known() {
    check(&[
        (
            "as it is",
            "got SECRETtoken+known/1== twice: SECRETtoken+known/1==SECRETtoken+known/1==",
            "got *** twice: ***",
        ),
        ("percent-encoded", "a=SECRETtoken%2Bknown%2f1%3D%3D&b=SECRETtoken%2bknown/1%3D=", "a=***&b=***"),
        ("encoded twice", "SECRETtoken%252Bknown%252f1%253D%253D", "***"),
        ("all of it percent-encoded", "%53%45%43%52%45%54%74%6f%6b%65%6e%2B%6b%6e%6f%77%6e%2F%31%3D%3D", "***"),
        ("in JSON", r#"{"a":"SECRETtoken+known\/1=="}"#, r#"{"a":"***"}"#),
        ("in a path", "https://h.test/SECRETtoken%2Bknown%2F1==/f.zip", "https://h.test/***/f.zip"),
        ("in a password", "https://u:SECRETtoken+known/1==@h.test/f.zip", "https://<unparseable URI>"),
        ("over the end of a host", "https://h.testSECRETtoken+known/1==/f.zip", "https://<unparseable URI>"),
        (
            "a pair",
            "agent: SECRET:pass word, YWdlbnQ6U0VDUkVUOnBhc3Mgd29yZA==, YWdlbnQ6U0VDUkVUOnBhc3Mgd29yZA",
            "agent: ***, ***, ***",
        ),
        ("a pair, encoded", "SECRET%3Apass%20word", "***"),
        ("in a form", "a=SECRET%3Apass+word&b=1+1", "a=***&b=1+1"),
        ("in octal digits", r"x SECRET\072pass\040word \303\244", r"x *** \303\244"),
    ]);
}
