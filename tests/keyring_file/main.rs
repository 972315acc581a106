//! The steps of a rotation on a keyring file, under what several processes, other users, masks, full disks and mounts do
//! to it. What needs a process of its own runs in a child, which is this program again.
//!
//! Where root's rights, or namespaces for mounts, are not to be had, the cases that need them are left out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(unix)]

mod child;
mod disks;
mod race;
mod rights;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder with a keyring file in it, both private.
struct Home {
    folder: TempDir,
    token: PathBuf,
}

impl Home {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        fs::write(&token, text).unwrap();
        chmod(&token, 0o600);
        Self { folder, token }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.token).unwrap()
    }
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The permission bits.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
