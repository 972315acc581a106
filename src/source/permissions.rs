//! Who else can read a token file, or could have written it.

use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// What makes a token file less private than it should be.
///
/// Judged by mode bits and owners, on Unix only; elsewhere there are no findings. The folder is the one the path names and,
/// when the path is a link, also the one its target is in: whoever can write there can put another file in place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileWarning {
    /// Every user can read the file.
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file's group, or every user, can write it.
    FileWritableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The folder's group, or every user, can replace files in it: it can be written and has no sticky bit.
    FolderWritableByOthers {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file or its folder belongs to a user who is neither root nor the effective user of this process.
    ForeignOwner {
        /// The file or the folder.
        path: PathBuf,
        /// The number of the user it belongs to.
        owner: u32,
    },
    /// The folder could not be examined, so who can write there is not known.
    FolderNotExamined {
        /// The folder.
        path: PathBuf,
    },
}

impl fmt::Display for FileWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadableByOthers { path, mode } => {
                write!(f, "{path:?} can be read by every user (mode {mode:04o}); take that away with chmod o-r")
            }
            Self::FileWritableByOthers { path, mode } => {
                write!(f, "{path:?} can be written by other users (mode {mode:04o}); take that away with chmod go-w")
            }
            Self::FolderWritableByOthers { path, mode } => write!(
                f,
                "other users can replace files in the folder {path:?} (mode {mode:04o}); \
                 take that away with chmod go-w"
            ),
            Self::ForeignOwner { path, owner } => write!(
                f,
                "{path:?} belongs to the user with number {owner}, which is neither root nor this process's; \
                 change that with chown"
            ),
            Self::FolderNotExamined { path } => {
                write!(f, "the folder {path:?} cannot be examined; let this process's user search it")
            }
        }
    }
}

/// Judges an opened file, by its metadata, and the folders that `path` leads through.
#[cfg(unix)]
pub(super) fn examine(path: &Path, metadata: &Metadata) -> Vec<FileWarning> {
    let user = rustix::process::geteuid().as_raw();
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
pub(super) fn examine(_path: &Path, _metadata: &Metadata) -> Vec<FileWarning> {
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
