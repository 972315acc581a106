//! What goes wrong between here and a server, and how it is told.

use std::error::Error;
use std::io;

use super::error::seconds;
use super::{FetchError, Limits};
use crate::characters::is_deceptive;
use crate::uri::Origin;

/// The longest text from elsewhere that an error holds, in characters.
const LONGEST: usize = 200;

/// At which point a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// It could not be made.
    Connect,
    /// The server's certificate is not trusted, or TLS failed otherwise.
    Tls,
    /// The server said nothing for too long.
    Silence,
    /// It broke, or what came was no HTTP.
    Broken,
}

impl TransportKind {
    /// A word for logs, metrics and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Silence => "silence",
            Self::Broken => "broken",
        }
    }

    /// How to mend it.
    pub(super) fn advice(self, proxied: bool) -> &'static str {
        match self {
            Self::Connect if proxied => {
                "see whether the proxy is up and its variable right, or name the host in NO_PROXY"
            }
            Self::Connect => "see whether the server is up, and the address right",
            Self::Tls => "if it is the right server, trust the certificate of its authority",
            Self::Silence => "allow more time if the server is known to be slow",
            Self::Broken => "try again; if it goes on, ask who runs the server",
        }
    }
}

impl std::fmt::Display for TransportKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "cannot connect",
            Self::Tls => "TLS failed",
            Self::Silence => "no answer in time",
            Self::Broken => "the connection broke",
        })
    }
}

/// As part of a sentence.
pub(super) fn through(proxied: bool) -> &'static str {
    if proxied { " through the proxy that this environment names" } else { "" }
}

/// Sorts it. The error's own text names the URI, so it is taken apart.
pub(super) fn failed(origin: &Origin, proxied: bool, limits: &Limits, error: reqwest::Error) -> FetchError {
    let (connect, timeout) = (error.is_connect(), error.is_timeout());
    let error = error.without_url();
    let chain = || std::iter::successors(error.source(), |error: &&(dyn Error + 'static)| (*error).source());
    // The client keeps the type of this one to itself.
    if proxied && chain().any(|error| error.to_string() == "tunnel error: proxy authorization required") {
        return FetchError::ProxyLogin { origin: origin.clone() };
    }
    // The operating system has limits of its own, which are not these.
    let of_system = |error: &(dyn Error + 'static)| {
        error.downcast_ref().is_some_and(|error: &io::Error| error.raw_os_error().is_some())
    };
    let ours = timeout && !chain().any(of_system);
    let kind = match (chain().any(is_tls), connect) {
        (true, _) => TransportKind::Tls,
        (_, true) => TransportKind::Connect,
        _ if ours => TransportKind::Silence,
        _ => TransportKind::Broken,
    };
    let reason = match kind {
        TransportKind::Connect if ours => format!("no connection within {}", seconds(limits.connect)),
        TransportKind::Silence => format!("nothing came for {}", seconds(limits.idle)),
        // The last cause is what the operating system or TLS says; those before it say "error".
        _ => shown(&chain().last().map_or_else(|| error.to_string(), ToString::to_string)),
    };
    FetchError::Transport { origin: origin.clone(), kind, reason, proxied }
}

/// Text in which a server may have had a say, such as the names in its certificate: of one line, and not long.
pub(super) fn shown(text: &str) -> String {
    let whole = text.chars().take(LONGEST + 1).count() <= LONGEST;
    let (kept, end) = if whole { (LONGEST, "") } else { (LONGEST - 3, "...") };
    text.chars()
        .take(kept)
        .map(|character| if character.is_control() || is_deceptive(character) { '?' } else { character })
        .chain(end.chars())
        .collect()
}

/// An error of TLS. It hides in errors of input and output, which do not name it as their source.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_is_one_short_line() {
        let (full, long) = ("x".repeat(LONGEST), "\u{1f980}".repeat(LONGEST + 1));
        let cut = format!("{}...", "\u{1f980}".repeat(LONGEST - 3));
        let table = [
            ("Connection refused (os error 111)", "Connection refused (os error 111)"),
            ("Verbindung abgelehnt: ü", "Verbindung abgelehnt: ü"),
            ("a\nfake line\r\0", "a?fake line??"),
            ("\u{1b}[31mred\u{85}", "?[31mred?"),
            ("\u{202e}\u{2066}\u{feff}", "???"),
            (&full, &full),
            (&long, &cut),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
