//! The lock that changes of a keyring file take turns by: `flock` on a file beside it.
//!
//! Not on the file itself, since that is replaced by each change. The lock is let go when its holder ends, however it
//! ends; the lock file stays, because a file that is removed could be locked by two at once, each under its own.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::KeyringFileError;

/// The lock, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock for a file, after `wait` at most.
    pub(super) fn take(target: &Path, wait: Duration) -> Result<Self, KeyringFileError> {
        let path = lock_path(target);
        let failed = |error: io::Error| KeyringFileError::Lock { lock: path.clone(), error: error.into() };
        let start = Instant::now();
        loop {
            let file = system::open(&path, target).map_err(failed)?;
            match system::lock(file, wait.saturating_sub(start.elapsed())) {
                // Somebody may have removed the lock file in the meantime: then others lock another one.
                Ok(Some(file)) if system::is_at(&file, &path) => return Ok(Self { file }),
                Ok(Some(_)) if start.elapsed() < wait => {}
                Ok(_) => return Err(KeyringFileError::Locked { lock: path, waited: wait }),
                Err(error) if is_unsupported(&error) => {
                    return Err(KeyringFileError::LockUnsupported { lock: path, error: error.into() });
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        system::unlock(&self.file);
    }
}

fn lock_path(target: &Path) -> PathBuf {
    let mut path = OsString::from(target);
    path.push(".lock");
    path.into()
}

#[cfg(unix)]
fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let unsupported = [Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOLCK, Errno::INVAL];
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error().is_some_and(|code| unsupported.iter().any(|known| known.raw_os_error() == code))
}

#[cfg(not(unix))]
fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use rustix::fs::{FlockOperation, Mode, OFlags, flock};
    use rustix::io::{Errno, retry_on_intr};

    /// Opens the lock file, and creates it where there is none.
    pub(super) fn open(path: &Path, target: &Path) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let create = flags | OFlags::CREATE | OFlags::EXCL;
        loop {
            match retry_on_intr(|| rustix::fs::open(path, create, Mode::RUSR | Mode::WUSR)) {
                Ok(created) => {
                    let created = File::from(created);
                    give_to_owner(&created, target)?;
                    return Ok(created);
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            // Without leave to create it: in a sticky folder the kernel may refuse that for a file of another user.
            match retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty())) {
                // Somebody removed it in between.
                Err(Errno::NOENT) => {}
                opened => return Ok(opened?.into()),
            }
        }
    }

    /// A lock file that root creates must not keep the owner of the keyring file out later.
    fn give_to_owner(lock: &File, target: &Path) -> io::Result<()> {
        // Not left to the process's mask.
        rustix::fs::fchmod(lock, Mode::RUSR | Mode::WUSR)?;
        let Ok(target) = target.metadata() else { return Ok(()) };
        if lock.metadata()?.uid() != target.uid() {
            // Who is not root may not, and then it is the owner's folder that must let him in.
            let _ = std::os::unix::fs::fchown(lock, Some(target.uid()), Some(target.gid()));
        }
        Ok(())
    }

    /// How often a lock that is held is asked for again. The system has no waiting with an end, and a thread that waits
    /// without one would outlive the wait.
    const PAUSE: Duration = Duration::from_millis(20);

    /// Waits for the lock; `None` when it was not free in time.
    pub(super) fn lock(file: File, wait: Duration) -> io::Result<Option<File>> {
        let start = Instant::now();
        loop {
            match retry_on_intr(|| flock(&file, FlockOperation::NonBlockingLockExclusive)) {
                Ok(()) => return Ok(Some(file)),
                Err(error) if error != Errno::WOULDBLOCK => return Err(error.into()),
                Err(_) => {}
            }
            let left = wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            std::thread::park_timeout(PAUSE.min(left));
        }
    }

    /// Not left to the closing of the file: a child process that is just being started may still have it open.
    pub(super) fn unlock(file: &File) {
        let _ = flock(file, FlockOperation::Unlock);
    }

    /// Whether the open file is the one of that name.
    pub(super) fn is_at(file: &File, path: &Path) -> bool {
        let named = path.symlink_metadata().map(|named| (named.dev(), named.ino()));
        let open = file.metadata().map(|open| (open.dev(), open.ino()));
        matches!((named, open), (Ok(named), Ok(open)) if named == open)
    }
}

/// Elsewhere the standard library of the oldest supported compiler has no locks.
#[cfg(not(unix))]
mod system {
    use std::fs::File;
    use std::io;
    use std::path::Path;
    use std::time::Duration;

    pub(super) fn open(path: &Path, _target: &Path) -> io::Result<File> {
        File::options().write(true).create(true).truncate(false).open(path)
    }

    pub(super) fn lock(_file: File, _wait: Duration) -> io::Result<Option<File>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn unlock(_file: &File) {}

    pub(super) fn is_at(_file: &File, _path: &Path) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
