//! Who else can read or write a netrc file.

use std::fmt;
use std::fs::Metadata;

/// How a netrc file is exposed to others than the user this process runs as. Judged by mode bits and owner of the file
/// that was opened, on Unix only; elsewhere nothing is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exposure {
    /// Its group or every user may do something with it.
    Mode {
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to somebody else, who can read it, and write what this process then sends.
    Owner {
        /// The number of that user.
        owner: u32,
    },
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode { mode } => {
                write!(f, "others than its owner have rights to it (mode {mode:04o}); take them away with chmod 600")
            }
            Self::Owner { owner } => {
                write!(
                    f,
                    "it belongs to the user with number {owner}, who is not this process's; change that with chown"
                )
            }
        }
    }
}

/// Whose files are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owners {
    /// Only this process's user: what is in a home folder.
    Oneself,
    /// Root as well: Kubernetes mounts secrets as root's.
    OneselfAndRoot,
}

#[cfg(unix)]
pub(super) fn exposures(metadata: &Metadata, trusted: Owners) -> Vec<Exposure> {
    use std::os::unix::fs::MetadataExt;
    judge(metadata.mode() & 0o7777, metadata.uid(), rustix::process::geteuid().as_raw(), trusted)
}

#[cfg(not(unix))]
pub(super) fn exposures(_metadata: &Metadata, _trusted: Owners) -> Vec<Exposure> {
    Vec::new()
}

#[cfg(unix)]
fn judge(mode: u32, owner: u32, user: u32, trusted: Owners) -> Vec<Exposure> {
    let own = owner == user || owner == 0 && trusted == Owners::OneselfAndRoot;
    let owner = (!own).then_some(Exposure::Owner { owner });
    let mode = (mode & 0o077 != 0).then_some(Exposure::Mode { mode });
    owner.into_iter().chain(mode).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_may_have_rights_and_root_owns_what_kubernetes_mounts() {
        let mode = |mode| Exposure::Mode { mode };
        let owner = |owner| Exposure::Owner { owner };
        let rows: [(&str, u32, u32, &[Exposure], &[Exposure]); 8] = [
            // name, mode, owner, in a home folder, named by NETRC; this process's user is 1000
            ("private", 0o600, 1000, &[], &[]),
            ("private, to read", 0o400, 1000, &[], &[]),
            ("group reads", 0o640, 1000, &[mode(0o640)], &[mode(0o640)]),
            ("all read", 0o644, 1000, &[mode(0o644)], &[mode(0o644)]),
            ("group writes", 0o620, 1000, &[mode(0o620)], &[mode(0o620)]),
            ("root's", 0o600, 0, &[owner(0)], &[]),
            ("root's, all read", 0o644, 0, &[owner(0), mode(0o644)], &[mode(0o644)]),
            ("another's", 0o604, 1001, &[owner(1001), mode(0o604)], &[owner(1001), mode(0o604)]),
        ];
        for (name, mode, owner, home, named) in rows {
            assert_eq!(judge(mode, owner, 1000, Owners::Oneself), home, "{name}");
            assert_eq!(judge(mode, owner, 1000, Owners::OneselfAndRoot), named, "{name}");
        }
    }
}
