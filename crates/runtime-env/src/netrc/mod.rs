//! Netrc files: logins and passwords by host, as curl, git and Ray read them.
//!
//! A netrc file gives each `machine` a login and a password, and may give all others those of `default`:
//!
//! ```text
//! # lines like this one are comments
//! machine files.example login reader password correct-horse
//! machine "[::1]" login reader password "with blanks, a \" and a \\"
//! default login anonymous password guest
//! ```
//!
//! [`NetrcSource::from_env`] looks in Ray's places in Ray's order, and the first that is there decides:
//!
//! 1. `NETRC`, when it is set, names the only file. `~` and what begins with `~/` are expanded; a relative path starts at the
//!    working directory. That file must be usable: anything else is an [error](NetrcError). Set to nothing, it switches
//!    netrc off.
//! 2. `$HOME/.netrc`, else `$HOME/_netrc` (under `%USERPROFILE%` on Windows). When the first of them that exists cannot be
//!    used, there is one [warning](NetrcWarning::NotUsed) and no netrc; the second is not tried in its place.
//!
//! **Used** is a regular file of at most [`MAX_FILE_LEN`] bytes, in UTF-8, without a fault anywhere in it. One in the home
//! folder must belong to this process's user, and nobody else may have rights to it (`chmod 600`). One that was named may
//! be exposed, since Kubernetes mounts secrets so; then there is a [warning](NetrcWarning::Exposed), or with
//! [`NetrcSource::strict`] an error. Rights are looked at on Unix only, on the file that was opened.
//!
//! **Refused**, with the [line and the kind of the fault](ParseError) and never the word: what is no keyword where one is
//! expected, a keyword without its value, a quoted value that does not end on its line, a control character, a colon in a
//! login, a macro that no empty line ends, and bytes that are not UTF-8.
//!
//! The words mean what they mean to Ray, which reads them with Python's `netrc`: `user` is `login`, `account` is the login
//! where there is no other, a backslash takes the next character as it is, `macdef` is skipped, and of two entries for one
//! machine the last counts. Different on purpose:
//!
//! - a `#` where a keyword may stand begins a comment also without a blank after it;
//! - `machine default` is a host of this name, and not [`default`](Netrc::default_entry);
//! - names of machines are compared without regard to ASCII case, and IPv6 addresses by what they mean;
//! - a byte order mark at the beginning is skipped;
//! - a fault in the text is told, where Ray goes on without credentials and says nothing;
//! - a value that no header can carry, or that is missing or not ended, is a fault, and Ray would send it;
//! - a keyword between quotes or with a backslash in it is none.
//!
//! Here is only what a file says. What of it is sent where is the part of [`credentials`](crate::credentials).
//!
//! ```
//! use ray_auth_runtime_env::netrc::{Netrc, ParseErrorKind};
//!
//! let netrc = Netrc::parse(b"machine files.example login reader password correct-horse\n")?;
//! let entry = netrc.machine("Files.Example").expect("names are compared without case");
//! let (login, password) = entry.credential().expect("it has a login");
//! assert_eq!((login.expose_secret(), password.expose_secret()), ("reader", "correct-horse"));
//! assert!(netrc.machine("sub.files.example").is_none());
//!
//! let error = Netrc::parse(b"machine files.example\nlogin reader password correct horse\n").unwrap_err();
//! assert_eq!((error.line, error.kind), (2, ParseErrorKind::UnexpectedToken));
//! assert!(!error.to_string().contains("horse"));
//! # Ok::<(), ray_auth_runtime_env::netrc::ParseError>(())
//! ```

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
pub(crate) use self::source::environment;
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

    /// All entries, `default`'s too, for whoever wants to keep what is in them out of a log.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.machines.iter().map(|(_, entry)| entry).chain(&self.default)
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
    /// The login and the password, each of which may be empty; none when the entry has neither. Then the file
    /// has nothing for the host, and `default` is not asked either.
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
