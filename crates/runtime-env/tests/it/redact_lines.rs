//! The lines that Ray 2.60 and the libraries under it write, and those of other programs: each with what is shown of it.
//!
//! Every secret in them begins with SECRET, so that none is overlooked.

use ray_auth_runtime_env::redact::Redactor;

/// What is logged with a token that the redactor was told about.
const KNOWN: &str = "SECRETtoken+known/1==";

fn check(table: &[(&str, &str, &str)]) {
    let redactor = Redactor::new().hide(KNOWN).hide_basic("agent", "SECRET:pass word");
    let mut wrong = Vec::new();
    for (name, line, expected) in table {
        let shown = redactor.redact(line);
        if shown != *expected {
            wrong.push(format!("{name}:\n  {shown}\n  {expected}"));
        }
        assert!(!shown.contains("SECRET"), "{name}: {shown}");
        assert_eq!(redactor.redact(&shown), shown, "{name} changes when it is redacted again");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kind_of_line_that_ray_writes() {
    check(&[
        (
            "agent: creating",
            "2026-01-01 00:00:00,000\tINFO runtime_env_agent.py:415 -- Creating runtime env: {\"working_dir\": \
             \"https://u:SECRETpw@h.test/f.zip?X-Amz-Signature=SECRETsig\"} with timeout 600 seconds.",
            "2026-01-01 00:00:00,000\tINFO runtime_env_agent.py:415 -- Creating runtime env: {\"working_dir\": \
             \"https://***@h.test/f.zip?***\"} with timeout 600 seconds.",
        ),
        (
            "agent: env_vars",
            "Creating runtime env: {\"env_vars\": {\"RAY_RUNTIME_ENV_BEARER_TOKEN\": \"SECRET1\", \"A\": \"b\"}, \
             \"working_dir\": \"https://h.test/f.zip\"} with timeout 600 seconds.",
            "Creating runtime env: {\"env_vars\": {\"RAY_RUNTIME_ENV_BEARER_TOKEN\": \"***\", \"A\": \"b\"}, \
             \"working_dir\": \"https://h.test/f.zip\"} with timeout 600 seconds.",
        ),
        (
            "agent: created",
            "Successfully created runtime env: {\"py_modules\": [\"https://SECRETtoken@h.test/m.whl\"]}, the context: \
             {'env_vars': {'RAY_AUTH_TOKEN': 'SECRET1', 'PYTHONPATH': '/x'}, 'py_executable': 'python'}",
            "Successfully created runtime env: {\"py_modules\": [\"https://***@h.test/m.whl\"]}, the context: \
             {'env_vars': {'RAY_AUTH_TOKEN': '***', 'PYTHONPATH': '/x'}, 'py_executable': 'python'}",
        ),
        (
            "agent: already created",
            "Runtime env already created successfully. Env: {\"working_dir\": \"https://u:SECRET1@h.test/f.zip\"}, context: {}",
            "Runtime env already created successfully. Env: {\"working_dir\": \"https://***@h.test/f.zip\"}, context: {}",
        ),
        (
            "agent: failed",
            "Failed to create runtime env for {\"working_dir\": \"https://h.test/f.zip#SECRET1\"}: 401",
            "Failed to create runtime env for {\"working_dir\": \"https://h.test/f.zip#***\"}: 401",
        ),
        (
            "agent: decrease reference",
            "Got request from 0123abcd to decrease reference for runtime env: {\"working_dir\":\"https://u:SECRET1@h.test/f.zip\"}.",
            "Got request from 0123abcd to decrease reference for runtime env: {\"working_dir\":\"https://***@h.test/f.zip\"}.",
        ),
        (
            "agent: unused env",
            "Unused runtime env {\"working_dir\": \"https://u:SECRET1@h.test/f.zip\"}.",
            "Unused runtime env {\"working_dir\": \"https://***@h.test/f.zip\"}.",
        ),
        (
            "agent: unused uris",
            "Unused uris [('https://u:SECRET1@h.test/f.zip', 'working_dir'), ('https://h.test/g.zip?SECRET2', 'py_modules')].",
            "Unused uris [('https://***@h.test/f.zip', 'working_dir'), ('https://h.test/g.zip?***', 'py_modules')].",
        ),
        (
            "agent: removed from the cache",
            "Runtime env {\"working_dir\": \"https://h.test/f.zip?sig=SECRET1\"} removed from env-level cache.",
            "Runtime env {\"working_dir\": \"https://h.test/f.zip?***\"} removed from env-level cache.",
        ),
        (
            "setup: downloading",
            "Downloading package from https://u:SECRET1@h.test/f.zip?sv=1&sig=SECRET%2B2 to /tmp/ray/https_0123.zip with protocol https",
            "Downloading package from https://***@h.test/f.zip?*** to /tmp/ray/https_0123.zip with protocol https",
        ),
        (
            "setup: added",
            "Added URI https://u:SECRET1@h.test/f.zip with size 1024 to used URIs.",
            "Added URI https://***@h.test/f.zip with size 1024 to used URIs.",
        ),
        (
            "setup: marked",
            "Marked URI https://u:SECRET1@h.test/f.zip unused, deleted URI HTTPS://SECRET2@h.test/g.zip",
            "Marked URI https://***@h.test/f.zip unused, deleted URI https://***@h.test/g.zip",
        ),
        (
            "setup: installed",
            "https://u:SECRET1@h.test/m.whl is already installed.",
            "https://***@h.test/m.whl is already installed.",
        ),
        (
            "raylet: 401",
            "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://uu:SECRETpw@h.test:8443/f.zip?X-Amz-Signature=SECRETsig",
            "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://***@h.test:8443/f.zip?***",
        ),
        (
            "driver: setup error",
            "ray.exceptions.RuntimeEnvSetupError: Failed to set up runtime environment.\nTraceback (most recent call last):\n  \
             File \"packaging.py\", line 1, in download\nrequests.exceptions.HTTPError: 403 Client Error: Forbidden for url: \
             https://u:SECRET1@h.test/f.zip\n\nDuring handling of the above exception, another exception occurred:",
            "ray.exceptions.RuntimeEnvSetupError: Failed to set up runtime environment.\nTraceback (most recent call last):\n  \
             File \"packaging.py\", line 1, in download\nrequests.exceptions.HTTPError: 403 Client Error: Forbidden for url: \
             https://***@h.test/f.zip\n\nDuring handling of the above exception, another exception occurred:",
        ),
        (
            "driver: the same in one string",
            r#"error_message: "Traceback:\n  File \"packaging.py\"\nHTTPError: 403 for url: https://u:SECRET1@h.test/f.zip\n""#,
            r#"error_message: "Traceback:\n  File \"packaging.py\"\nHTTPError: 403 for url: https://***@h.test/f.zip\n""#,
        ),
        (
            "state API",
            "{'runtime_env': {'working_dir': 'https://u:SECRET1@h.test/f.zip', 'env_vars': {'RAY_AUTH_TOKEN': 'SECRET2'}}, 'success': True}",
            "{'runtime_env': {'working_dir': 'https://***@h.test/f.zip', 'env_vars': {'RAY_AUTH_TOKEN': '***'}}, 'success': True}",
        ),
        (
            "validation",
            "ValueError: Only .zip or .whl files supported for remote URIs, got https://uu:SECRETpw@h.test/f.tar",
            "ValueError: Only .zip or .whl files supported for remote URIs, got https://***@h.test/f.tar",
        ),
        (
            "parse_uri",
            "ValueError: Invalid protocol for runtime_env URI \"ftp://uu:SECRET1@h.test/f.zip\". Supported protocols: \
             ['gcs', 'https']. Original error: 'ftp' is not a valid Protocol",
            "ValueError: Invalid protocol for runtime_env URI \"ftp://***@h.test/f.zip\". Supported protocols: \
             ['gcs', 'https']. Original error: 'ftp' is not a valid Protocol",
        ),
        (
            "urllib3: retries exceeded",
            "HTTPSConnectionPool(host='h.test', port=443): Max retries exceeded with url: /f.zip?X-Amz-Signature=SECRET1 \
             (Caused by NewConnectionError(\"HTTPSConnection(host='h.test', port=443): refused\"))",
            "HTTPSConnectionPool(host='h.test', port=443): Max retries exceeded with url: /f.zip?*** \
             (Caused by NewConnectionError(\"HTTPSConnection(host='h.test', port=443): refused\"))",
        ),
        (
            "urllib3: retrying",
            "Retrying (Retry(total=2, connect=None)) after connection broken by 'ProtocolError('x')': /f.zip?sig=SECRET1",
            "Retrying (Retry(total=2, connect=None)) after connection broken by 'ProtocolError('x')': /f.zip?***",
        ),
        (
            "urllib3: incremented",
            "Incremented Retry for (url='/f.zip?sig=SECRET1'): Retry(total=2, connect=None)",
            "Incremented Retry for (url='/f.zip?***'): Retry(total=2, connect=None)",
        ),
        (
            "urllib3: debug",
            "https://h.test:443 \"GET /f.zip?sig=SECRET1 HTTP/1.1\" 200 1024",
            "https://h.test:443 \"GET /f.zip?*** HTTP/1.1\" 200 1024",
        ),
        (
            "urllib3: redirect",
            "Redirecting /f.zip?sig=SECRET1 -> https://u:SECRET2@cdn.test/f.zip?sig=SECRET3",
            "Redirecting /f.zip?*** -> https://***@cdn.test/f.zip?***",
        ),
        (
            "http.client: debug",
            r"send: b'GET /f.zip?sig=SECRET1 HTTP/1.1\r\nHost: h.test\r\nAuthorization: Basic SECRET2\r\nAccept: */*\r\n\r\n'",
            r"send: b'GET /f.zip?*** HTTP/1.1\r\nHost: h.test\r\nAuthorization: Basic ***: */*\r\n\r\n'",
        ),
    ]);
}

#[test]
fn uris_in_sentences() {
    check(&[
        ("bare", "https://u:SECRET1@h.test", "https://***@h.test"),
        ("no secret", "see https://h.test:443/a_(b)/c, or s3://bucket/f.zip.", "see https://h.test:443/a_(b)/c, or s3://bucket/f.zip."),
        ("in single quotes", "got 'https://SECRET1@h.test/f.zip'!", "got 'https://***@h.test/f.zip'!"),
        ("in quotes", "got \"https://h.test/f.zip?SECRET1\".", "got \"https://h.test/f.zip?***\"."),
        ("in brackets", "(\"https://u:SECRET1@h.test/\") <https://u:SECRET1@h.test> [https://h.test?SECRET1]", "(\"https://***@h.test/\") <https://***@h.test> [https://h.test?***]"),
        ("in a sentence", "https://u:SECRET1@h.test/f.zip, then https://h.test/?a=SECRET1; and https://h.test.", "https://***@h.test/f.zip, then https://h.test/?***; and https://h.test."),
        ("a question", "is it https://h.test/f.zip?", "is it https://h.test/f.zip?"),
        ("before a colon", "https://u:SECRET1@h.test: connection refused", "https://***@h.test: connection refused"),
        ("name=value", "uri=https://u:SECRET1@h.test/f.zip size=3", "uri=https://***@h.test/f.zip size=3"),
        ("JSON in a string", r#"body="{\"uri\": \"https://u:SECRET1@h.test/f.zip?SECRET2\", \"n\": 1}""#, r#"body="{\"uri\": \"https://***@h.test/f.zip?***\", \"n\": 1}""#),
        ("a line of JSON", r#"{"uri":"https://u:SECRET1@h.test/f.zip?SECRET2","to":"me@h.test","n":1}"#, r#"{"uri":"https://***@h.test/f.zip?***","to":"me@h.test","n":1}"#),
        ("JSON in a line of JSON", r#"{"m":"{\"uri\":\"https://u:SECRET1@h.test/?SECRET2\"}","to":"x@h"}"#, r#"{"m":"{\"uri\":\"https://***@h.test/?***\"}","to":"x@h"}"#),
        ("JSON that escapes slashes", r#"{"uri":"https:\/\/u:SECRET1@h.test\/f.zip","n":1}"#, r#"{"uri":"https:\/\/<unparseable URI>","n":1}"#),
        ("encoded", "next=https%3A%2F%2Fu%3ASECRET1%40h.test%2F plain=https%3a%2f%2fh.test%2f", "next=https%3A%2F%2F<unparseable URI> plain=https%3a%2f%2fh.test%2f"),
        ("two in a word", "https://a.test,https://b.test/x|s3://c/", "https://a.test,https://b.test/x|s3://c/"),
        ("two in a word, one with a password", "https://a.test,https://u:SECRET1@b.test", "https://<unparseable URI>"),
        ("an address in the same word", "a=\"https://h.test/f.zip\",b=\"SECRET@b.test\"", "a=\"https://<unparseable URI>\""),
        ("other schemes", "git+https://u:SECRET1@h.test/r.git postgres://u:SECRET1@h.test:5432/db", "git+https://***@h.test/r.git postgres://***@h.test:5432/db"),
        ("a name before the scheme", "my_https://u:SECRET1@h.test 1http://SECRET1@h.test", "my_https://***@h.test 1http://***@h.test"),
        ("no scheme", "${proto}://u:SECRET1@h.test/f.zip?SECRET2", "${proto}://***@h.test/f.zip?***"),
        ("a container", "abfss://container@acct.test/f.zip?SECRET1", "abfss://container@acct.test/f.zip?***"),
        ("IPv6", "(https://u:SECRET1@[::1]:80/x) [https://[::1]] https://[::1]:80", "(https://***@[::1]:80/x) [https://[::1]] https://[::1]:80"),
        ("not ASCII", "\u{201c}https://\u{fc}:SECRET1\u{e9}@h.test/\u{e9}?SECRET2\u{201d} \u{e9}", "\u{201c}https://***@h.test/\u{e9}?***\u{201d} \u{e9}"),
        ("a colour after it", "\u{1b}[31mhttps://u:SECRET1@h.test/?SECRET2\u{1b}[0m done", "\u{1b}[31mhttps://***@h.test/?***\u{1b}[0m done"),
        ("a colour inside", "https://u:\u{1b}[31mSECRET1\u{1b}[0m@h.test/ done", "https://<unparseable URI>"),
        ("every mark in a password", "'https://u:SECRET,'\"SECRET)>]}`;|<SECRET@SECRET@h.test/f.zip', x", "'https://***@h.test/f.zip', x"),
        ("marks in a query", "https://h.test/?a=SECRET\",'SECRET>b}SECRET, x", "https://h.test/?***, x"),
        ("a slash in a password", "got https://u:SECRET/SECRET@h.test/f.zip, x", "got https://<unparseable URI>, x"),
        ("a question mark in a password", "got https://u:SECRET?SECRET@h.test/f.zip, x", "got https://<unparseable URI>, x"),
        ("a hash in a password", "got https://u:1#SECRET@h.test/f.zip, x", "got https://<unparseable URI>, x"),
        ("a backslash in a password", "got https://u:SECRET\\SECRET@h.test/f.zip, x", "got https://<unparseable URI>, x"),
        ("a blank in a password", "got https://u:SECRET SECRET@h.test/f.zip, x\nnext", "got https://<unparseable URI>\nnext"),
        ("a number and a blank in a password", "got https://u:12 SECRET@h.test/f.zip, x\r\nnext", "got https://<unparseable URI>\r\nnext"),
        ("a domain and a blank", "got https://CORP\\u:SECRET SECRET@h.test/f.zip", "got https://<unparseable URI>"),
        ("a bad port", "https://h.test:SECRET/x", "https://<unparseable URI>"),
        ("direction characters", "https://u:\u{202e}SECRET@h.test/x", "https://<unparseable URI>"),
        ("redacted before", "https://<unparseable URI>, https://***@h.test/?***#*** x@y", "https://<unparseable URI>, https://***@h.test/?***#*** x@y"),
        ("as if redacted before", "https://<unparseable URI>SECRET@h.test, https://<unparseable URI>?SECRET", "https://<unparseable URI>, https://<unparseable URI>"),
        ("query and fragment", "https://h.test/f.zip?SECRET1#SECRET2 https://h.test/#SECRET?SECRET", "https://h.test/f.zip?***#*** https://h.test/#***"),
        ("nothing there", "use https:// or \"s3://\", https://... :// ////", "use https:// or \"s3://\", https://... :// ////"),
        ("without a scheme", "//u:p@h.test and u:p@h.test", "//u:p@h.test and u:p@h.test"),
    ]);
}

#[test]
fn values_with_a_name() {
    check(&[
        ("header", "authorization: Bearer SECRET1", "authorization: Bearer ***"),
        ("header, another scheme", "Authorization: Digest username=\"SECRET1\", nonce=\"SECRET2\"\nnext", "Authorization: ***\nnext"),
        ("header, no scheme", "x-ray-authorization: SECRET1 SECRET2\r\nnext", "x-ray-authorization: ***\r\nnext"),
        ("proxy", "Proxy-Authorization: Basic SECRET1\r\n", "Proxy-Authorization: Basic ***\r\n"),
        ("cookies", "Cookie: a=SECRET1; ray-authentication-token=SECRET2", "Cookie: ***"),
        ("set-cookie", "< set-cookie: ray-authentication-token=SECRET2; HttpOnly; Path=/", "< set-cookie: ***"),
        ("a dictionary", "{'Authorization': 'Bearer SECRET1', 'Cookie': 'a=SECRET1; b=SECRET2', 'Accept': '*/*'}", "{'Authorization': 'Bearer ***', 'Cookie': '***', 'Accept': '*/*'}"),
        ("bytes", "[(b'authorization', b'Basic SECRET1'), (b'accept', b'x')]", "[(b'authorization', b'Basic ***'), (b'accept', b'x')]"),
        ("a pair", "(\"authorization\", \"Bearer SECRET1\"), (\"a\", \"b\")", "(\"authorization\", \"Bearer ***\"), (\"a\", \"b\")"),
        ("gRPC metadata", "_Metadatum(key='authorization', value='SECRET1')", "_Metadatum(key='authorization', value='***')"),
        ("JSON", r#"{"authorization":["Bearer SECRET1"],"cookie":"SECRET2 \" SECRET3","n":1}"#, r#"{"authorization":["Bearer ***"],"cookie":"***","n":1}"#),
        ("JSON in JSON", r#"{"m":"{\"Cookie\":\"SECRET1\",\"authorization\":\"Bearer SECRET2\"}"}"#, r#"{"m":"{\"Cookie\":\"***\",\"authorization\":\"Bearer ***\"}"}"#),
        ("a list of names and values", r#"{"name":"RAY_AUTH_TOKEN","value":"SECRET1"}"#, r#"{"name":"RAY_AUTH_TOKEN","value":"***"}"#),
        ("colours", "\u{1b}[3mauthorization\u{1b}[0m\u{1b}[2m=\u{1b}[0m\"Bearer SECRET1\" \u{1b}[3ma\u{1b}[0m=1", "\u{1b}[3mauthorization\u{1b}[0m\u{1b}[2m=\u{1b}[0m\"Bearer ***\" \u{1b}[3ma\u{1b}[0m=1"),
        ("quotes inside", "'cookie': 'SECRET\"SECRET'x SECRET', 'a': 1", "'cookie': '***', 'a': 1"),
        ("an open quote", "cookie=\"SECRET1 SECRET2", "cookie=\"***"),
        ("WSGI", "HTTP_AUTHORIZATION=Basic SECRET1 HTTP_COOKIE='SECRET2'", "HTTP_AUTHORIZATION=Basic *** HTTP_COOKIE='***'"),
        ("a shell", "RAY_AUTH_TOKEN=SECRET1 RAY_RUNTIME_ENV_BEARER_TOKEN='SECRET 2' ray start", "RAY_AUTH_TOKEN=*** RAY_RUNTIME_ENV_BEARER_TOKEN='***' ray start"),
        ("other variables", "RAY_AUTH_TOKEN_PATH=/x MY_RAY_AUTH_TOKEN=y RAY_AUTH_MODE=token", "RAY_AUTH_TOKEN_PATH=/x MY_RAY_AUTH_TOKEN=y RAY_AUTH_MODE=token"),
        ("Rust", "{\"RAY_AUTH_TOKEN\": Some(\"SECRET1\")} headers={\"authorization\": Sensitive}", "{\"RAY_AUTH_TOKEN\": ***\")} headers={\"authorization\": ***"),
        ("only the name", "set RAY_AUTH_TOKEN, or the authorization header; cookies are fine", "set RAY_AUTH_TOKEN, or the authorization header; cookies are fine"),
        ("bearer", "sent Bearer SECRET1, \"bearer SECRET2\" and Bearer\tSECRET3.", "sent Bearer ***, \"bearer ***\" and Bearer\t***."),
        ("about bearers", "the bearer token is missing; WWW-Authenticate: Bearer realm=\"ray\"", "the bearer token is missing; WWW-Authenticate: Bearer realm=\"ray\""),
        ("basic", "sent Basic U0VDUkVUMTpTRUNSRVQy, Basic authentication", "sent Basic ***, Basic authentication"),
        ("a name in a query", "GET /x?authorization=SECRET1 HTTP/1.1", "GET /x?*** HTTP/1.1"),
    ]);
}

#[test]
fn what_is_known() {
    check(&[
        ("as it is", "got SECRETtoken+known/1== twice: SECRETtoken+known/1==SECRETtoken+known/1==", "got *** twice: ***"),
        ("percent-encoded", "a=SECRETtoken%2Bknown%2f1%3D%3D&b=SECRETtoken%2bknown/1%3D=", "a=***&b=***"),
        ("all of it percent-encoded", "%53%45%43%52%45%54%74%6f%6b%65%6e%2B%6b%6e%6f%77%6e%2F%31%3D%3D", "***"),
        ("in JSON", r#"{"a":"SECRETtoken+known\/1=="}"#, r#"{"a":"***"}"#),
        ("in a path", "https://h.test/SECRETtoken%2Bknown%2F1==/f.zip", "https://h.test/***/f.zip"),
        ("in a password", "https://u:SECRETtoken+known/1==@h.test/f.zip", "https://<unparseable URI>"),
        ("over the end of a host", "https://h.testSECRETtoken+known/1==/f.zip", "https://<unparseable URI>"),
        ("a pair", "agent: SECRET:pass word, YWdlbnQ6U0VDUkVUOnBhc3Mgd29yZA==, YWdlbnQ6U0VDUkVUOnBhc3Mgd29yZA", "agent: ***, ***, ***"),
        ("a pair, encoded", "SECRET%3Apass%20word", "***"),
    ]);
}
