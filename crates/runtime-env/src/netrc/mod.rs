//! Netrc files: passwords by host.

mod error;
mod exposure;
mod host;
mod parse;
mod source;
mod warning;
mod words;

use std::fmt;

use crate::Secret;

use self::host::Host;

pub use self::error::{NetrcError, ParseError, ParseErrorKind};
pub use self::exposure::Exposure;
pub use self::source::{Loaded, NetrcSource};
pub use self::warning::NetrcWarning;

/// The largest netrc file, in bytes.
pub const MAX_FILE_LEN: usize = 64 * 1024;

/// The entries of a netrc file. `Debug` shows how many machines there are and nothing else.
#[derive(Clone)]
pub struct Netrc {
    machines: Vec<(Host, Entry)>,
    default: Option<Entry>,
    warnings: Vec<NetrcWarning>,
}

/// What a netrc file says about one machine, or by default. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Entry {
    credential: Option<(Secret, Secret)>,
}

impl Netrc {
    /// Reads the text of a netrc file. What is kept of it is wiped when dropped; the text itself is the caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`ParseError`] for the first fault. Then nothing is used, as in Ray, which says nothing about it.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        parse::parse(text)
    }

    /// The entry of the machine with this name, and never `default`'s; of several the last.
    ///
    /// Names are compared whole and without regard to ASCII case: `a.test` is neither `sub.a.test` nor `a.test.`. An IPv6
    /// address is the same in every spelling, with and without brackets.
    #[must_use]
    pub fn machine(&self, host: &str) -> Option<&Entry> {
        self.machines_of(host).next()
    }

    /// The entry of the machine with this name whose login is exactly this; of several the last. For a URI that names a
    /// user and no password: another user's password must not be sent for it (CVE-2026-8926 in curl).
    #[must_use]
    pub fn machine_with_login(&self, host: &str, login: &str) -> Option<&Entry> {
        self.machines_of(host).find(|entry| entry.credential().is_some_and(|(user, _)| user.expose_secret() == login))
    }

    /// The entry that is for every host without one of its own; of several the last.
    ///
    /// A machine that is there with an [empty](Entry::credential) entry has one of its own.
    #[must_use]
    pub fn default_entry(&self) -> Option<&Entry> {
        self.default.as_ref()
    }

    /// What in the text should be mended, although it can be used.
    #[must_use]
    pub fn warnings(&self) -> &[NetrcWarning] {
        &self.warnings
    }

    /// The entries of this host, the last first.
    fn machines_of(&self, host: &str) -> impl Iterator<Item = &Entry> {
        let host = Host::new(host);
        self.machines.iter().rev().filter(move |(name, _)| *name == host).map(|(_, entry)| entry)
    }
}

impl Entry {
    /// The login and the password, each of which may be empty; none when the entry has neither. Then nothing is sent to the
    /// host, and `default` is not asked either.
    ///
    /// An `account` is the login where there is no other.
    #[must_use]
    pub fn credential(&self) -> Option<(&Secret, &Secret)> {
        self.credential.as_ref().map(|(login, password)| (login, password))
    }
}

impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Netrc").field("machines", &self.machines.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry([redacted])")
    }
}
