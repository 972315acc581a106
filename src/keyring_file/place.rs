//! Where a keyring file really is, and whether it can be replaced there.

use std::io;
use std::path::{Path, PathBuf};

use super::KeyringFileError;
use crate::source::{FileError, ForeignLink, Origin, SourceError, follow_links, not_opened};

/// How Kubernetes names the link to the current version of a volume that it writes.
const PROJECTED: &str = "..data";

/// A keyring file, by the path that was given, and by the one that no link leads away from.
pub(super) struct Place {
    pub(super) named: PathBuf,
    pub(super) target: PathBuf,
}

impl Place {
    /// Follows the links of a path, once: from then on only the target counts. With `must_exist` the file must be there,
    /// otherwise the folder for it.
    pub(super) fn resolve(named: &Path, must_exist: bool) -> Result<Self, KeyringFileError> {
        let place = |target| Self { named: named.to_owned(), target };
        let found = follow_links(named).map(place).or_else(|error| {
            if let Some(foreign) = error.get_ref().and_then(|error| error.downcast_ref::<ForeignLink>()) {
                return Err(KeyringFileError::ForeignLink(foreign.clone()));
            }
            let error = not_opened(named, &error);
            let absent = if must_exist || error != FileError::NotFound { None } else { absent_target(named) };
            absent.map(place).ok_or_else(|| SourceError::File { origin: Origin::File(named.to_owned()), error }.into())
        })?;
        found.check()?;
        Ok(found)
    }

    fn check(&self) -> Result<(), KeyringFileError> {
        if let Some(volume) = projected_volume(&self.target) {
            return Err(KeyringFileError::Projected { path: self.named.clone(), volume });
        }
        if is_read_only(crate::source::folder_of(&self.target)) {
            return Err(KeyringFileError::ReadOnly { path: self.named.clone() });
        }
        Ok(())
    }

    /// Why the file was not replaced: some reasons of the operating system have a way out of their own.
    pub(super) fn not_written(&self, error: &io::Error) -> KeyringFileError {
        let path = self.named.clone();
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => KeyringFileError::ReadOnly { path },
            io::ErrorKind::ResourceBusy => KeyringFileError::MountPoint { path },
            _ => KeyringFileError::Write { path, error: error.into() },
        }
    }
}

/// The path of a file that is not there, in a folder that is.
fn absent_target(named: &Path) -> Option<PathBuf> {
    let folder = follow_links(crate::source::folder_of(named)).ok()?;
    Some(folder.join(named.file_name()?))
}

/// The volume that a resolved path leads through, if Kubernetes writes it: such a volume has a folder for each version,
/// and a link to the current one, so that all files of it change at once.
fn projected_volume(target: &Path) -> Option<PathBuf> {
    target.ancestors().skip(1).find_map(|version| {
        let volume = version.parent()?;
        let link = volume.join(PROJECTED);
        let current = link.is_symlink() && link.canonicalize().is_ok_and(|current| current == version);
        current.then(|| volume.to_owned())
    })
}

#[cfg(unix)]
fn is_read_only(folder: &Path) -> bool {
    use rustix::fs::StatVfsMountFlags;
    rustix::fs::statvfs(folder).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Elsewhere the attempt tells.
#[cfg(not(unix))]
fn is_read_only(_folder: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests;
