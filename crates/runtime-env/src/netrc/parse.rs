//! The grammar of a netrc text.

use std::collections::HashSet;

use super::error::{ParseError, ParseErrorKind};
use super::host::Host;
use super::words::{Value, Words};
use super::{Entry, Netrc, NetrcWarning};
use crate::Secret;

/// The byte order mark that some editors write first.
const BOM: &[u8] = b"\xEF\xBB\xBF";

pub(super) fn parse(text: &[u8]) -> Result<Netrc, ParseError> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let text = std::str::from_utf8(text).map_err(|error| bad_utf8(&text[..error.valid_up_to()]))?;
    let mut words = Words::new(text);
    let mut read = Read::default();
    // Of whom the values are that come next; nobody before the first machine, and after a macro.
    let mut of: Option<Fields<'_>> = None;
    while let Some(keyword) = words.keyword() {
        let line = words.line;
        let unexpected = ParseError { line, kind: ParseErrorKind::UnexpectedToken };
        match keyword {
            "machine" => {
                read.close(of.take())?;
                let value = words.value()?;
                let name = value.secret();
                if name.expose_secret().is_empty() {
                    return Err(value.error(ParseErrorKind::MissingValue));
                }
                of = Some(Fields::new(Some(Host::new(name.expose_secret())), line));
            }
            "default" => {
                read.close(of.replace(Fields::new(None, line)))?;
            }
            "macdef" => {
                read.close(of.take())?;
                words.value()?;
                words.skip_macro()?;
            }
            "login" | "user" => of.as_mut().ok_or(unexpected)?.login = Some(login(words.value()?)?),
            "account" => of.as_mut().ok_or(unexpected)?.account = Some(words.value()?),
            "password" => of.as_mut().ok_or(unexpected)?.password = Some(words.value()?),
            _ => return Err(unexpected),
        }
    }
    read.close(of)?;
    Ok(read.finish())
}

/// On which line of a text whose beginning is this the first byte stands that is not UTF-8.
fn bad_utf8(valid: &[u8]) -> ParseError {
    let ends = valid.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => valid.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ParseError { line: 1 + ends.count(), kind: ParseErrorKind::BadUtf8 }
}

/// A value that can be the user name of HTTP's Basic scheme.
fn login(value: Value<'_>) -> Result<Value<'_>, ParseError> {
    if value.holds(':') { Err(value.error(ParseErrorKind::ColonInLogin)) } else { Ok(value) }
}

/// A value that was given and is not empty: an empty one says as much as none.
fn given(value: Option<Value<'_>>) -> Option<Value<'_>> {
    value.filter(|value| !value.is_empty())
}

/// What was said about a machine, or about `default`, whose host is none.
struct Fields<'a> {
    host: Option<Host>,
    line: usize,
    login: Option<Value<'a>>,
    account: Option<Value<'a>>,
    password: Option<Value<'a>>,
}

impl Fields<'_> {
    fn new(host: Option<Host>, line: usize) -> Self {
        Self { host, line, login: None, account: None, password: None }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Read {
    machines: Vec<(Host, Entry)>,
    default: Option<Entry>,
    /// The machines there are, with none for `default`.
    seen: HashSet<Option<Host>>,
    repeated: Vec<usize>,
    ports: Vec<usize>,
    no_hosts: Vec<usize>,
}

impl Read {
    /// Ends an entry, if one was begun.
    fn close(&mut self, fields: Option<Fields<'_>>) -> Result<(), ParseError> {
        let Some(Fields { host, line, login, account, password }) = fields else { return Ok(()) };
        // As requests does it for Ray: the account stands in for a login that is missing or empty.
        let user = match (given(login), given(account)) {
            (Some(login), _) => Some(login),
            (None, account) => account.map(self::login).transpose()?,
        };
        let password = given(password);
        let secret =
            |value: Option<Value<'_>>| value.map_or_else(|| Secret::new(String::new()), |value| value.secret());
        let nothing = user.is_none() && password.is_none();
        let entry = Entry { credential: (!nothing).then(|| (secret(user), secret(password))) };
        if !self.seen.insert(host.clone()) {
            self.repeated.push(line);
        }
        match host {
            Some(host) => {
                if host.is_no_host() {
                    self.no_hosts.push(line);
                } else if host.has_port() {
                    self.ports.push(line);
                }
                self.machines.push((host, entry));
            }
            None => self.default = Some(entry),
        }
        Ok(())
    }

    fn finish(self) -> Netrc {
        let some = |lines: Vec<usize>| (!lines.is_empty()).then_some(lines);
        let repeated = some(self.repeated).map(|lines| NetrcWarning::Repeated { path: None, lines });
        let ports = some(self.ports).map(|lines| NetrcWarning::Port { path: None, lines });
        let no_hosts = some(self.no_hosts).map(|lines| NetrcWarning::NotAHost { path: None, lines });
        let warnings = repeated.into_iter().chain(ports).chain(no_hosts).collect();
        Netrc { machines: self.machines, default: self.default, warnings }
    }
}
