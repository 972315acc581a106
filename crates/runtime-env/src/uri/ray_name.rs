//! The name that Ray gives to a package. Python's `urllib.parse` and `pathlib` stand behind it, with their peculiarities.

use std::net::Ipv6Addr;

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::secret::joined;

/// Endings of two words, which Ray keeps whole.
const COMPOUND: [&str; 3] = [".tar.bz2", ".tar.gz", ".tar.xz"];

/// What a directory in the image must not look like.
const ARCHIVES: [&str; 5] = [".zip", ".tar.gz", ".tgz", ".tar.xz", ".whl"];

/// Schemes that Ray downloads from, by their hash.
const REMOTE: [&str; 7] = ["http", "https", "s3", "gs", "azure", "abfss", "file"];

/// Schemes whose authority is the name.
const VERBATIM: [&str; 4] = ["gcs", "conda", "pip", "uv"];

/// The name that Ray 2.60 gives to the package at a URI (`ray._common.runtime_env_uri.parse_uri`), to the byte. `None`
/// where Ray raises. The folder that Ray unpacks it to has this name without its ending.
///
/// - `http`, `https`, `s3`, `gs`, `azure`, `abfss`, `file`: `<scheme>_<SHA-1 of the whole URI, in hex><ending>`, where the ending is
///   what `pathlib` takes for the suffix of authority and path, or one of `.tar.gz`, `.tar.bz2` and `.tar.xz`. A wheel has
///   the last segment of its path instead.
/// - `gcs`, `conda`, `pip`, `uv`: the authority, as it is.
/// - `local`: the path of the directory.
///
/// Takes any text, as Ray does, and not only what [`RemoteUri::parse`](super::RemoteUri::parse) accepts.
///
/// **It can hold secrets, and anything that a path must not hold**: of `https://me:p.secret@h` the ending is `.secret@h`.
/// See [`RemoteUri::safe_package_name`] for one that does not. This one is for those who look for what Ray stored.
///
/// ```
/// use ray_auth_runtime_env::uri::ray_package_name;
///
/// let name = ray_package_name("https://h.test/f.zip");
/// assert_eq!(name.as_deref(), Some("https_b9e1f953e92f1e11e2a23bdf3301809151442747.zip"));
/// assert_eq!(ray_package_name("ftp://h.test/f.zip"), None);
/// ```
///
/// [`RemoteUri::safe_package_name`]: super::RemoteUri::safe_package_name
#[must_use]
pub fn ray_package_name(text: &str) -> Option<String> {
    let cleaned = clean(text);
    let (scheme, rest) = split_scheme(&cleaned)?;
    let (netloc, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    let before = |text, mark| str::split(text, mark).next().unwrap_or_default();
    let path = before(before(rest, '#'), '?');
    if !is_bracketed_well(netloc) || is_split_by_normalisation(netloc) {
        return None;
    }
    match scheme.as_str() {
        "local" => local_path(text),
        name if VERBATIM.contains(&name) => Some(netloc.to_owned()),
        name if REMOTE.contains(&name) => Some(remote_name(text, name, netloc, path)),
        _ => None,
    }
}

/// Blanks and control characters before the URI, and tabs and ends of lines anywhere in it, are dropped.
fn clean(text: &str) -> Zeroizing<String> {
    let start = text.trim_start_matches(|char: char| char <= ' ');
    let mut cleaned = Zeroizing::new(String::with_capacity(start.len()));
    cleaned.extend(start.chars().filter(|char| !matches!(char, '\t' | '\r' | '\n')));
    cleaned
}

fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    crate::redact::parts::is_scheme(scheme).then(|| (scheme.to_ascii_lowercase(), rest))
}

fn remote_name(text: &str, scheme: &str, netloc: &str, path: &str) -> String {
    let path = if matches!(scheme, "http" | "https") { without_params(path) } else { path };
    if path.ends_with(".whl") {
        return path.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let raw = joined(&[netloc, path]);
    let compound = COMPOUND.into_iter().find(|ending| raw.ends_with(ending));
    let suffix = compound.unwrap_or_else(|| path_suffix(&raw));
    format!("{scheme}_{}{suffix}", sha1_hex(text))
}

/// Without what follows a `;` in the last segment.
pub(super) fn without_params(path: &str) -> &str {
    let last = path.rfind('/').unwrap_or(0);
    path[last..].find(';').map_or(path, |params| &path[..last + params])
}

/// `pathlib.PurePosixPath(path).suffix`.
fn path_suffix(path: &str) -> &str {
    let name = path.rsplit('/').find(|part| !matches!(*part, "" | ".")).unwrap_or_default();
    match name.rfind('.') {
        Some(dot) if dot > 0 && dot + 1 < name.len() => &name[dot..],
        _ => "",
    }
}

pub(super) fn sha1_hex(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The directory that a `local://` URI names. Here Ray looks at the text as it was given.
fn local_path(text: &str) -> Option<String> {
    let prefix = "local://";
    let path = text.get(prefix.len()..).filter(|_| text[..prefix.len()].eq_ignore_ascii_case(prefix))?;
    let path = path.strip_prefix('/').filter(|rest| is_drive(rest)).unwrap_or(path);
    let is_directory = !ARCHIVES.iter().any(|ending| path.ends_with(ending));
    (is_directory && (path.starts_with('/') || is_drive(path))).then(|| path.to_owned())
}

/// Whether it begins like `C:/`.
fn is_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// What Python asks of brackets: both or none, and in the first of them an address.
fn is_bracketed_well(netloc: &str) -> bool {
    match (netloc.contains('['), netloc.contains(']')) {
        (false, false) => true,
        (true, true) => {
            let inner = netloc.split_once('[').map_or("", |(_, after)| after);
            let inner = inner.split_once(']').map_or(inner, |(before, _)| before);
            is_address(inner)
        }
        _ => false,
    }
}

fn is_address(text: &str) -> bool {
    if let Some(future) = text.strip_prefix('v') {
        let hexadecimal = future.split_once('.').filter(|(version, _)| !version.is_empty());
        return hexadecimal
            .is_some_and(|(version, rest)| !rest.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    let (address, scope) = text.split_once('%').map_or((text, None), |(address, scope)| (address, Some(scope)));
    address.parse::<Ipv6Addr>().is_ok() && scope.is_none_or(|scope| !scope.is_empty() && !scope.contains('%'))
}

/// Whether a character of the authority becomes one of `/?#@:` by Unicode's compatibility normalisation (NFKC).
fn is_split_by_normalisation(netloc: &str) -> bool {
    netloc.chars().any(|char| SPLITTING.contains(&char))
}

/// All characters that do: Python 3.11 has these.
const SPLITTING: [char; 19] = [
    '\u{2047}', '\u{2048}', '\u{2049}', '\u{2100}', '\u{2101}', '\u{2105}', '\u{2106}', '\u{2a74}', '\u{fe13}',
    '\u{fe16}', '\u{fe55}', '\u{fe56}', '\u{fe5f}', '\u{fe6b}', '\u{ff03}', '\u{ff0f}', '\u{ff1a}', '\u{ff1f}',
    '\u{ff20}',
];
