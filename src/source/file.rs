//! Reading a token file: one open, and everything judged on what was opened.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::error::{FileError, FileKind};
use super::permissions::{self, FileWarning};

/// The largest token file, in bytes. Eight tokens of the greatest length fit with room to spare.
pub const MAX_FILE_LEN: usize = 64 * 1024;

/// What a token file holds, wiped when dropped, and who else could read or write it.
pub(super) struct Contents {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) warnings: Vec<FileWarning>,
}

impl Contents {
    /// All up to the first line feed, which is what Ray reads.
    pub(super) fn first_line(&self) -> &[u8] {
        self.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default()
    }
}

pub(super) fn read(path: &Path) -> Result<Contents, FileError> {
    let file = open(path).map_err(|error| not_opened(path, &error))?;
    let metadata = file.metadata().map_err(|error| FileError::Read(error.into()))?;
    if !metadata.is_file() {
        return Err(FileError::NotRegular(kind(&metadata)));
    }
    if metadata.len() > MAX_FILE_LEN as u64 {
        return Err(FileError::TooLarge);
    }
    let warnings = permissions::examine(path, &metadata);
    Ok(Contents { bytes: read_all(file)?, warnings })
}

/// Opens without waiting for the other end of a FIFO, and without taking a terminal over.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
    Ok(opened.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Why there was nothing to open. There is nothing open to look at, so the names are looked at.
fn not_opened(path: &Path, error: &io::Error) -> FileError {
    if error.kind() == io::ErrorKind::NotFound {
        let dangling = path.symlink_metadata().is_ok_and(|named| named.is_symlink());
        return if dangling { FileError::DanglingLink } else { FileError::NotFound };
    }
    match path.metadata().map(|target| kind(&target)) {
        // Sockets cannot be opened, and on Windows neither can folders.
        Ok(kind @ (FileKind::Folder | FileKind::Socket)) => FileError::NotRegular(kind),
        _ => FileError::Open(error.into()),
    }
}

/// Reads to the end, into one buffer that never moves, so that no copy of a secret is left behind.
///
/// The limit is judged again here: a file can grow after it was measured, and some that hold text say they are empty.
pub(super) fn read_all(mut from: impl Read) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut buffer = Zeroizing::new(vec![0; MAX_FILE_LEN + 1]);
    let mut len = 0;
    while len < buffer.len() {
        match from.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::Read((&error).into())),
        }
    }
    if len > MAX_FILE_LEN {
        return Err(FileError::TooLarge);
    }
    buffer.truncate(len);
    Ok(buffer)
}

fn kind(metadata: &Metadata) -> FileKind {
    if metadata.is_dir() {
        return FileKind::Folder;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return FileKind::Fifo;
        }
        if kind.is_socket() {
            return FileKind::Socket;
        }
        if kind.is_block_device() || kind.is_char_device() {
            return FileKind::Device;
        }
    }
    FileKind::Other
}

#[cfg(test)]
mod tests;
