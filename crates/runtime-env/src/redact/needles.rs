//! What redaction looks for: one automaton finds all of it in one walk over the text, whatever the case of letters.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `://`: a URI begins before it.
    Uri,
    /// `://` as it stands in some JSON, or inside a URI.
    EncodedUri,
    /// The name of a header whose value is a credential.
    Header,
    /// The name of a variable, or of a cookie, whose value is one.
    Variable,
    /// The word before a token.
    Bearer,
    /// The word before an encoded login and password.
    Basic,
    /// What stands before a path with its query, up to and with the first `/` of it.
    Target,
    /// The same after a colour, if it is one.
    ColouredTarget,
    /// The beginning of a URI that is written in parts.
    Debugged,
}

const NEEDLES: [(&str, Kind); 45] = [
    ("://", Kind::Uri),
    (r":\/\/", Kind::EncodedUri),
    (r":\\/\\/", Kind::EncodedUri),
    (r":\u002f\u002f", Kind::EncodedUri),
    (r"\u003a\u002f\u002f", Kind::EncodedUri),
    (r":\x2f\x2f", Kind::EncodedUri),
    (r"\x3a\x2f\x2f", Kind::EncodedUri),
    ("%3A//", Kind::EncodedUri),
    ("%3A%2F%2F", Kind::EncodedUri),
    ("%253A%252F%252F", Kind::EncodedUri),
    ("authorization", Kind::Header),
    ("proxy-authorization", Kind::Header),
    ("x-ray-authorization", Kind::Header),
    ("cookie", Kind::Header),
    ("set-cookie", Kind::Header),
    ("RAY_AUTH_TOKEN", Kind::Variable),
    ("RAY_RUNTIME_ENV_BEARER_TOKEN", Kind::Variable),
    ("ray-authentication-token", Kind::Variable),
    ("Bearer", Kind::Bearer),
    ("Basic", Kind::Basic),
    // A path with its query: "with url: /x?y" and "Redirecting /x?y -> …" of urllib3, "GET /x?y HTTP/1.1", url='/x?y'.
    (": /", Kind::Target),
    ("=/", Kind::Target),
    ("= /", Kind::Target),
    ("'/", Kind::Target),
    ("\"/", Kind::Target),
    ("Redirecting /", Kind::Target),
    ("-> /", Kind::Target),
    ("GET /", Kind::Target),
    ("HEAD /", Kind::Target),
    ("POST /", Kind::Target),
    ("PUT /", Kind::Target),
    ("PATCH /", Kind::Target),
    ("DELETE /", Kind::Target),
    ("OPTIONS /", Kind::Target),
    // "GET\u{1b}[0m /x?y" and "\u{1b}[0m/x?y".
    ("m/", Kind::ColouredTarget),
    ("m /", Kind::ColouredTarget),
    ("K/", Kind::ColouredTarget),
    ("K /", Kind::ColouredTarget),
    ("Url { scheme:", Kind::Debugged),
    ("Uri { scheme:", Kind::Debugged),
    ("Url(scheme=", Kind::Debugged),
    ("SplitResult(", Kind::Debugged),
    ("SplitResultBytes(", Kind::Debugged),
    ("ParseResult(", Kind::Debugged),
    ("ParseResultBytes(", Kind::Debugged),
];

static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(NEEDLES.map(|(needle, _)| needle))
        .expect("a few short patterns are no problem")
});

/// What there is in the text, from the first to the last: what it is, where it begins and where it ends.
pub(super) fn find(text: &str) -> impl Iterator<Item = (Kind, usize, usize)> {
    AUTOMATON.find_iter(text).map(|found| (NEEDLES[found.pattern().as_usize()].1, found.start(), found.end()))
}
