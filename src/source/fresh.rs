//! The one way a token file is written: whole, under another name in the same folder, flushed to the disk, and only then
//! put in place. Whoever reads the file sees the old one or the new one, never a part, whenever the power fails.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How a name ends that is not in place yet.
const SUFFIX: &str = ".new";

/// How many random letters and digits are in such a name.
const RANDOM: usize = 6;

/// A file that is written and not in place yet, readable by its owner only. Removed when dropped.
pub(crate) struct FreshFile {
    file: NamedTempFile,
    folder: PathBuf,
    path: PathBuf,
}

impl FreshFile {
    /// An empty file in the folder of `path`, which it is to become. Its name is new and cannot be guessed.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let folder = folder_of(path);
        let prefix = prefix(path).ok_or(io::ErrorKind::InvalidInput)?;
        let file = tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM).tempfile_in(folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Not left to the process's mask, which could take even the owner's rights away.
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(Self { file, folder: folder.to_owned(), path: path.to_owned() })
    }

    /// The file itself, for what is to be set about it.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Writes the whole content. Straight to the file: a buffer would be one more place to wipe.
    pub(crate) fn write(&mut self, content: &[&str]) -> io::Result<()> {
        let file = self.file.as_file_mut();
        content.iter().try_for_each(|part| file.write_all(part.as_bytes()))
    }

    /// Puts the file in place, unless there is something of that name already. Returns whether it did.
    pub(crate) fn put_new(self) -> io::Result<bool> {
        self.file.as_file().sync_all()?;
        match self.file.persist_noclobber(&self.path) {
            Ok(_) => {
                sync_folder(&self.folder);
                Ok(true)
            }
            // Whoever changes a keyring file clears what is unfinished beside it: this one, too, if it came late.
            Err(_) if self.path.symlink_metadata().is_ok() => Ok(false),
            Err(refused) => Err(refused.error),
        }
    }

    /// Puts the file in the place of the one that is there.
    pub(crate) fn replace(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map_err(|refused| refused.error)?;
        sync_folder(&self.folder);
        Ok(())
    }

    /// Removes what processes left behind that died while they wrote `path`. Nobody else may be writing it now.
    pub(crate) fn remove_stale(path: &Path) {
        let Ok(entries) = std::fs::read_dir(folder_of(path)) else { return };
        for entry in entries.flatten().filter(|entry| is_fresh_name(&entry.file_name(), path)) {
            let stale = entry.path();
            if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                continue;
            }
            match std::fs::remove_file(&stale) {
                Ok(()) => tracing::info!(path = %stale.display(), "removed an unfinished token file"),
                Err(error) => {
                    tracing::warn!(path = %stale.display(), %error, "an unfinished token file cannot be removed");
                }
            }
        }
    }
}

/// The folder that a path names its last part in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How the names of fresh files for `path` begin: with its own, so that files in one folder stay apart.
fn prefix(path: &Path) -> Option<OsString> {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name()?);
    prefix.push(".");
    Some(prefix)
}

fn is_fresh_name(name: &OsStr, path: &Path) -> bool {
    let random = prefix(path).and_then(|prefix| {
        let rest = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes())?;
        rest.strip_suffix(SUFFIX.as_bytes())
    });
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

/// Makes the new name outlive a loss of power. Some file systems cannot; the file is in place and valid all the same, so
/// that is no failure.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(folder = %folder.display(), %error, "the folder of a new token file cannot be flushed");
    }
    #[cfg(not(unix))]
    let _ = folder;
}

#[cfg(test)]
mod tests;
