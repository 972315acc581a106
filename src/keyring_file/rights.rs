//! Who may read and write a file that takes another's place: the same as before, and nobody else.

use std::fs::{File, Metadata};
use std::io;

/// Gives `new` the owner, group, mode and access list of `old`, or fails. `new` is its owner's alone until then, and not
/// in place.
#[cfg(unix)]
pub(super) fn keep(old: &File, metadata: &Metadata, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let rights = |metadata: &Metadata| (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777);
    let (owner, group, mode) = rights(metadata);
    let (new_owner, new_group, _) = rights(&new.metadata()?);
    if (owner, group) != (new_owner, new_group) {
        fchown(new, (owner != new_owner).then_some(owner), (group != new_group).then_some(group))?;
    }
    // Before the mode: with an access list the group's bits are the most that anybody on it has.
    access_list::keep(old, new)?;
    new.set_permissions(std::fs::Permissions::from_mode(mode))?;
    // Some file systems take all of this and do nothing.
    if rights(&new.metadata()?) == (owner, group, mode) { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

/// Elsewhere a file has what it inherits from its folder.
#[cfg(not(unix))]
pub(super) fn keep(_old: &File, _metadata: &Metadata, _new: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod access_list {
    use std::fs::File;
    use std::io;

    use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
    use rustix::io::Errno;

    const NAME: &str = "system.posix_acl_access";

    /// More than 500 entries of eight bytes; a longer list is an error.
    const MAX_LEN: usize = 4096;

    /// Gives `new` the list of `old`, and takes one away that it inherited from its folder.
    pub(super) fn keep(old: &File, new: &File) -> io::Result<()> {
        match (read(old)?, read(new)?) {
            (Some(old), _) => fsetxattr(new, NAME, &old, XattrFlags::empty())?,
            (None, Some(_)) => fremovexattr(new, NAME)?,
            (None, None) => {}
        }
        Ok(())
    }

    fn read(file: &File) -> io::Result<Option<Vec<u8>>> {
        let mut list = vec![0; MAX_LEN];
        match fgetxattr(file, NAME, list.as_mut_slice()) {
            Ok(len) => {
                list.truncate(len);
                Ok(Some(list))
            }
            // No list, or a file system without lists.
            Err(Errno::NODATA | Errno::NOTSUP | Errno::NOSYS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod access_list {
    pub(super) fn keep(_old: &std::fs::File, _new: &std::fs::File) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
