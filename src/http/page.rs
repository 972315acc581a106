//! The page that asks a person for the token.
//!
//! One file for the browser, with nothing from elsewhere. It stands at the address that was asked for, so it knows where to
//! go on without that being in an address. What a request puts into it is its own path, escaped.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, Uri};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// The longest path that is written into the page, in bytes: strangers must not make large answers of large questions.
const LONGEST: usize = 2_048;

static PAGE: LazyLock<Page> = LazyLock::new(Page::new);

/// The page for a browser that asked for `uri`.
pub(super) fn response(uri: &Uri) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(PAGE.fill(uri)));
    *response.headers_mut() = PAGE.headers.clone();
    response
}

/// What all answers have in common.
struct Page {
    parts: Vec<Part>,
    headers: HeaderMap,
}

enum Part {
    Text(String),
    /// The path that was asked for.
    Path,
    /// Where to go on.
    Next,
}

impl Page {
    fn new() -> Self {
        let page = include_str!("page/page.html").replace("{{style}}", STYLE).replace("{{script}}", SCRIPT);
        let mut parts = Vec::new();
        let mut rest = page.as_str();
        while let Some((text, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").expect("a placeholder of the page ends");
            parts.push(Part::Text(text.to_owned()));
            parts.push(match name {
                "path" => Part::Path,
                "next" => Part::Next,
                _ => unreachable!("a test fills in the page"),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Self { parts, headers: headers() }
    }

    fn fill(&self, uri: &Uri) -> String {
        let mut page = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => page.push_str(text),
                Part::Path => escape_into(&mut page, if uri.path().len() <= LONGEST { uri.path() } else { "/" }),
                Part::Next => escape_into(&mut page, next(uri)),
            }
        }
        page
    }
}

fn headers() -> HeaderMap {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (VARY, "Accept, Cookie"),
    ];
    let policy = HeaderValue::try_from(policy).expect("a policy is ASCII");
    let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value)));
    fixed.into_iter().chain([(CONTENT_SECURITY_POLICY, policy)]).collect()
}

/// Where to go on after login: what was asked for, if a browser takes it for a path of this server whatever it stands behind.
fn next(uri: &Uri) -> &str {
    let asked = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let is_path = asked.starts_with('/') && !asked.starts_with("//");
    let is_short = asked.len() <= LONGEST;
    let is_plain = asked.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\');
    if is_path && is_short && is_plain { asked } else { "/" }
}

/// Appends text so that HTML takes it for text, in attributes, too.
fn escape_into(page: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            other => page.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(uri: &str) -> String {
        let response = response(&uri.parse().unwrap());
        String::from_utf8(response.into_body().to_vec()).unwrap()
    }

    #[test]
    fn the_page_asked_for_is_kept_as_a_path_only() {
        let table = [
            ("/", "/"),
            ("/jobs/7", "/jobs/7"),
            ("/jobs/7?tab=logs&x=//y", "/jobs/7?tab=logs&x=//y"),
            ("http://dashboard.example/jobs?x", "/jobs?x"),
            ("/a//b", "/a//b"),
            ("/%2f%2fevil.test", "/%2f%2fevil.test"),
            ("/javascript:alert(1)", "/javascript:alert(1)"),
            ("//evil.test", "/"),
            ("///evil.test/x", "/"),
            ("http://dashboard.example//evil.test", "/"),
            ("*", "/"),
        ];
        for (asked, expected) in table {
            assert_eq!(next(&asked.parse().unwrap()), expected, "{asked}");
        }
        // What http's parser lets through on the wire and `str` does not spell.
        for bytes in [&b"/\\evil.test"[..], b"/a\\b", b"/\xc3\xa4", b"/a?\xc3\xa4"] {
            if let Ok(uri) = Uri::try_from(bytes) {
                assert_eq!(next(&uri), "/", "{uri}");
            }
        }
    }

    #[test]
    fn the_policy_allows_the_pages_own_style_and_script_and_nothing_else() {
        let response = response(&"/jobs".parse().unwrap());
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        let page = page("/jobs");
        for (open, close, directive) in [("<style>", "</style>", "style-src"), ("<script>", "</script>", "script-src")]
        {
            let text = page.split_once(open).unwrap().1.split_once(close).unwrap().0;
            let hash = BASE64_STANDARD.encode(Sha256::digest(text));
            assert!(policy.contains(&format!("{directive} 'sha256-{hash}';")), "{directive}");
            assert_eq!(page.matches(open).count(), 1, "{open}");
        }
        for outside in ["http:", "https:", "src=", "url(", "@import", "onload", "onclick", "style="] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn a_path_cannot_leave_the_attribute_it_stands_in() {
        let page = page("/x'onload=alert(1)&lt;\"{{next}}{{style}}");
        assert!(page.contains("/x&#39;onload=alert(1)&amp;lt;&quot;{{next}}{{style}}"), "escaped");
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(page.len() < 20_000);
    }

    #[test]
    fn a_long_question_makes_no_long_answer() {
        let usual = page("/").len();
        assert!(page(&format!("/{}", "&".repeat(60_000))).len() < usual + 10);
        assert!(page(&format!("/?{}", "&".repeat(60_000))).len() < usual + 10);
        assert!(page(&format!("/{}", "&".repeat(2_000))).len() < usual + 21_000);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_the_way_on_is_a_path(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut target = b"/".to_vec();
            target.extend(bytes);
            if let Ok(uri) = Uri::try_from(target) {
                let next = next(&uri);
                prop_assert!(next.starts_with('/') && !next.starts_with("//") && !next.contains('\\'));
                let mut escaped = String::new();
                escape_into(&mut escaped, next);
                prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            }
        }
    }
}
