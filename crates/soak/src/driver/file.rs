//! One process's copy of the keyring file, and the ways in which people and programs write such files.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use ray_auth::keyring::Step;
use ray_auth::keyring_file::{Change, KeyringFile};
use ray_auth::source::KeyringText;
use ray_auth::token::TokenSet;
use zeroize::Zeroizing;

/// The longest time between the two pieces of a file that is written in place: long enough for a reader to see the first
/// at rest.
const SLOWNESS: Duration = Duration::from_millis(60);

/// How the file lies in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// A file.
    Plain,
    /// As Kubernetes mounts a volume: a link through `..data`, which leads to a folder for each version.
    Volume,
}

/// How a new content comes into the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// The library's own step.
    Step,
    /// Another file is renamed into its place, as after `scp`.
    Rename,
    /// It is emptied and written, in two pieces.
    InPlace,
    /// `..data` is put to another version.
    Swap,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [Self::Step, Self::Rename, Self::InPlace, Self::Swap];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Step => "step (rename)",
            Self::Rename => "rename",
            Self::InPlace => "in place",
            Self::Swap => "..data swap",
        }
    }
}

/// One process's copy of the keyring file.
#[derive(Debug)]
pub(super) struct TokenFile {
    folder: PathBuf,
    layout: Layout,
    /// The group that reads it, where its process is another user's.
    group: Option<u32>,
    version: AtomicU64,
}

impl TokenFile {
    /// Makes the folder, and the file with these tokens.
    pub(super) fn create(folder: PathBuf, layout: Layout, group: Option<u32>, tokens: &TokenSet) -> Result<Self> {
        fs::create_dir(&folder)?;
        std::os::unix::fs::chown(&folder, None, group)?;
        fs::set_permissions(&folder, Permissions::from_mode(if group.is_some() { 0o750 } else { 0o700 }))?;
        let file = Self { folder, layout, group, version: AtomicU64::new(0) };
        match layout {
            Layout::Plain => file.rename(&text(tokens)?)?,
            Layout::Volume => {
                file.swap(&text(tokens)?)?;
                symlink("..data/token", file.path())?;
            }
        }
        Ok(file)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.join("token")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Takes the change, which makes `after` of what is there. One that writes in place is slow.
    pub(super) async fn put(&self, way: Way, change: &Change, after: &TokenSet, rng: &mut Rng) -> Result<()> {
        match way {
            Way::Step => {
                let (file, change) = (KeyringFile::new(self.path()), change.clone());
                // It waits for the disk, and for locks.
                let changed = tokio::task::spawn_blocking(move || file.change(&change)).await??;
                ensure!(changed.step == Step::Done, "{} had the step already", self.path().display());
            }
            Way::InPlace => {
                let begun = self.begin_in_place(&text(after)?, rng)?;
                tokio::time::sleep(SLOWNESS.mul_f64(rng.f64())).await;
                begun.finish()?;
            }
            Way::Rename | Way::Swap => self.write(way, &text(after)?, rng)?,
        }
        Ok(())
    }

    /// Puts a text there, whatever it is.
    pub(super) fn write(&self, way: Way, text: &str, rng: &mut Rng) -> Result<()> {
        match way {
            Way::Step | Way::Rename => self.rename(text),
            Way::InPlace => self.begin_in_place(text, rng)?.finish(),
            Way::Swap => self.swap(text),
        }
        .with_context(|| format!("{} by {}", self.path().display(), way.name()))
    }

    /// When the content that is there came there, by the clock of the file system, which is late by one tick at most.
    pub(super) fn changed_at(&self) -> Result<SystemTime> {
        use std::os::unix::fs::MetadataExt;
        let path = match self.layout {
            Layout::Plain => self.path(),
            Layout::Volume => self.folder.join("..data"),
        };
        let metadata = path.symlink_metadata()?;
        let (seconds, nanos) = (u64::try_from(metadata.ctime())?, u32::try_from(metadata.ctime_nsec())?);
        Ok(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos))
    }

    /// Gives a new file the rights that the file has: nobody but its process can read it.
    fn give_rights(&self, path: &Path) -> Result<()> {
        std::os::unix::fs::chown(path, None, self.group)?;
        fs::set_permissions(path, Permissions::from_mode(if self.group.is_some() { 0o640 } else { 0o600 }))?;
        Ok(())
    }

    fn rename(&self, text: &str) -> Result<()> {
        // A folder is not replaced by a file.
        if self.path().symlink_metadata().is_ok_and(|there| there.is_dir()) {
            fs::remove_dir(self.path())?;
        }
        let incoming = self.folder.join("incoming");
        fs::write(&incoming, text)?;
        self.give_rights(&incoming)?;
        fs::rename(&incoming, self.path())?;
        Ok(())
    }

    /// Empties the file and writes a first piece, which is no keyring by itself: readers could not know then that more
    /// will come.
    fn begin_in_place(&self, text: &str, rng: &mut Rng) -> Result<InPlace> {
        let is_new = self.path().symlink_metadata().is_err();
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(self.path())?;
        if is_new {
            self.give_rights(&self.path())?;
        }
        let (first, rest) = text.split_at(cut(text, rng));
        file.write_all(first.as_bytes())?;
        Ok(InPlace { file, rest: Zeroizing::new(rest.to_owned()) })
    }

    fn swap(&self, text: &str) -> Result<()> {
        let version = self.version.fetch_add(1, Ordering::Relaxed);
        let name = |version: u64| format!("..version-{version}");
        let new = self.folder.join(name(version));
        fs::create_dir(&new)?;
        fs::write(new.join("token"), text)?;
        self.give_rights(&new.join("token"))?;
        symlink(name(version), self.folder.join("..data_tmp"))?;
        fs::rename(self.folder.join("..data_tmp"), self.folder.join("..data"))?;
        if let Some(last) = version.checked_sub(1) {
            fs::remove_dir_all(self.folder.join(name(last)))?;
        }
        Ok(())
    }
}

/// A file that is being written in place.
struct InPlace {
    file: File,
    rest: Zeroizing<String>,
}

impl InPlace {
    fn finish(mut self) -> Result<()> {
        Ok(self.file.write_all(self.rest.as_bytes())?)
    }
}

/// The text of a keyring file.
pub(super) fn text(tokens: &TokenSet) -> Result<Zeroizing<String>> {
    Ok(KeyringText::render(tokens)?)
}

/// Where a text can be cut so that what is left is no keyring: anywhere but at the end of line 1, behind which a file of
/// Ray's may end, and at the end of all.
pub(super) fn cut(text: &str, rng: &mut Rng) -> usize {
    let line = text.find('\n').unwrap_or(text.len());
    let rest = (line + 2)..text.len().saturating_sub(1).max(line + 2);
    let place = rng.usize(..line + rest.len());
    if place < line { place } else { place - line + rest.start }
}

#[cfg(test)]
mod tests;
