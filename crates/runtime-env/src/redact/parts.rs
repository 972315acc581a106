//! The one reading of a URI that redaction and [`RemoteUri`](crate::RemoteUri) share: strict, so that whatever two parsers
//! could read in two ways is read by nobody.

use std::net::Ipv6Addr;

use crate::characters::is_deceptive;

/// Where the parts of a URI are. All of them are as they were written.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) scheme: &'a str,
    /// What stands before the last `@` of the authority.
    pub(crate) user_info: Option<&'a str>,
    /// With brackets, if it is an IPv6 address. May be empty.
    pub(crate) host: &'a str,
    pub(crate) port: Option<&'a str>,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) fragment: Option<&'a str>,
}

/// Why a text is not read as a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// A blank, a control character, a character that turns text around, or a backslash.
    Character,
    NoScheme,
    Host,
    Port,
    /// An `@` after the authority: the authority may have ended in the middle of a password.
    AtSign,
}

impl<'a> Parts<'a> {
    /// Takes a URI apart.
    pub(crate) fn split(text: &'a str) -> Result<Self, Unreadable> {
        if text.chars().any(is_forbidden) {
            return Err(Unreadable::Character);
        }
        let (scheme, rest) = split_scheme(text).ok_or(Unreadable::NoScheme)?;
        let (authority, rest) = split_before(rest, &['/', '?', '#']);
        if rest.contains('@') {
            return Err(Unreadable::AtSign);
        }
        let (user_info, place) = match authority.rsplit_once('@') {
            Some((user_info, place)) => (Some(user_info), place),
            None => (None, authority),
        };
        let (host, port) = split_place(place)?;
        let needs_host = user_info.is_some() || port.is_some() || is_http(scheme);
        if host.is_empty() && needs_host {
            return Err(Unreadable::Host);
        }
        let (rest, fragment) = split_at_mark(rest, '#');
        let (path, query) = split_at_mark(rest, '?');
        Ok(Self { scheme, user_info, host, port, path, query, fragment })
    }

    /// The name of the container, where that is what stands before the `@`: in `abfss://container@account`.
    pub(crate) fn container(&self) -> Option<&'a str> {
        self.user_info.filter(|container| self.scheme.eq_ignore_ascii_case("abfss") && is_container(container))
    }
}

/// The scheme and what stands after its `://`.
pub(crate) fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    is_scheme(scheme).then_some((scheme, rest))
}

/// Whether this could be a scheme, as RFC 3986 has it.
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(is_scheme_byte)
}

/// Whether this may stand in a scheme.
pub(crate) fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Characters that some parsers drop or take for others, and those that change how the text around them looks.
fn is_forbidden(character: char) -> bool {
    character.is_control() || character.is_whitespace() || character == '\\' || is_deceptive(character)
}

/// Azure's rule is narrower: lower-case letters, digits and hyphens. `$` begins `$root` and the like.
fn is_container(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'$'))
}

fn split_place(place: &str) -> Result<(&str, Option<&str>), Unreadable> {
    let (host, rest) = if let Some(inner) = place.strip_prefix('[') {
        let (address, rest) = inner.split_once(']').ok_or(Unreadable::Host)?;
        address.parse::<Ipv6Addr>().map_err(|_| Unreadable::Host)?;
        place.split_at(place.len() - rest.len())
    } else {
        let (host, rest) = split_before(place, &[':']);
        // A percent sign is refused with the rest: `user%40host` is somebody's mistake, and parsers differ about it.
        let is_name = host.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '.' | '_' | '~'));
        if !is_name {
            return Err(Unreadable::Host);
        }
        (host, rest)
    };
    let Some(port) = rest.strip_prefix(':') else {
        return if rest.is_empty() { Ok((host, None)) } else { Err(Unreadable::Host) };
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let valid = digits && (port.is_empty() || port.parse::<u16>().is_ok());
    if valid { Ok((host, Some(port))) } else { Err(Unreadable::Port) }
}

fn split_before<'a>(text: &'a str, marks: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(marks).unwrap_or(text.len()))
}

fn split_at_mark(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}
