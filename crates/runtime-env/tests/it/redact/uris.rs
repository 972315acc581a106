//! URIs in sentences.

use super::check;

#[test]
fn uris_in_sentences() {
    check(&[
        ("bare", "https://u:SECRET1@h.test", "https://***@h.test"),
        (
            "no secret",
            "see https://h.test:443/a_(b)/c, or s3://bucket/f.zip.",
            "see https://h.test:443/a_(b)/c, or s3://bucket/f.zip.",
        ),
        ("in single quotes", "got 'https://SECRET1@h.test/f.zip'!", "got 'https://***@h.test/f.zip'!"),
        ("in quotes", "got \"https://h.test/f.zip?SECRET1\".", "got \"https://h.test/f.zip?***\"."),
        (
            "in brackets",
            "(\"https://u:SECRET1@h.test/\") <https://u:SECRET1@h.test> [https://h.test?SECRET1]",
            "(\"https://***@h.test/\") <https://***@h.test> [https://h.test?***]",
        ),
        (
            "in a sentence",
            "https://u:SECRET1@h.test/f.zip, then https://h.test/?a=SECRET1; and https://h.test.",
            "https://***@h.test/f.zip, then https://h.test/?***; and https://h.test.",
        ),
        ("a question", "is it https://h.test/f.zip?", "is it https://h.test/f.zip?"),
        ("before a colon", "https://u:SECRET1@h.test: connection refused", "https://***@h.test: connection refused"),
        ("name=value", "uri=https://u:SECRET1@h.test/f.zip size=3", "uri=https://***@h.test/f.zip size=3"),
        (
            "JSON in a string",
            r#"body="{\"uri\": \"https://u:SECRET1@h.test/f.zip?SECRET2\", \"n\": 1}""#,
            r#"body="{\"uri\": \"https://***@h.test/f.zip?***\", \"n\": 1}""#,
        ),
        (
            "a line of JSON",
            r#"{"uri":"https://u:SECRET1@h.test/f.zip?SECRET2","to":"me@h.test","n":1}"#,
            r#"{"uri":"https://***@h.test/f.zip?***","to":"me@h.test","n":1}"#,
        ),
        (
            "JSON in a line of JSON",
            r#"{"m":"{\"uri\":\"https://u:SECRET1@h.test/?SECRET2\"}","to":"x@h"}"#,
            r#"{"m":"{\"uri\":\"https://***@h.test/?***\"}","to":"x@h"}"#,
        ),
        (
            "JSON that escapes slashes",
            r#"{"uri":"https:\/\/u:SECRET1@h.test\/f.zip","n":1}"#,
            r#"{"uri":"https:\/\/<unparseable URI>","n":1}"#,
        ),
        (
            "encoded",
            "next=https%3A%2F%2Fu%3ASECRET1%40h.test%2F plain=https%3a%2f%2fh.test%2f",
            "next=https%3A%2F%2F<unparseable URI> plain=https%3a%2f%2fh.test%2f",
        ),
        ("two in a word", "https://a.test,https://b.test/x|s3://c/", "https://a.test,https://b.test/x|s3://c/"),
        ("two in a word, one with a password", "https://a.test,https://u:SECRET1@b.test", "https://<unparseable URI>"),
        (
            "an address in the same word",
            "a=\"https://h.test/f.zip\",b=\"SECRET@b.test\"",
            "a=\"https://<unparseable URI>\"",
        ),
        (
            "other schemes",
            "git+https://u:SECRET1@h.test/r.git postgres://u:SECRET1@h.test:5432/db",
            "git+https://***@h.test/r.git postgres://***@h.test:5432/db",
        ),
        (
            "a name before the scheme",
            "my_https://u:SECRET1@h.test 1http://SECRET1@h.test",
            "my_https://***@h.test 1http://***@h.test",
        ),
        ("no scheme", "${proto}://u:SECRET1@h.test/f.zip?SECRET2", "${proto}://***@h.test/f.zip?***"),
        ("a container", "abfss://container@acct.test/f.zip?SECRET1", "abfss://container@acct.test/f.zip?***"),
        (
            "IPv6",
            "(https://u:SECRET1@[::1]:80/x) [https://[::1]] https://[::1]:80",
            "(https://***@[::1]:80/x) [https://[::1]] https://[::1]:80",
        ),
        (
            "not ASCII",
            "\u{201c}https://\u{fc}:SECRET1\u{e9}@h.test/\u{e9}?SECRET2\u{201d} \u{e9}",
            "\u{201c}https://***@h.test/\u{e9}?***\u{201d} \u{e9}",
        ),
        (
            "a colour after it",
            "\u{1b}[31mhttps://u:SECRET1@h.test/?SECRET2\u{1b}[0m done",
            "\u{1b}[31mhttps://***@h.test/?***\u{1b}[0m done",
        ),
        ("a colour inside", "https://u:\u{1b}[31mSECRET1\u{1b}[0m@h.test/ done", "https://<unparseable URI>"),
        (
            "a colour before a path",
            "\u{1b}[3muri\u{1b}[0m\u{1b}[2m=\u{1b}[0m/f.zip?sig=SECRET1 \u{1b}[32mGET\u{1b}[0m /x?sig=SECRET2 GET \u{1b}[1m/x?SECRET",
            "\u{1b}[3muri\u{1b}[0m\u{1b}[2m=\u{1b}[0m/f.zip?*** \u{1b}[32mGET\u{1b}[0m /x?*** GET \u{1b}[1m/x?***",
        ),
        (
            "a colour before a path, written out, and of grep",
            "\\u001b[0m/x?sig=SECRET1 \u{1b}[m\u{1b}[K/x?sig=SECRET2 team/x?kept m /y?kept",
            "\\u001b[0m/x?*** \u{1b}[m\u{1b}[K/x?*** team/x?kept m /y?kept",
        ),
        (
            "every mark in a password",
            "'https://u:SECRET,'\"SECRET)>]}`;|<SECRET@SECRET@h.test/f.zip', x",
            "'https://***@h.test/f.zip', x",
        ),
        ("marks in a query", "https://h.test/?a=SECRET\",'SECRET>b}SECRET, x", "https://h.test/?***, x"),
        ("a slash in a password", "got https://u:SECRET/SECRET@h.test/f.zip, x", "got https://<unparseable URI>, x"),
        (
            "a question mark in a password",
            "got https://u:SECRET?SECRET@h.test/f.zip, x",
            "got https://<unparseable URI>, x",
        ),
        ("a hash in a password", "got https://u:1#SECRET@h.test/f.zip, x", "got https://<unparseable URI>, x"),
        (
            "a backslash in a password",
            "got https://u:SECRET\\SECRET@h.test/f.zip, x",
            "got https://<unparseable URI>, x",
        ),
        (
            "a blank in a password",
            "got https://u:SECRET SECRET@h.test/f.zip, x\nnext",
            "got https://<unparseable URI>\nnext",
        ),
        (
            "a number and a blank in a password",
            "got https://u:12 SECRET@h.test/f.zip, x\r\nnext",
            "got https://<unparseable URI>\r\nnext",
        ),
        ("a domain and a blank", "got https://CORP\\u:SECRET SECRET@h.test/f.zip", "got https://<unparseable URI>"),
        (
            "an address, and an at sign",
            "connected to http://127.0.0.1:8265 as me@h.test, http://localhost:1, https://[::1]:1 as me@h.test",
            "connected to http://127.0.0.1:8265 as me@h.test, http://localhost:1, https://[::1]:1 as me@h.test",
        ),
        ("a bad port", "https://h.test:SECRET/x", "https://<unparseable URI>"),
        ("direction characters", "https://u:\u{202e}SECRET@h.test/x", "https://<unparseable URI>"),
        (
            "redacted before",
            "https://<unparseable URI>, https://***@h.test/?***#*** x@y",
            "https://<unparseable URI>, https://***@h.test/?***#*** x@y",
        ),
        (
            "as if redacted before",
            "https://<unparseable URI>SECRET@h.test, https://<unparseable URI>?SECRET",
            "https://<unparseable URI>, https://<unparseable URI>",
        ),
        (
            "query and fragment",
            "https://h.test/f.zip?SECRET1#SECRET2 https://h.test/#SECRET?SECRET",
            "https://h.test/f.zip?***#*** https://h.test/#***",
        ),
        (
            "nothing there",
            "use https:// or \"s3://\", https://... :// ////",
            "use https:// or \"s3://\", https://... :// ////",
        ),
        (
            "Debug of Rust",
            "url=Url { scheme: \"https\", cannot_be_a_base: false, username: \"u\", password: Some(\"SECRET } 1\"), \
             host: Some(Domain(\"h.test\")), port: None, path: \"/f.zip\", query: Some(\"sig=SECRET2\"), fragment: None } x",
            "url=Url { scheme: *** } x",
        ),
        (
            "Debug of Rust, without quotation marks",
            "got Uri { scheme: https, authority: u:SECRET1@h.test, path: /x?sig={SECRET2} } x",
            "got Uri { scheme: *** } x",
        ),
        (
            "repr of Python",
            "Url(scheme='https', auth='u:SECRET1', host='h', port=None, path='/x', query='sig=)SECRET2', fragment=None), \
             SplitResult(scheme='https', netloc='u:SECRET@h', path='/f', query=\"a='SECRET')\", fragment='') x",
            "Url(scheme=***), SplitResult(***) x",
        ),
        (
            "repr of Python, in something else",
            r"'ParseResult(netloc=\'u:SECRET@h\', query=\'SECRET)\')' x",
            "'ParseResult(***)' x",
        ),
        (
            "repr of Python, cut, in JSON",
            r#"{"m":"ParseResult(scheme='https', netloc='u:SECRET@h'","n":1}"#,
            r#"{"m":"ParseResult(***","n":1}"#,
        ),
        (
            "a URI, all of it encoded",
            "https%3A//u%3ASECRET1%40h/x%3Fsig%3DSECRET2 https%3A//u:SECRET3@h/x https%253A%252F%252Fu%253ASECRET4%2540h%252Fx",
            "https%3A//<unparseable URI> https%3A//<unparseable URI> https%253A%252F%252F<unparseable URI>",
        ),
        (
            "a separator, all of it escaped",
            r"https\u003a\u002f\u002fSECRET1\u0040h.test https:\x2f\x2fh.test/x\x3fSECRET2 https\x3a\x2f\x2fh\u0023SECRET3",
            r"https\u003a\u002f\u002f<unparseable URI> https:\x2f\x2f<unparseable URI> https\x3a\x2f\x2f<unparseable URI>",
        ),
        (
            "marks that are escaped",
            r#"{"u":"https://SECRET1\u0040h.test/x","v":"https://h.test/x\u003Fsig=SECRET2","w":"=/x\u003fSECRET3","n":1}"#,
            r#"{"u":"https://<unparseable URI>","v":"https://<unparseable URI>","w":"=/***","n":1}"#,
        ),
        (
            "an encoded mark in a path",
            "https://h.test/x%3Fy/%40z https%3A//h.test/x, or :\\x2f\\x2f",
            "https://h.test/x%3Fy/%40z https%3A//h.test/x, or :\\x2f\\x2f",
        ),
        ("without a scheme", "//u:p@h.test and u:p@h.test", "//u:p@h.test and u:p@h.test"),
    ]);
}
