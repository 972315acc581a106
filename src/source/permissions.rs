//! Who else can read a token file, or could have written it.

use std::fs::Metadata;
use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;

use super::warning::FileWarning;

/// Judges an opened file, by its metadata, and the folders that `path` leads through.
#[cfg(unix)]
pub(crate) fn examine(path: &Path, metadata: &Metadata) -> Vec<FileWarning> {
    examine_as(rustix::process::geteuid().as_raw(), path, metadata)
}

/// The same as a process of the file's owner would find it.
#[cfg(unix)]
pub(crate) fn examine_as_owner(path: &Path, metadata: &Metadata) -> Vec<FileWarning> {
    examine_as(std::os::unix::fs::MetadataExt::uid(metadata), path, metadata)
}

#[cfg(unix)]
fn examine_as(user: u32, path: &Path, metadata: &Metadata) -> Vec<FileWarning> {
    let mut warnings = judge_file(&Facts::new(path, metadata), user);
    for folder in folders(path) {
        match std::fs::metadata(&folder) {
            Ok(metadata) => warnings.extend(judge_folder(&Facts::new(&folder, &metadata), user)),
            Err(_) => warnings.push(FileWarning::FolderNotExamined { path: folder }),
        }
    }
    warnings
}

#[cfg(not(unix))]
pub(crate) fn examine(_path: &Path, _metadata: &Metadata) -> Vec<FileWarning> {
    Vec::new()
}

#[cfg(not(unix))]
pub(crate) fn examine_as_owner(_path: &Path, _metadata: &Metadata) -> Vec<FileWarning> {
    Vec::new()
}

/// The folder the path names, and that of the target when it is another one.
#[cfg(unix)]
fn folders(path: &Path) -> Vec<PathBuf> {
    let parent = |path: &Path| path.parent().map(Path::to_owned);
    let named = parent(path)
        .map_or_else(PathBuf::new, |folder| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder });
    let target = path.canonicalize().ok().and_then(|target| parent(&target));
    match target {
        Some(target) if named.canonicalize().is_ok_and(|named| named == target) => vec![named],
        Some(target) => vec![named, target],
        None => vec![named],
    }
}

/// What the rules look at.
#[cfg(unix)]
pub(super) struct Facts<'a> {
    pub(super) path: &'a Path,
    pub(super) mode: u32,
    pub(super) owner: u32,
}

#[cfg(unix)]
impl<'a> Facts<'a> {
    fn new(path: &'a Path, metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { path, mode: metadata.mode() & 0o7777, owner: metadata.uid() }
    }

    fn owner_is_foreign_to(&self, user: u32) -> Option<FileWarning> {
        let foreign = self.owner != 0 && self.owner != user;
        foreign.then(|| FileWarning::ForeignOwner { path: self.path.into(), owner: self.owner })
    }
}

#[cfg(unix)]
pub(super) fn judge_file(file: &Facts<'_>, user: u32) -> Vec<FileWarning> {
    let mode = file.mode;
    let path = || file.path.to_owned();
    let readable = (mode & 0o004 != 0).then(|| FileWarning::ReadableByOthers { path: path(), mode });
    let writable = (mode & 0o022 != 0).then(|| FileWarning::FileWritableByOthers { path: path(), mode });
    readable.into_iter().chain(writable).chain(file.owner_is_foreign_to(user)).collect()
}

#[cfg(unix)]
pub(super) fn judge_folder(folder: &Facts<'_>, user: u32) -> Vec<FileWarning> {
    let mode = folder.mode;
    // In a folder with the sticky bit only a file's owner, the folder's and root can replace the file.
    let writable = mode & 0o022 != 0 && mode & 0o1000 == 0;
    let writable = writable.then(|| FileWarning::FolderWritableByOthers { path: folder.path.into(), mode });
    writable.into_iter().chain(folder.owner_is_foreign_to(user)).collect()
}

#[cfg(test)]
mod tests;
