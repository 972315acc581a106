#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use super::*;

fn file(folder: &Path, name: &str, mode: u32) -> File {
    let file = File::options().read(true).write(true).create_new(true).open(folder.join(name)).unwrap();
    file.set_permissions(Permissions::from_mode(mode)).unwrap();
    file
}

fn kept(old: &File, new: &File) -> (u32, u32, u32) {
    keep(old, &old.metadata().unwrap(), new).unwrap();
    let new = new.metadata().unwrap();
    (new.uid(), new.gid(), new.mode() & 0o7777)
}

#[test]
fn the_mode_is_kept_whatever_it_is() {
    let us = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    for mode in [0o600, 0o400, 0o640, 0o644, 0o000, 0o620, 0o777] {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (file(home.path(), "old", mode), file(home.path(), "new", 0o600));
        assert_eq!(kept(&old, &new), (us.0, us.1, mode), "{mode:o}");
    }
}

#[test]
fn owner_and_group_are_kept() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for (owner, group) in [(65534, 65533), (65534, 0), (0, 65533)] {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (file(home.path(), "old", 0o640), file(home.path(), "new", 0o600));
        chown(home.path().join("old"), Some(owner), Some(group)).unwrap();
        assert_eq!(kept(&old, &new), (owner, group, 0o640));
    }
}

#[cfg(target_os = "linux")]
mod access_lists {
    use rustix::fs::{XattrFlags, fgetxattr, fsetxattr, setxattr};
    use rustix::io::Errno;

    use super::*;

    const ACCESS: &str = "system.posix_acl_access";
    const DEFAULT: &str = "system.posix_acl_default";

    /// A list that lets the owner read and write, user 65534 read, the group nothing.
    fn list() -> Vec<u8> {
        let none = u32::MAX;
        let entries = [(1_u16, 6_u16, none), (2, 4, 65534), (4, 0, none), (0x10, 4, none), (0x20, 0, none)];
        let entries = entries.into_iter().flat_map(|(tag, rights, id)| {
            [tag.to_le_bytes().as_slice(), &rights.to_le_bytes(), &id.to_le_bytes()].concat()
        });
        2_u32.to_le_bytes().into_iter().chain(entries).collect()
    }

    fn access(file: &File) -> Option<Vec<u8>> {
        let mut list = vec![0; 256];
        let len = fgetxattr(file, ACCESS, list.as_mut_slice()).ok()?;
        list.truncate(len);
        Some(list)
    }

    #[test]
    fn an_access_list_is_kept_and_its_group_bits_are_not_the_groups() {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (file(home.path(), "old", 0o600), file(home.path(), "new", 0o600));
        match fsetxattr(&old, ACCESS, &list(), XattrFlags::empty()) {
            Err(Errno::NOTSUP) => return,
            set => set.unwrap(),
        }
        assert_eq!(old.metadata().unwrap().mode() & 0o777, 0o640, "what the list grants, at most");
        assert_eq!(kept(&old, &new).2, 0o640);
        assert_eq!(access(&new), Some(list()));
    }

    #[test]
    fn an_access_list_that_the_folder_gives_is_taken_away() {
        let home = tempfile::tempdir().unwrap();
        let old = file(home.path(), "old", 0o640);
        match setxattr(home.path(), DEFAULT, &list(), XattrFlags::empty()) {
            Err(Errno::NOTSUP) => return,
            set => set.unwrap(),
        }
        let new = file(home.path(), "new", 0o600);
        assert!(access(&new).is_some());
        assert_eq!(kept(&old, &new).2, 0o640);
        assert_eq!(access(&new), None);
        assert!(fs::metadata(home.path().join("new")).is_ok());
    }
}
