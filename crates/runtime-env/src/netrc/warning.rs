//! What is to be said about netrc files.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Exposure, NetrcError};

/// How many line numbers a text names.
const NAMED_LINES: usize = 8;

/// Something about a netrc file that somebody should mend. It holds paths, numbers of lines and rights, and no word of the
/// file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetrcWarning {
    /// A file in the home folder is not used, and why. There is no other warning beside this one.
    NotUsed(NetrcError),
    /// The file that was named is used although others have rights to it.
    Exposed {
        /// The file.
        path: PathBuf,
        /// How it is exposed.
        exposure: Exposure,
    },
    /// Machines, or `default`, stand in the file twice. The last one counts, as in Ray; curl takes the first. All of them
    /// are found [by their login](super::Netrc::machine_with_login).
    Repeated {
        /// The file, if the text came from one.
        path: Option<PathBuf>,
        /// The lines of those that stand there again, counted from 1; never empty.
        lines: Vec<usize>,
    },
    /// Machines have a port in their names, and so match no host: an entry is for every port of its host.
    Port {
        /// The file, if the text came from one.
        path: Option<PathBuf>,
        /// Their lines, counted from 1; never empty.
        lines: Vec<usize>,
    },
    /// The names of machines are no host names, and so match none: URIs, patterns, or letters beyond ASCII.
    NotAHost {
        /// The file, if the text came from one.
        path: Option<PathBuf>,
        /// Their lines, counted from 1; never empty.
        lines: Vec<usize>,
    },
}

impl NetrcWarning {
    /// The same about the file of this path, where the text came from.
    pub(super) fn at(mut self, file: &Path) -> Self {
        match &mut self {
            Self::Repeated { path, .. } | Self::Port { path, .. } | Self::NotAHost { path, .. } => {
                *path = Some(file.into());
            }
            Self::NotUsed(_) | Self::Exposed { .. } => {}
        }
        self
    }
}

impl fmt::Display for NetrcWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUsed(error) => write!(f, "{error}; until then it is not used"),
            Self::Exposed { path, exposure } => write!(f, "the netrc file {path:?} is not private: {exposure}"),
            Self::Repeated { path, lines } => write!(
                f,
                "{} has machines that stand there already ({}), of which the last counts unless a URI names the login; \
                 remove the others",
                Subject(path),
                Lines(lines)
            ),
            Self::Port { path, lines } => write!(
                f,
                "{} has machines with a port ({}), which match no host; write the host alone, it is for all its ports",
                Subject(path),
                Lines(lines)
            ),
            Self::NotAHost { path, lines } => write!(
                f,
                "{} has machines that are no host names ({}) and match none; write the host alone, a name beyond ASCII \
                 in its xn-- form",
                Subject(path),
                Lines(lines)
            ),
        }
    }
}

/// How a sentence about a file begins.
struct Subject<'a>(&'a Option<PathBuf>);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(path) => write!(f, "the netrc file {path:?}"),
            None => f.write_str("the netrc text"),
        }
    }
}

/// Shows line numbers as `line 2, line 3 and 7 more`.
struct Lines<'a>(&'a [usize]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (named, more) = self.0.split_at(self.0.len().min(NAMED_LINES));
        for (index, line) in named.iter().enumerate() {
            write!(f, "{}line {line}", if index == 0 { "" } else { ", " })?;
        }
        if more.is_empty() { Ok(()) } else { write!(f, " and {} more", more.len()) }
    }
}
