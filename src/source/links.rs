//! Where a path leads, without following links that others planted.

use std::io;
use std::path::{Path, PathBuf};

/// A link in a folder that everybody can write, which belongs neither to this process's user nor to the folder's owner:
/// whoever put it there chose where it leads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{link:?} is a link of another user in a folder that everybody can write, and is not followed; name the file itself, \
     or keep it in a folder of its own"
)]
pub struct ForeignLink {
    /// The link.
    pub link: PathBuf,
}

/// Resolves all links of a path, as [`Path::canonicalize`] does, by the rule that Linux has for opening files
/// (`fs.protected_symlinks`): reading a link and opening what it says would get around that.
///
/// # Errors
///
/// Those of the operating system, and one of the kind `PermissionDenied` with a [`ForeignLink`] in it.
#[cfg(unix)]
pub fn follow_links(path: &Path) -> io::Result<PathBuf> {
    use std::path::Component;

    /// As many links as Linux follows.
    const MOST: usize = 40;
    let mut resolved = PathBuf::new();
    let mut left: Vec<std::ffi::OsString> = Vec::new();
    let push = |left: &mut Vec<std::ffi::OsString>, path: &Path| {
        left.extend(path.components().rev().map(|component| component.as_os_str().to_owned()));
    };
    push(&mut left, &std::path::absolute(path)?);
    let mut links = 0;
    while let Some(part) = left.pop() {
        match Path::new(&part).components().next() {
            None | Some(Component::CurDir) => continue,
            Some(Component::ParentDir) => {
                if !resolved.is_dir() {
                    return Err(io::Error::from(rustix::io::Errno::NOTDIR));
                }
                resolved.pop();
                continue;
            }
            Some(Component::RootDir | Component::Prefix(_)) => {
                resolved = PathBuf::from("/");
                continue;
            }
            Some(Component::Normal(_)) => {}
        }
        let next = resolved.join(&part);
        let metadata = next.symlink_metadata()?;
        if !metadata.is_symlink() {
            resolved = next;
            continue;
        }
        links += 1;
        if links > MOST {
            return Err(io::Error::from(rustix::io::Errno::LOOP));
        }
        if is_foreign(&metadata, &resolved.metadata()?) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, ForeignLink { link: next }));
        }
        push(&mut left, &next.read_link()?);
    }
    Ok(resolved)
}

/// Elsewhere there are no folders that everybody shares.
#[cfg(not(unix))]
pub fn follow_links(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

#[cfg(unix)]
fn is_foreign(link: &std::fs::Metadata, folder: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let shared = folder.mode() & 0o1000 != 0 && folder.mode() & 0o022 != 0;
    shared && link.uid() != folder.uid() && link.uid() != rustix::process::geteuid().as_raw()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, lchown, symlink};

    use super::*;

    #[test]
    fn paths_are_resolved_as_the_system_does() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/file"), "").unwrap();
        symlink("a", root.join("relative")).unwrap();
        symlink(root.join("a/b"), root.join("absolute")).unwrap();
        symlink("../absolute/file", root.join("a/up")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        for path in ["a/b/file", "relative/b/file", "absolute/file", "a/up", "a/../a/./b", "relative/../a", "."] {
            let path = root.join(path);
            assert_eq!(follow_links(&path).unwrap(), path.canonicalize().unwrap(), "{path:?}");
        }
        for path in ["loop", "dangling", "missing", "a/b/file/more", "a/b/file/.."] {
            let path = root.join(path);
            let (ours, systems) = (follow_links(&path).unwrap_err(), path.canonicalize().unwrap_err());
            assert_eq!(ours.raw_os_error(), systems.raw_os_error(), "{path:?}");
        }
    }

    #[test]
    fn a_link_of_another_user_in_a_shared_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("file"), "").unwrap();
        fs::create_dir(root.join("shared")).unwrap();
        symlink(root.join("file"), root.join("shared/link")).unwrap();
        fs::set_permissions(root.join("shared"), fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(follow_links(&root.join("shared/link")).is_ok(), "our own link");
        // Only root can give a link to somebody else.
        if lchown(root.join("shared/link"), Some(65_534), None).is_ok() {
            let refused = follow_links(&root.join("shared/link")).unwrap_err();
            let link = refused.get_ref().and_then(|error| error.downcast_ref::<ForeignLink>()).unwrap();
            assert_eq!(link.link, root.join("shared/link"));
            fs::set_permissions(root.join("shared"), fs::Permissions::from_mode(0o755)).unwrap();
            assert!(follow_links(&root.join("shared/link")).is_ok(), "in a folder that is not shared");
        }
    }
}
