//! One URI, redacted.

use super::parts::{Parts, Unreadable, split_scheme};

/// What is printed of a text of which nothing may be printed.
pub(crate) const UNPARSEABLE: &str = "<unparseable URI>";

/// What is printed in place of a part.
pub(crate) const HIDDEN: &str = "***";

/// A URI as it may be printed: `scheme://***@host:port/path?***#***`.
///
/// Hidden are the whole of what stands before the `@` (the user may be the token), the whole query, its names too, and
/// the whole fragment. `abfss://container@account` keeps its container. The scheme comes out in lower case, the rest of
/// what is kept is kept as it was written.
///
/// Where it is not certain what is secret, nothing is shown: with a blank, a control character or a backslash, or
/// without `scheme://`, the answer is `<unparseable URI>`; with a host or a port that is none, or an `@` after the
/// authority (a password with a `/` in it looks like that), it is `scheme://<unparseable URI>`. The price is that
/// `https://cdn.test/x@1.2/f.zip` is not shown either.
///
/// A secret **in the path** cannot be recognised, and stays.
///
/// ```
/// use ray_auth_runtime_env::redact::redact_uri;
///
/// assert_eq!(redact_uri("https://me:secret@h.test/f.zip?sig=secret"), "https://***@h.test/f.zip?***");
/// assert_eq!(redact_uri("https://me:sec/ret@h.test/f.zip"), "https://<unparseable URI>");
/// ```
#[must_use]
pub fn redact_uri(text: &str) -> String {
    match Parts::split(text) {
        Ok(parts) => redact_parts(&parts),
        Err(Unreadable::NoScheme) => UNPARSEABLE.to_owned(),
        Err(Unreadable::Character) => match split_scheme(text) {
            // What was redacted before stays what it is.
            Some((scheme, UNPARSEABLE)) => opaque(scheme),
            _ => UNPARSEABLE.to_owned(),
        },
        Err(_) => opaque(split_scheme(text).map_or("", |(scheme, _)| scheme)),
    }
}

/// A URI of which only the scheme may be known.
pub(crate) fn opaque(scheme: &str) -> String {
    format!("{}://{UNPARSEABLE}", scheme.to_ascii_lowercase())
}

fn redact_parts(parts: &Parts<'_>) -> String {
    let mut redacted = parts.scheme.to_ascii_lowercase();
    redacted.push_str("://");
    if parts.user_info.is_some() {
        redacted.push_str(parts.container().unwrap_or(HIDDEN));
        redacted.push('@');
    }
    redacted.push_str(parts.host);
    if let Some(port) = parts.port {
        redacted.push(':');
        redacted.push_str(port);
    }
    redacted.push_str(parts.path);
    for (mark, part) in [('?', parts.query), ('#', parts.fragment)] {
        if part.is_some() {
            redacted.push(mark);
            redacted.push_str(HIDDEN);
        }
    }
    redacted
}
